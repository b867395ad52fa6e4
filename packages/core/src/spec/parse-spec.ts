import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";

import { RolloutError } from "../errors.ts";
import { explainIssues } from "./explain-issues.ts";
import { receiverSemantics } from "./receiver-semantics.ts";
import type { IsSet } from "./receiver-semantics.ts";
import { specSchema } from "./schema.ts";
import type { RolloutSpec } from "./schema.ts";
import { unusedAnalysis } from "./comparison-semantics.ts";
import { semanticFindings } from "./semantics.ts";
import type { SemanticFinding, SpecPath } from "./semantics.ts";

/** One thing in the file that is wrong (problem) or odd (warning). Line and column count from 1. */
export interface SpecFinding {
  readonly severity: "problem" | "warning";
  readonly line: number;
  readonly column: number;
  /** "strategy.canary.steps[1].setWeight"; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

export interface ParsedSpec {
  readonly spec: RolloutSpec;
  readonly warnings: readonly SpecFinding[];
}

/** Everything there is to say about the file. `spec` is absent when there is a problem. `isSet` looks at the environment. */
export function checkSpec(
  text: string,
  isSet?: IsSet,
): {
  readonly spec?: RolloutSpec;
  readonly findings: readonly SpecFinding[];
} {
  const { value, findings } = checkDocument(text, specSchema, (spec, written) => [
    ...semanticFindings(spec),
    ...unusedAnalysis(spec, written),
    ...receiverSemantics(spec, isSet),
  ]);
  return value === undefined ? { findings } : { spec: value, findings };
}

/** A YAML text held against a schema, and what no single value shows. `value` is absent when there is a problem. */
export function checkDocument<Value>(
  text: string,
  schema: z.ZodType<Value>,
  semantics: (value: Value, written: unknown) => readonly SemanticFinding[],
): { readonly value?: Value; readonly findings: readonly SpecFinding[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const findings = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return problemAt(line, col, "", `not valid YAML: ${firstSentence(error.message)}`);
    });
    return { findings };
  }
  const locate = (path: SpecPath, key?: string) => positionOf(document, lines, path, key);
  const written: unknown = document.toJS();
  const parsed = schema.safeParse(written);
  if (!parsed.success) {
    const findings = explainIssues(parsed.error.issues, written).map(({ path, key, message }) => {
      const { line, col } = locate(path, key);
      return problemAt(line, col, formatPath(path), message);
    });
    return { findings };
  }
  const findings = semantics(parsed.data, written).map(({ path, severity, message }) => {
    const { line, col } = locate(path);
    return { severity, line, column: col, path: formatPath(path), message };
  });
  const isUsable = findings.every((finding) => finding.severity === "warning");
  return isUsable ? { value: parsed.data, findings } : { findings };
}

/**
 * Reads `headgate.yaml`.
 * @throws {RolloutError} SPEC_INVALID; the message lists every problem as `file:line:column: path: message`.
 */
export function parseSpec(text: string, fileName: string): ParsedSpec {
  const { spec, findings } = checkSpec(text);
  if (spec !== undefined) return { spec, warnings: findings };
  throw invalidSpec(findings, fileName);
}

export function invalidSpec(findings: readonly SpecFinding[], fileName: string): RolloutError {
  const problems = findings.filter((finding) => finding.severity === "problem");
  const message = problems.map((finding) => formatFinding(finding, fileName)).join("\n");
  return new RolloutError("SPEC_INVALID", message, {
    hint: `Mend ${problems.length === 1 ? "this place" : `these ${problems.length} places`} in ${fileName}, then try again.`,
  });
}

export function formatFinding(finding: SpecFinding, fileName: string): string {
  const where = `${fileName}:${finding.line}:${finding.column}`;
  return finding.path === ""
    ? `${where}: ${finding.message}`
    : `${where}: ${finding.path}: ${finding.message}`;
}

function problemAt(line: number, column: number, path: string, message: string): SpecFinding {
  return { severity: "problem", line, column, path, message };
}

function formatPath(path: SpecPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** Where the value at `path` stands, or its `key`; the nearest thing around it when it is missing. */
function positionOf(
  document: Document,
  lines: LineCounter,
  path: SpecPath,
  key?: string,
): { readonly line: number; readonly col: number } {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown =
      length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (key !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (isScalar(pair?.key) && pair.key.range) return lines.linePos(pair.key.range[0]);
    }
    const range = rangeOf(node);
    if (range !== undefined) return lines.linePos(range[0]);
  }
  return { line: 1, col: 1 };
}

function rangeOf(node: unknown): (readonly number[] & { readonly 0: number }) | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  return Array.isArray(node.range) ? [Number(node.range[0])] : undefined;
}

function firstSentence(message: string): string {
  return message.split("\n")[0] ?? message;
}

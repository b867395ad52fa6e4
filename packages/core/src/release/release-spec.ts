import { parseDocument } from "yaml";

import { unusedAnalysis } from "../spec/comparison-semantics.ts";
import { checkDocument, invalidSpec } from "../spec/parse-spec.ts";
import type { SpecFinding } from "../spec/parse-spec.ts";
import { receiverSemantics } from "../spec/receiver-semantics.ts";
import type { IsSet } from "../spec/receiver-semantics.ts";
import { releaseSchema } from "../spec/schema.ts";
import type { ReleaseFile, RolloutSpec } from "../spec/schema.ts";
import { semanticFindings } from "../spec/semantics.ts";
import type { SemanticFinding } from "../spec/semantics.ts";
import { nearest } from "../spec/strict.ts";
import type { Barrier } from "../plan/plan.ts";

/** One target of a release. */
export interface ReleaseMember {
  readonly target: string;
  readonly spec: RolloutSpec;
  /** Targets that must have all traffic before this one goes on: before its traffic, or before its promotion. */
  readonly needs: readonly string[];
}

/** Several targets that are released as one: all or none. */
export interface ReleaseSpec {
  readonly name: string;
  readonly shift: "sequence" | "together";
  /** Those that others need come first; otherwise in the file's order. */
  readonly members: readonly ReleaseMember[];
}

/** Where every target of a release waits for the others. */
export function barriersOf({ shift }: Pick<ReleaseSpec, "shift">): readonly Barrier[] {
  return shift === "together" ? ["traffic", "promotion", "release"] : ["traffic", "release"];
}

/** Whether a file's text is that of a release: it has the key `release`. */
export function isReleaseText(text: string): boolean {
  return parseDocument(text, { prettyErrors: false }).has("release");
}

/** Everything there is to say about a release's file. `release` is absent when there is a problem. */
export function checkRelease(
  text: string,
  isSet?: IsSet,
): { readonly release?: ReleaseSpec; readonly findings: readonly SpecFinding[] } {
  const { value, findings } = checkDocument(text, releaseSchema, (file, written) => [
    ...needsFindings(file),
    ...memberFindings(file, written, isSet),
  ]);
  return value === undefined ? { findings } : { release: releaseFrom(value), findings };
}

/** @throws {RolloutError} SPEC_INVALID; the message lists every problem as `file:line:column: path: message`. */
export function parseRelease(
  text: string,
  fileName: string,
): { readonly release: ReleaseSpec; readonly warnings: readonly SpecFinding[] } {
  const { release, findings } = checkRelease(text);
  if (release === undefined) throw invalidSpec(findings, fileName);
  return { release, warnings: findings };
}

function releaseFrom({ name, release, notify, link }: ReleaseFile): ReleaseSpec {
  const targets = Object.keys(release.targets);
  const needs = needsOf(release);
  const members = inOrder(targets, needs).map((target): ReleaseMember => {
    const written = release.targets[target];
    if (written === undefined) throw new Error(`target ${target} was lost`);
    const spec: RolloutSpec = {
      ...written,
      name: `${name}-${target}`,
      notify: written.notify.length > 0 ? written.notify : notify,
      ...(written.link === undefined && link !== undefined ? { link } : {}),
    };
    return { target, spec, needs: needs.get(target) ?? [] };
  });
  return { name, shift: release.shift, members };
}

/** In a sequence a target that names no other needs the one before it in the file. */
function needsOf({
  targets,
  needs,
  shift,
}: ReleaseFile["release"]): ReadonlyMap<string, readonly string[]> {
  const names = Object.keys(targets);
  const isPlain = Object.keys(needs).length === 0;
  return new Map(
    names.map((target, index) => {
      const before = names[index - 1];
      if (isPlain && shift === "sequence" && before !== undefined) return [target, [before]];
      return [target, needs[target] ?? []];
    }),
  );
}

/** Every target after those that it needs; what can begin first comes first. A circle's members are left out. */
export function inOrder(
  targets: readonly string[],
  needs: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const ordered: string[] = [];
  for (;;) {
    const next = targets.find(
      (target) =>
        !ordered.includes(target) &&
        (needs.get(target) ?? []).every((needed) => ordered.includes(needed)),
    );
    if (next === undefined) return ordered;
    ordered.push(next);
  }
}

function needsFindings({ name, release }: ReleaseFile): SemanticFinding[] {
  const targets = Object.keys(release.targets);
  const found: SemanticFinding[] = [];
  const problem = (path: readonly string[], message: string) =>
    void found.push({ path: ["release", ...path], severity: "problem", message });
  for (const target of targets) {
    if (`${name}-${target}`.length > 63) {
      problem(["targets", target], `the name "${name}-${target}" is longer than 63 characters`);
    }
  }
  for (const [target, needed] of Object.entries(release.needs)) {
    for (const [word, path] of [
      [target, ["needs", target]],
      ...needed.map((one): [string, string[]] => [one, ["needs", target]]),
    ] as const) {
      if (targets.includes(word)) continue;
      const near = nearest(word, targets);
      const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
      problem([...path], `there is no target "${word}".${hint} Targets: ${targets.join(", ")}.`);
    }
  }
  if (found.length > 0) return found;
  const ordered = new Set(inOrder(targets, needsOf(release)));
  const circle = targets.filter((target) => !ordered.has(target));
  if (circle.length > 0) {
    const ways = circle.map((target) => `${target} needs ${release.needs[target]?.join(", ")}`);
    problem(["needs"], `a circle, so none of them could ever begin: ${ways.join("; ")}`);
  }
  return found;
}

function memberFindings(
  { name, release }: ReleaseFile,
  written: unknown,
  isSet: IsSet | undefined,
): SemanticFinding[] {
  return Object.entries(release.targets).flatMap(([target, member]) => {
    const spec: RolloutSpec = { ...member, name: `${name}-${target}` };
    const found = [
      ...semanticFindings(spec),
      ...unusedAnalysis(spec, memberIn(written, target)),
      ...receiverSemantics(spec, isSet),
    ];
    return found.map(({ path, severity, message }) => {
      return { path: ["release", "targets", target, ...path], severity, message };
    });
  });
}

/** What the file says of one target, as it was written. */
function memberIn(written: unknown, target: string): unknown {
  return ["release", "targets", target].reduce<unknown>(
    (value, key) => Object.getOwnPropertyDescriptor(Object(value), key)?.value,
    written,
  );
}

import type { Constraint } from "../../model/constraints.ts";
import type { Shape } from "../../model/shape.ts";
import type { ValidationDialect } from "../../model/validation-dialects.ts";
import { enumOrder, javaPattern, numberText } from "./java-text.ts";

/** One demand on a value, with AWS's words for it. */
export interface Rule {
  readonly text: string;
  test(value: unknown): boolean;
}

/** Patterns are not tried on longer strings: their length is refused anyway, and some backtrack. */
const LONGEST_MATCHED = 100_000;

/**
 * AWS reports a value's own rules with the pattern first, but lists the rules of a list's items or a
 * map's parts with the bounds first.
 */
export function rulesOf(
  constraint: Constraint,
  shape: Shape,
  place: "own" | "part",
  dialect: ValidationDialect,
): Rule[] {
  const bounds = boundRules(constraint, shape);
  const forms = formRules(constraint, dialect);
  return place === "own" ? [...forms, ...bounds] : [...bounds, ...forms];
}

function formRules({ pattern, enum: values }: Constraint, dialect: ValidationDialect): Rule[] {
  const rules: Rule[] = [];
  if (values !== undefined) {
    const allowed = new Set<unknown>(values);
    const list = dialect.hidesValues ? "" : `: [${enumOrder(values).join(", ")}]`;
    rules.push({
      text: `Member must satisfy enum value set${list}`,
      test: (value) => allowed.has(value),
    });
  }
  const compiled = pattern === undefined ? undefined : javaPattern(pattern);
  if (compiled !== undefined) {
    rules.push({
      text: `Member must satisfy regular expression pattern: ${pattern}`,
      test: (value) =>
        typeof value !== "string" || value.length > LONGEST_MATCHED || compiled.test(value),
    });
  }
  return rules;
}

function boundRules({ min, max, type }: Constraint, shape: Shape): Rule[] {
  const isNumber = ["number", "integer", "bigInteger"].includes(shape.kind);
  const words = (than: string, bound: number) =>
    `Member must have ${isNumber ? "value" : "length"} ${than} than or equal to ` +
    numberText(bound, type === "float");
  const rules: Rule[] = [];
  if (max !== undefined) {
    rules.push({ text: words("less", max), test: (value) => !(sizeOf(value) > max) });
  }
  if (min !== undefined) {
    rules.push({ text: words("greater", min), test: (value) => !(sizeOf(value) < min) });
  }
  return rules;
}

function sizeOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  return Number(value);
}

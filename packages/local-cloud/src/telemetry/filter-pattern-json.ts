import { parseCondition } from "./filter-condition.ts";
import type { FieldLookup } from "./filter-pattern.ts";
import { FilterPatternError } from "./filter-regex.ts";

/** `{ $.status = 500 && $.path = "/pay*" }`: a condition on the fields of a JSON line. */
export function jsonPattern(text: string): (message: string) => FieldLookup | undefined {
  if (!text.endsWith("}")) throw new FilterPatternError('expected "}" at the end');
  const condition = parseCondition<unknown>(text.slice(1, -1), (selector) => {
    const steps = stepsOf(selector);
    return (root) => valuesAt(root, steps);
  });
  return (message) => {
    const root = parseJson(message);
    if (root === undefined || !condition(root)) return undefined;
    return (selector) => textOf(valuesAt(root, stepsOf(selector))[0]);
  };
}

function parseJson(message: string): unknown {
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

const STEP = /\.([\w@$:/-]+)|\[(\d+|\*)\]|\["([^"]*)"\]|\['([^']*)'\]/y;

/** "$.users[0].name" as ["users", 0, "name"]; "*" stands for every element of an array. */
function stepsOf(selector: string): readonly (string | number)[] {
  if (!selector.startsWith("$")) {
    throw new FilterPatternError(`a field of a JSON pattern starts with "$.", not "${selector}"`);
  }
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < selector.length) {
    const match = STEP.exec(selector);
    if (match === null) throw new FilterPatternError(`"${selector}" is no field of a JSON pattern`);
    const [, name, index, quoted, singleQuoted] = match;
    if (index !== undefined) steps.push(index === "*" ? index : Number(index));
    else steps.push(name ?? quoted ?? singleQuoted ?? "");
  }
  return steps;
}

function valuesAt(root: unknown, steps: readonly (string | number)[]): readonly unknown[] {
  let values: unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => childrenOf(value, step));
  return values;
}

function childrenOf(value: unknown, step: string | number): readonly unknown[] {
  if (Array.isArray(value)) {
    if (step === "*") return value;
    return typeof step === "number" && step < value.length ? [value[step]] : [];
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
  return [(value as Readonly<Record<string, unknown>>)[step]];
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

import { isJsonObject } from "../json-object.ts";
import type { RequestKeys } from "./keys.ts";
import { type Operator, readOperator } from "./operators.ts";
import { withValues } from "./variables.ts";

/** One key of one operator of a statement's `Condition`. All of them must hold. */
export interface Condition {
  readonly operator: Operator | "Null";
  /** In lower case. */
  readonly key: string;
  /** One of them is enough, or with a negated operator none of them may be so. */
  readonly wanted: readonly string[];
}

/** @returns undefined when it cannot be read: a statement with such a condition must not apply. */
export function readCondition(value: unknown): readonly Condition[] | undefined {
  if (value === undefined) return [];
  if (!isJsonObject(value)) return undefined;
  const conditions: Condition[] = [];
  for (const [name, keys] of Object.entries(value)) {
    const isNull = name === "Null" || /^For(?:All|Any)Values?:Null$/.test(name);
    const operator = isNull ? "Null" : readOperator(name);
    if (operator === undefined || !isJsonObject(keys)) return undefined;
    for (const [key, wanted] of Object.entries(keys)) {
      const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
      conditions.push({ operator, key: key.toLowerCase(), wanted: list.map(String) });
    }
  }
  return conditions;
}

/** Source: AWS docs, "IAM JSON policy elements: Condition" and "Set operators for multivalued context keys". */
export function holds(
  { operator, key, wanted }: Condition,
  keys: RequestKeys,
  hasVariables: boolean,
): boolean {
  const actual = keys(key);
  if (operator === "Null") return wanted.includes(String(actual === undefined));
  const { test, isNegated, ifExists, quantifier } = operator;
  if (actual === undefined || actual.length === 0) {
    // What is not there passes no test, and so fails no negated one; "all" of nothing is true.
    return ifExists || quantifier === "all" || (isNegated && quantifier === "one");
  }
  const filled = hasVariables ? wanted.flatMap((text) => withValues(text, keys) ?? []) : wanted;
  const passes = (value: string) => filled.some((text) => test(text, value)) !== isNegated;
  if (quantifier === "any") return actual.some(passes);
  // Without a set operator a request has one value, and of several none may fail a negated test.
  return quantifier === "all" || isNegated ? actual.every(passes) : actual.some(passes);
}

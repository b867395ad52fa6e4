import { badPattern } from "../errors.ts";
import type { Matcher } from "./matchers.ts";

const COMPARE: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/**
 * `["=", 5]`, `[">", 0]`, or a lower bound and then an upper one: `[">", 0, "<=", 5]`.
 * Source of the order and the texts of refusals: aws/event-ruler, JsonRuleCompiler.
 * @throws {AwsError} InvalidEventPatternException
 */
export function numericMatcher(wanted: unknown): Matcher {
  if (!Array.isArray(wanted)) throw badPattern("Value of numeric must be an array.");
  const [operator = "]", given, ...more]: readonly unknown[] = wanted;
  if (typeof operator !== "string" || operator === "]") {
    throw badPattern(`Invalid member in numeric match: ${String(operator)}`);
  }
  const compare = COMPARE[operator];
  if (compare === undefined) throw badPattern(`Unrecognized numeric range operator: ${operator}`);
  const bound = numberAfter(operator, given);
  const isBelow = more.length === 0 ? () => true : upperBound(operator, bound, more);
  return (value) => typeof value === "number" && compare(value, bound) && isBelow(value);
}

/** The second comparison, which only `>` and `>=` may have. */
function upperBound(
  first: string,
  lower: number,
  [operator, given, ...rest]: readonly unknown[],
): (value: number) => boolean {
  if (first !== ">" && first !== ">=") throw badPattern("Too many elements in numeric expression");
  if (typeof operator !== "string") {
    throw badPattern(`Bad value in numeric range: ${String(operator)}`);
  }
  const compare = operator === "<" || operator === "<=" ? COMPARE[operator] : undefined;
  if (compare === undefined) throw badPattern(`Bad numeric range operator: ${operator}`);
  const upper = numberAfter(operator, given);
  if (rest.length > 0) throw badPattern("Too many terms in numeric range expression");
  if (lower >= upper) throw badPattern("Bottom must be less than top");
  return (value) => compare(value, upper);
}

function numberAfter(operator: string, bound: unknown): number {
  if (typeof bound === "number") return bound;
  throw badPattern(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
}

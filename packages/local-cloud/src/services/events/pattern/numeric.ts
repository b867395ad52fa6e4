import { badPattern } from "../errors.ts";
import type { Matcher } from "./matchers.ts";

const COMPARE: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/** `[">", 0, "<=", 5]`: all of its comparisons hold. @throws {AwsError} InvalidEventPatternException */
export function numericMatcher(wanted: unknown): Matcher {
  if (!Array.isArray(wanted)) throw badPattern("Value of numeric must be an array.");
  const parts: readonly unknown[] = wanted;
  if (parts.length === 0) throw badPattern("Invalid member in numeric match: ]");
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const operator = parts[index];
    if (typeof operator !== "string") {
      throw badPattern(`Invalid member in numeric match: ${JSON.stringify(operator)}`);
    }
    const compare = COMPARE[operator];
    if (compare === undefined) throw badPattern(`Unrecognized numeric range operator: ${operator}`);
    const bound = parts[index + 1];
    if (typeof bound !== "number") throw badPattern(`Value of ${operator} must be numeric`);
    tests.push((value) => compare(value, bound));
  }
  checkRange(parts);
  return (value) => typeof value === "number" && tests.every((test) => test(value));
}

/** One comparison, or a lower bound and then an upper one. */
function checkRange(parts: readonly unknown[]): void {
  const [first, lower, second, upper, ...rest] = parts;
  if (second === undefined) return;
  if (rest.length > 0) throw badPattern("Too many terms in numeric range expression");
  const isLower = first === ">" || first === ">=";
  if (!isLower || (second !== "<" && second !== "<=")) {
    throw badPattern(`Bad numeric range operator: ${String(isLower ? second : first)}`);
  }
  if (typeof lower === "number" && typeof upper === "number" && lower >= upper) {
    throw badPattern("Bottom must be less than top");
  }
}

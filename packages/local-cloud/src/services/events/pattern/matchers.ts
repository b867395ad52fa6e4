import { isJsonObject } from "../../../json-object.ts";
import { matchesWildcard } from "../../../wildcard.ts";
import { badPattern } from "../errors.ts";
import { cidrMatcher } from "./cidr.ts";
import { numericMatcher } from "./numeric.ts";

export type Leaf = string | number | boolean | null;

/** Whether a field's value is right; undefined when the event has no such field. */
export type Matcher = (value: Leaf | undefined) => boolean;

/**
 * One entry of a field's list: a value, or an object with one way of comparing.
 * Source: EventBridge user guide, "Comparison operators for use in event patterns"; texts of refusals: recorded
 * AWS answers (LocalStack snapshot test_events_patterns).
 * @throws {AwsError} InvalidEventPatternException
 */
export function parseMatcher(entry: unknown): Matcher {
  if (isLeaf(entry)) return (value) => value === entry;
  if (!isJsonObject(entry))
    throw badPattern("Match value must be String, number, true, false, or null");
  const [[type, wanted] = ["", undefined], ...others] = Object.entries(entry);
  if (others.length > 0) throw badPattern("Only one key allowed in match expression");
  switch (type) {
    case "exactly": {
      const exact = text(wanted, "exact");
      return (value) => value === exact;
    }
    case "prefix":
    case "suffix":
      return affixMatcher(type, wanted);
    case "equals-ignore-case":
      return ignoringCase(text(wanted, "equals-ignore-case"));
    case "wildcard":
      return wildcardMatcher(wanted);
    case "anything-but":
      return anythingBut(wanted);
    case "numeric":
      return numericMatcher(wanted);
    case "cidr":
      return cidrMatcher(wanted);
    case "exists":
      if (typeof wanted !== "boolean")
        throw badPattern("exists match pattern must be either true or false.");
      return (value) => (value !== undefined) === wanted;
    default:
      throw badPattern(`Unrecognized match type ${type}`);
  }
}

function isLeaf(value: unknown): value is Leaf {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function text(wanted: unknown, type: string): string {
  if (typeof wanted !== "string") throw badPattern(`${type} match pattern must be a string`);
  return wanted;
}

const startsOrEnds = {
  prefix: (value: string, part: string) => value.startsWith(part),
  suffix: (value: string, part: string) => value.endsWith(part),
};

function affixMatcher(type: "prefix" | "suffix", wanted: unknown): Matcher {
  const compare = startsOrEnds[type];
  if (isJsonObject(wanted)) {
    const [[operator, value] = ["", undefined], ...others] = Object.entries(wanted);
    if (operator !== "equals-ignore-case") {
      throw badPattern(`Unsupported ${type} pattern: ${operator}`);
    }
    if (others.length > 0) throw badPattern("Only one key allowed in match expression");
    const part = text(value, operator).toLowerCase();
    return (given) => typeof given === "string" && compare(given.toLowerCase(), part);
  }
  const part = text(wanted, type);
  return (value) => typeof value === "string" && compare(value, part);
}

function ignoringCase(wanted: string): Matcher {
  const lower = wanted.toLowerCase();
  return (value) => typeof value === "string" && value.toLowerCase() === lower;
}

/**
 * `\*` is a star, `\\` a backslash, and nothing else has a backslash before it.
 * Unverified, and not here: which patterns AWS refuses as too complex.
 */
function wildcardMatcher(wanted: unknown): Matcher {
  const pattern = text(wanted, "wildcard");
  // AWS counts from the quotation mark before the text.
  for (const { 0: token, index } of pattern.matchAll(/\\[*\\]|\\|\*\*/g)) {
    if (token === "**") throw badPattern(`Consecutive wildcard characters at pos ${index + 1}`);
    if (token === "\\") throw badPattern(`Invalid escape character at pos ${index + 1}`);
  }
  // A star that stands for itself becomes a character that no JSON text of an event needs.
  const starless = (part: string) => part.replaceAll("*", "\u{10FFFF}");
  const prepared = pattern.replaceAll(/\\([*\\])/g, (_, escaped: string) => starless(escaped));
  const hasEscapes = prepared.includes("\u{10FFFF}");
  if (!hasEscapes) {
    return (value) => typeof value === "string" && matchesWildcard(prepared, value);
  }
  return (value) => typeof value === "string" && matchesWildcard(prepared, starless(value));
}

/** A missing field never matches. Values of other types do. */
function anythingBut(wanted: unknown): Matcher {
  const excluded = excludedBy(wanted);
  return (value) => value !== undefined && !excluded.some((matches) => matches(value));
}

const NOT_ONE_TYPE =
  "Inside anything but list, either all values are number or string, mixed type is not supported";
const NOT_A_LIST = "Value of anything-but must be an array or single string/number value.";

function excludedBy(wanted: unknown): readonly Matcher[] {
  if (isJsonObject(wanted)) {
    const [[type, value] = ["", undefined], ...others] = Object.entries(wanted);
    if (others.length > 0) throw badPattern("Only one key allowed in match expression");
    return excludedByComparison(type, value);
  }
  const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const matchers = values.map((value): Matcher => {
    if (typeof value === "string" || typeof value === "number") return (given) => given === value;
    throw badPattern(
      Array.isArray(wanted)
        ? "Inside anything but list, start|null|boolean is not supported."
        : NOT_A_LIST,
    );
  });
  if (new Set(values.map((value) => typeof value)).size !== 1) throw badPattern(NOT_ONE_TYPE);
  return matchers;
}

function excludedByComparison(type: string, wanted: unknown): readonly Matcher[] {
  const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  if (values.length === 0) throw badPattern("Empty arrays are not allowed");
  switch (type) {
    case "prefix":
    case "suffix":
      return values.map((value) => {
        if (isJsonObject(value)) throw badPattern(NOT_A_LIST);
        const part = text(value, "prefix/suffix");
        if (part === "") throw badPattern("Null prefix/suffix not allowed");
        return affixMatcher(type, part);
      });
    case "equals-ignore-case":
      return values.map((value) => {
        if (typeof value === "string") return ignoringCase(value);
        throw badPattern(
          "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        );
      });
    case "wildcard":
      return values.map(wildcardMatcher);
    default:
      throw badPattern(`Unsupported anything-but pattern: ${type}`);
  }
}

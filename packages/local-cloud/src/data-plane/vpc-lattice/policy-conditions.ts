import { isInBlock } from "../../address-block.ts";
import { matchesWildcard } from "../../wildcard.ts";

/** One line of a statement's Condition. */
export interface Condition {
  /** "StringLike", "ForAnyValue:StringEquals", "ArnLikeIfExists", "Null" */
  readonly operator: string;
  /** In lower case. */
  readonly key: string;
  readonly wanted: readonly string[];
}

/** The values of a condition key (in lower case) of a request; undefined when it does not have the key. */
export type RequestKeys = (key: string) => readonly string[] | undefined;

type Test = (wanted: string, actual: string) => boolean;

const glob: Test = (wanted, actual) => matchesWildcard(wanted, actual, { oneCharacter: true });
const number =
  (compare: (actual: number, wanted: number) => boolean): Test =>
  (wanted, actual) =>
    compare(Number(actual), Number(wanted));

/** Source: AWS docs, "IAM JSON policy elements: Condition operators". */
const TESTS = new Map<string, Test>([
  ["StringEquals", (wanted, actual) => wanted === actual],
  ["StringEqualsIgnoreCase", (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase()],
  ["StringLike", glob],
  ["ArnEquals", glob],
  ["ArnLike", glob],
  ["Bool", (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase()],
  ["NumericEquals", number((actual, wanted) => actual === wanted)],
  ["NumericLessThan", number((actual, wanted) => actual < wanted)],
  ["NumericLessThanEquals", number((actual, wanted) => actual <= wanted)],
  ["NumericGreaterThan", number((actual, wanted) => actual > wanted)],
  ["NumericGreaterThanEquals", number((actual, wanted) => actual >= wanted)],
  ["IpAddress", isInBlock],
]);

/** What is true when none of the values passes the test of the other name. */
const NEGATED = new Map<string, string>([
  ["StringNotEquals", "StringEquals"],
  ["StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"],
  ["StringNotLike", "StringLike"],
  ["ArnNotEquals", "ArnEquals"],
  ["ArnNotLike", "ArnLike"],
  ["NumericNotEquals", "NumericEquals"],
  ["NotIpAddress", "IpAddress"],
]);

interface Operator {
  readonly test: Test;
  readonly isNegated: boolean;
  readonly ifExists: boolean;
  readonly quantifier: "any" | "all";
}

export function isOperator(name: string): boolean {
  return name === "Null" || readOperator(name) !== undefined;
}

function readOperator(name: string): Operator | undefined {
  const [, set, own = "", ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const positive = NEGATED.get(own);
  const test = TESTS.get(positive ?? own);
  if (test === undefined) return undefined;
  return {
    test,
    isNegated: positive !== undefined,
    ifExists: ifExists !== undefined,
    quantifier: set === "ForAllValues" ? "all" : "any",
  };
}

export function holds({ operator: name, key, wanted }: Condition, keys: RequestKeys): boolean {
  const actual = keys(key);
  if (name === "Null") return wanted.includes(String(actual === undefined));
  const operator = readOperator(name);
  if (operator === undefined) return false;
  // A key that the request does not have fails every test, and so passes every negated one.
  if (actual === undefined) {
    return operator.ifExists || operator.isNegated || operator.quantifier === "all";
  }
  const passes = (value: string) =>
    wanted.some((one) => operator.test(one, value)) !== operator.isNegated;
  return operator.quantifier === "all" ? actual.every(passes) : actual.some(passes);
}

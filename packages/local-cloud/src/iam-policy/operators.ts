import { isInBlock } from "../address-block.ts";
import { matchesArn } from "../services/arn-like.ts";
import { isLike, plain } from "./variables.ts";

/** Whether one value that a policy wants is one that the request has. */
export type Test = (wanted: string, actual: string) => boolean;

const isSame: Test = (wanted, actual) => plain(wanted) === actual;
const isSameIgnoringCase: Test = (wanted, actual) =>
  plain(wanted).toLowerCase() === actual.toLowerCase();

/** Variables may stand in ARNs, and a `*` that is meant as such too; the parts are compared one by one. */
const isArnLike: Test = (wanted, actual) =>
  wanted === plain(wanted) ? matchesArn(wanted, actual) : isLike(wanted, actual);

function number(compare: (actual: number, wanted: number) => boolean): Test {
  return (wanted, actual) => {
    const [left, right] = [Number(actual), Number(wanted)];
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };
}

function date(compare: (actual: number, wanted: number) => boolean): Test {
  return (wanted, actual) => {
    const [left, right] = [timeOf(actual), timeOf(wanted)];
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };
}

/** ISO 8601, or seconds since 1970. */
function timeOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

/** Source: AWS docs, "IAM JSON policy elements: Condition operators". */
const TESTS: ReadonlyMap<string, Test> = new Map([
  ["StringEquals", isSame],
  ["StringEqualsIgnoreCase", isSameIgnoringCase],
  ["StringLike", isLike],
  ["ArnEquals", isArnLike],
  ["ArnLike", isArnLike],
  ["Bool", isSameIgnoringCase],
  ["BinaryEquals", isSame],
  ["NumericEquals", number((actual, wanted) => actual === wanted)],
  ["NumericLessThan", number((actual, wanted) => actual < wanted)],
  ["NumericLessThanEquals", number((actual, wanted) => actual <= wanted)],
  ["NumericGreaterThan", number((actual, wanted) => actual > wanted)],
  ["NumericGreaterThanEquals", number((actual, wanted) => actual >= wanted)],
  ["DateEquals", date((actual, wanted) => actual === wanted)],
  ["DateLessThan", date((actual, wanted) => actual < wanted)],
  ["DateLessThanEquals", date((actual, wanted) => actual <= wanted)],
  ["DateGreaterThan", date((actual, wanted) => actual > wanted)],
  ["DateGreaterThanEquals", date((actual, wanted) => actual >= wanted)],
  ["IpAddress", isInBlock],
]);

/** True when no wanted value passes the test of the other name. */
const NEGATED: ReadonlyMap<string, string> = new Map([
  ["StringNotEquals", "StringEquals"],
  ["StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"],
  ["StringNotLike", "StringLike"],
  ["ArnNotEquals", "ArnEquals"],
  ["ArnNotLike", "ArnLike"],
  ["NumericNotEquals", "NumericEquals"],
  ["DateNotEquals", "DateEquals"],
  ["NotIpAddress", "IpAddress"],
]);

/** "ForAnyValue:StringNotLikeIfExists", taken apart. */
export interface Operator {
  readonly test: Test;
  readonly isNegated: boolean;
  readonly ifExists: boolean;
  readonly quantifier: "one" | "any" | "all";
}

/** Undefined for a name that IAM does not know; `Null` is none of these. */
export function readOperator(name: string): Operator | undefined {
  const [, set, own = "", ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const positive = NEGATED.get(own);
  const test = TESTS.get(positive ?? own);
  if (test === undefined) return undefined;
  return {
    test,
    isNegated: positive !== undefined,
    ifExists: ifExists !== undefined,
    quantifier: set === undefined ? "one" : set === "ForAllValues" ? "all" : "any",
  };
}

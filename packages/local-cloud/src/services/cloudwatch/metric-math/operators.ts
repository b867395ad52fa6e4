import type { Operator } from "./parser.ts";
import { ExpressionError } from "./tokens.ts";
import { KIND_NAMES, scalar, seriesOf, type TimeSeries, type Value } from "./values.ts";

type Apply = (left: number, right: number) => number;

const asNumber = (claim: boolean) => (claim ? 1 : 0);

const ARITHMETIC = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "^": (left, right) => left ** right,
} as const satisfies Partial<Record<Operator, Apply>>;

const CLAIMS = {
  "==": (left, right) => asNumber(left === right),
  "!=": (left, right) => asNumber(left !== right),
  "<": (left, right) => asNumber(left < right),
  "<=": (left, right) => asNumber(left <= right),
  ">": (left, right) => asNumber(left > right),
  ">=": (left, right) => asNumber(left >= right),
  AND: (left, right) => asNumber(left !== 0 && right !== 0),
  OR: (left, right) => asNumber(left !== 0 || right !== 0),
} as const satisfies Partial<Record<Operator, Apply>>;

/**
 * Two series meet at equal times. Arithmetic needs both points; a comparison or a logical operator
 * reads a missing one as 0. Source: AWS docs, "Using metric math", syntax and functions.
 */
export function applyOperator(operator: Operator, left: Value, right: Value): Value {
  const isArithmetic = operator in ARITHMETIC;
  const apply: Apply = { ...ARITHMETIC, ...CLAIMS }[operator];
  if (left.kind === "scalar" && right.kind === "scalar") {
    return scalar(apply(left.value, right.value));
  }
  if (left.kind === "array" && right.kind !== "array") {
    return { kind: "array", items: left.items.map((item) => meet(item, single(right))) };
  }
  if (right.kind === "array" && left.kind !== "array") {
    return { kind: "array", items: right.items.map((item) => meet(single(left), item)) };
  }
  if (left.kind !== "array" && right.kind !== "array") {
    return { kind: "series", series: meet(single(left), single(right)) };
  }
  // Unverified: the text.
  const kinds = `[${KIND_NAMES[left.kind]}, ${KIND_NAMES[right.kind]}]`;
  throw new ExpressionError(`Unsupported operand type(s) for ${operator}: '${kinds}'`);

  function meet(one: TimeSeries | number, other: TimeSeries | number): TimeSeries {
    return join(one, other, apply, isArithmetic);
  }
}

function single(value: Exclude<Value, { kind: "array" }>): TimeSeries | number {
  return value.kind === "scalar" ? value.value : value.series;
}

function join(
  left: TimeSeries | number,
  right: TimeSeries | number,
  apply: Apply,
  needsBoth: boolean,
): TimeSeries {
  const like = typeof left === "number" ? right : left;
  if (typeof like === "number") return seriesOf([], { label: "", periodMs: 0 });
  const times = new Set([...timesOf(left), ...timesOf(right)]);
  const points: [number, number][] = [];
  for (const atMs of times) {
    const one = valueAt(left, atMs);
    const other = valueAt(right, atMs);
    if (needsBoth && (one === undefined || other === undefined)) continue;
    points.push([atMs, apply(one ?? 0, other ?? 0)]);
  }
  return seriesOf(points, like);
}

function timesOf(side: TimeSeries | number): Iterable<number> {
  return typeof side === "number" ? [] : side.points.keys();
}

function valueAt(side: TimeSeries | number, atMs: number): number | undefined {
  return typeof side === "number" ? side : side.points.get(atMs);
}

import type { Expression } from "./expression.ts";
import type { Row } from "./row.ts";
import { compare, numberOf, textOf, type Value } from "./value.ts";

/** One call in a `stats` command, such as `pct(@duration, 95)`. */
export interface AggregateCall {
  readonly name: string;
  /** Empty for `count(*)`. */
  readonly operands: readonly Expression[];
  /** Field of the group's row that holds the result. */
  readonly key: string;
}

/** What one call knows of one group so far. */
export interface Accumulator {
  add(row: Row): void;
  result(): Value;
}

type Create = (operands: readonly Expression[]) => Accumulator;

export function isAggregate(name: string): boolean {
  return AGGREGATES.has(name);
}

export function accumulatorOf({ name, operands }: AggregateCall): Accumulator {
  const create = AGGREGATES.get(name);
  if (create === undefined) throw new Error(`no aggregate "${name}"`);
  return create(operands);
}

/** By lower-case name. Source: AWS docs, CWL_QuerySyntax-Stats. */
const AGGREGATES: ReadonlyMap<string, Create> = new Map<string, Create>([
  ["count", count],
  ["count_distinct", countDistinct],
  ["sum", ofNumbers((values) => values.reduce((sum, value) => sum + value, 0))],
  ["avg", ofNumbers(mean)],
  ["stddev", ofNumbers(deviation)],
  ["median", ofNumbers((values) => percentile(values, 50))],
  ["pct", ([field, percent]) => ofNumbers(percentileBy(percent))([field ?? none])],
  ["min", extreme((order) => order < 0)],
  ["max", extreme((order) => order > 0)],
  ["sortsfirst", extreme((order) => order < 0)],
  ["sortslast", extreme((order) => order > 0)],
  ["earliest", byTime((order) => order < 0)],
  ["latest", byTime((order) => order > 0)],
]);

function none(): undefined {
  return undefined;
}

function count([field]: readonly Expression[]): Accumulator {
  let rows = 0;
  return {
    add(row) {
      if (field === undefined || field(row) !== undefined) rows++;
    },
    result: () => rows,
  };
}

function countDistinct([field = none]: readonly Expression[]): Accumulator {
  const seen = new Set<string>();
  return {
    add(row) {
      const value = field(row);
      if (value !== undefined) seen.add(textOf(value));
    },
    result: () => seen.size,
  };
}

function ofNumbers(reduce: (values: readonly number[]) => number): Create {
  return ([field = none]) => {
    const values: number[] = [];
    return {
      add(row) {
        const value = numberOf(field(row));
        if (value !== undefined) values.push(value);
      },
      result: () => (values.length === 0 ? undefined : reduce(values)),
    };
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
}

function percentileBy(percent: Expression | undefined): (values: readonly number[]) => number {
  const wanted = numberOf(percent?.({ get: none, set: () => {} })) ?? 50;
  return (values) => percentile(values, wanted);
}

/** The value at the nearest rank. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] ?? Number.NaN;
}

function extreme(wins: (order: number) => boolean): Create {
  return ([field = none]) => {
    let best: Value;
    return {
      add(row) {
        const value = field(row);
        if (value === undefined) return;
        if (best === undefined || wins(compare(value, best))) best = value;
      },
      // A time becomes milliseconds; `fromMillis` makes it a time again, as on AWS.
      result: () => (typeof best === "object" ? best.timeMs : best),
    };
  };
}

function byTime(wins: (order: number) => boolean): Create {
  return ([field = none]) => {
    let bestTime: Value;
    let best: Value;
    return {
      add(row) {
        const value = field(row);
        const time = row.get("@timestamp");
        if (value === undefined || time === undefined) return;
        if (bestTime !== undefined && !wins(compare(time, bestTime))) return;
        bestTime = time;
        best = value;
      },
      result: () => best,
    };
  };
}

import { accumulatorOf, type Accumulator, type AggregateCall } from "./aggregates.ts";
import type { Expression } from "./expression.ts";
import { aggregateRow, type Row } from "./row.ts";
import { compare, isTrue, textOf, type Value } from "./value.ts";

export type Emit = (row: Row) => void;

/** One command of a query. Rows are pushed through, so that a query can run in slices. */
export interface Stage {
  push(row: Row, emit: Emit): void;
  /** After the last row. Stages that collect emit here. */
  end?(emit: Emit): void;
}

export interface NamedExpression {
  /** The alias, or the expression as it was written. */
  readonly name: string;
  readonly expression: Expression;
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
}

/** `fields a, b * 2 as c`: the computed ones are set, so that later commands can use them. */
export function computeStage(computed: readonly NamedExpression[]): Stage {
  return {
    push(row, emit) {
      for (const { name, expression } of computed) row.set(name, expression(row));
      emit(row);
    },
  };
}

export function filterStage(condition: Expression): Stage {
  return {
    push(row, emit) {
      if (isTrue(condition(row))) emit(row);
    },
  };
}

/** Sets one field for each group of `pattern`; a row that does not match keeps going without them. */
export function parseStage(
  source: Expression,
  pattern: RegExp,
  names: readonly string[] | undefined,
): Stage {
  return {
    push(row, emit) {
      const value = source(row);
      const match = value === undefined ? null : pattern.exec(textOf(value));
      if (match !== null) {
        const named = Object.entries(match.groups ?? {});
        const found = names?.map((name, index) => [name, match[index + 1]] as const) ?? named;
        for (const [name, text] of found) row.set(name, text);
      }
      emit(row);
    },
  };
}

export function limitStage(limit: number): Stage {
  let count = 0;
  return {
    push(row, emit) {
      if (count++ < limit) emit(row);
    },
  };
}

/** Keeps the first row of each combination of values. */
export function dedupStage(fields: readonly string[]): Stage {
  const seen = new Set<string>();
  return {
    push(row, emit) {
      const key = keyOf(fields.map((field) => row.get(field)));
      if (seen.has(key)) return;
      seen.add(key);
      emit(row);
    },
  };
}

export function sortStage(keys: readonly SortKey[]): Stage {
  const rows: { row: Row; values: Value[] }[] = [];
  return {
    push(row) {
      rows.push({ row, values: keys.map(({ expression }) => expression(row)) });
    },
    end(emit) {
      rows.sort((a, b) => compareBy(keys, a.values, b.values));
      for (const { row } of rows) emit(row);
    },
  };
}

function compareBy(keys: readonly SortKey[], a: readonly Value[], b: readonly Value[]): number {
  for (const [index, { descending }] of keys.entries()) {
    const [left, right] = [a[index], b[index]];
    // Rows without the field come last in both directions.
    if (left === undefined && right === undefined) continue;
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    const order = compare(left, right);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

export interface StatsPlan {
  readonly calls: readonly AggregateCall[];
  /** Read the calls' results from the group's row. */
  readonly results: readonly NamedExpression[];
  readonly groupBy: readonly NamedExpression[];
}

interface Group {
  readonly row: Row;
  readonly accumulators: readonly Accumulator[];
}

export function statsStage({ calls, results, groupBy }: StatsPlan): Stage {
  const groups = new Map<string, Group>();
  const open = (values: readonly Value[]): Group => {
    const row = aggregateRow();
    groupBy.forEach(({ name }, index) => row.set(name, values[index]));
    return { row, accumulators: calls.map(accumulatorOf) };
  };
  return {
    push(row) {
      const values = groupBy.map(({ expression }) => expression(row));
      const key = keyOf(values);
      const group = groups.get(key) ?? open(values);
      groups.set(key, group);
      for (const accumulator of group.accumulators) accumulator.add(row);
    },
    end(emit) {
      for (const { row, accumulators } of groups.values()) {
        calls.forEach(({ key }, index) => row.set(key, accumulators[index]?.result()));
        for (const { name, expression } of results) row.set(name, expression(row));
        emit(row);
      }
    },
  };
}

function keyOf(values: readonly Value[]): string {
  return JSON.stringify(values.map((value) => (value === undefined ? null : textOf(value))));
}

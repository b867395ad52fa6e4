import type { Expression } from "./expression.ts";
import type { Row } from "./row.ts";
import { compare, isTime, numberOf, textOf, type Value } from "./value.ts";

type Build = (operands: readonly Expression[]) => Expression;

/** By lower-case name. Source: AWS docs, CWL_QuerySyntax-operations-functions. */
export const FUNCTIONS: ReadonlyMap<string, Build> = new Map<string, Build>([
  ["abs", ofNumber(Math.abs)],
  ["ceil", ofNumber(Math.ceil)],
  ["floor", ofNumber(Math.floor)],
  ["log", ofNumber(Math.log)],
  ["sqrt", ofNumber(Math.sqrt)],
  ["greatest", extreme((order) => order > 0)],
  ["least", extreme((order) => order < 0)],

  ["strlen", ofText((text) => text.length)],
  ["toupper", ofText((text) => text.toUpperCase())],
  ["tolower", ofText((text) => text.toLowerCase())],
  ["trim", ofText((text) => text.trim())],
  ["ltrim", ofText((text) => text.trimStart())],
  ["rtrim", ofText((text) => text.trimEnd())],
  ["concat", (operands) => (row) => operands.map((operand) => textOf(operand(row))).join("")],
  ["substr", ofText((text, start, length) => substring(text, start, length))],
  ["replace", ofText((text, search, to) => text.replaceAll(textOf(search), textOf(to)))],
  ["strcontains", ofText((text, search) => (text.includes(textOf(search)) ? 1 : 0))],

  ["ispresent", ofValue((value) => (value === undefined ? 0 : 1))],
  ["isempty", ofValue((value) => (value === undefined || value === "" ? 1 : 0))],
  ["isblank", ofValue((value) => (value === undefined || textOf(value).trim() === "" ? 1 : 0))],
  ["coalesce", (operands) => (row) => firstPresent(operands, row)],

  ["bin", ([period]) => rounded(Math.floor, (row) => row.get("@timestamp"), period)],
  ["datefloor", ([time, period]) => rounded(Math.floor, time, period)],
  ["dateceil", ([time, period]) => rounded(Math.ceil, time, period)],
  ["frommillis", ofNumber((timeMs) => ({ timeMs }))],
  ["tomillis", ofValue((value) => (isTimeValue(value) ? numberOf(value) : undefined))],
]);

function isTimeValue(value: Value): boolean {
  return value !== undefined && isTime(value);
}

function ofValue(apply: (value: Value) => Value): Build {
  return ([operand]) =>
    (row) =>
      apply(operand?.(row));
}

function ofNumber(apply: (value: number) => Value): Build {
  return ofValue((value) => {
    const number = numberOf(value);
    return number === undefined ? undefined : apply(number);
  });
}

function ofText(apply: (text: string, second: Value, third: Value) => Value): Build {
  return ([operand, second, third]) =>
    (row) => {
      const value = operand?.(row);
      return value === undefined ? undefined : apply(textOf(value), second?.(row), third?.(row));
    };
}

function substring(text: string, start: Value, length: Value): string {
  const from = numberOf(start) ?? 0;
  const count = numberOf(length);
  return count === undefined ? text.slice(from) : text.slice(from, from + count);
}

function extreme(wins: (order: number) => boolean): Build {
  return (operands) => (row) => {
    let best: Value;
    for (const operand of operands) {
      const value = operand(row);
      if (value === undefined) continue;
      if (best === undefined || wins(compare(value, best))) best = value;
    }
    return best;
  };
}

function firstPresent(operands: readonly Expression[], row: Row): Value {
  for (const operand of operands) {
    const value = operand(row);
    if (value !== undefined) return value;
  }
  return undefined;
}

function rounded(
  round: (value: number) => number,
  time: Expression | undefined,
  period: Expression | undefined,
): Expression {
  return (row) => {
    const timeMs = numberOf(time?.(row));
    const periodMs = numberOf(period?.(row));
    if (timeMs === undefined || periodMs === undefined || periodMs <= 0) return undefined;
    return { timeMs: round(timeMs / periodMs) * periodMs };
  };
}

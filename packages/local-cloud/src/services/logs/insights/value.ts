/** What a field or an expression can be. A time shows as text and counts as milliseconds. */
export type Value = string | number | Time | undefined;

export interface Time {
  readonly timeMs: number;
}

export function isTime(value: Value): value is Time {
  return typeof value === "object";
}

/** Undefined for what is no number. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (value === undefined) return undefined;
  if (isTime(value)) return value.timeMs;
  const number = value.trim() === "" ? Number.NaN : Number(value);
  return Number.isNaN(number) ? undefined : number;
}

/** As GetQueryResults shows it. Unverified: numbers are rounded to four decimals. */
export function textOf(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(Number(value.toFixed(4)));
  return new Date(value.timeMs).toISOString().replace("T", " ").replace("Z", "");
}

export function isTrue(value: Value): boolean {
  return value !== undefined && value !== 0 && value !== "" && value !== "false";
}

/** Negative, zero or positive: by number when both are numbers, by text otherwise. */
export function compare(a: Value, b: Value): number {
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) return left - right;
  const leftText = textOf(a);
  const rightText = textOf(b);
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
}

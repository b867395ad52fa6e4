import type { LineView } from "../views.ts";

const UNITS: Readonly<Record<string, string>> = {
  Milliseconds: "ms",
  Microseconds: "µs",
  Seconds: "s",
  Percent: "%",
  Bytes: "B",
  "Bytes/Second": "B/s",
  "Count/Second": "/s",
};

/** "ms" of "Milliseconds"; a count needs none. */
export function unitText(unit: string | undefined): string {
  if (unit === undefined || unit === "Count" || unit === "None") return "";
  return UNITS[unit] ?? unit;
}

const STEPS = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e4, "k"],
] as const;

/** "12.3k", "0.0042", with at most four digits that matter. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  for (const [step, letter] of STEPS) {
    if (size >= step) return `${trimmed(value / (letter === "k" ? 1000 : step))}${letter}`;
  }
  return trimmed(value);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function valueText(value: number, unit: string | undefined): string {
  const text = unitText(unit);
  const space = text === "" || text === "%" || text.startsWith("/") ? "" : " ";
  return `${shortNumber(value)}${space}${text}`;
}

/** The newest value of a line. */
export function lastValue({ points, unit }: Pick<LineView, "points" | "unit">): string {
  const last = points.at(-1)?.[1];
  return last === undefined ? "no data" : valueText(last, unit);
}

/** "10:15", or with the day when more than one is looked at. */
export function timeText(atMs: number, spanMs: number): string {
  const text = new Date(atMs).toISOString();
  const isLong = spanMs > 24 * 3_600_000;
  if (isLong) return `${text.slice(5, 10)} ${text.slice(11, 16)}`;
  return spanMs < 5 * 60_000 ? text.slice(11, 19) : text.slice(11, 16);
}

/** "2026-11-21 10:15:30" */
export function secondText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

import type { AxisView, BoundView, LineView, Side } from "../views.ts";

/** One vertical axis: its range and where its lines are labelled. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/** From zero, or below it, to a round number that all values are under. */
export function scaleOf(values: readonly number[], axis: AxisView, wantedTicks: number): Scale {
  const low = axis.min ?? Math.min(0, ...values);
  const high = axis.max ?? Math.max(...values, low);
  const top = high > low ? high : low + 1;
  const step = roundStep((top - low) / Math.max(1, wantedTicks));
  const min = axis.min ?? Math.floor(low / step) * step;
  const max = axis.max ?? Math.ceil(top / step - 1e-9) * step;
  const ticks: number[] = [];
  const first = Math.ceil(min / step - 1e-9);
  for (let index = first; index * step <= max + step * 1e-9; index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return { min, max, ticks };
}

/** 1, 2 or 5 times a power of ten, not below `rough`. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

export function valuesOn(
  side: Side,
  lines: readonly LineView[],
  bounds: readonly BoundView[],
): number[] {
  return [
    ...lines.filter((line) => line.side === side).flatMap(({ points }) => points.map(([, v]) => v)),
    // Above what is filled upwards there has to be room to see it.
    ...bounds
      .filter((bound) => bound.side === side)
      .map(({ value, fill }) => (fill === "above" ? value * 1.15 : value)),
  ];
}

const MINUTE_MS = 60_000;
const TIME_STEPS_MS = [0.25, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080].map(
  (minutes) => minutes * MINUTE_MS,
);

export function timeTicks(startMs: number, endMs: number, wanted: number): number[] {
  const rough = (endMs - startMs) / Math.max(1, wanted);
  const step = TIME_STEPS_MS.find((one) => one >= rough) ?? 30 * 1440 * MINUTE_MS;
  const ticks: number[] = [];
  for (let at = Math.ceil(startMs / step) * step; at <= endMs; at += step) ticks.push(at);
  return ticks;
}

/** Each line on top of those before it, at the times that any of them has. */
export function stacked(lines: readonly LineView[]): LineView[] {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].toSorted(
    (a, b) => a - b,
  );
  const sums = new Map<number, number>();
  return lines.map((line) => {
    const values = new Map(line.points);
    const points = times.map((at) => {
      const sum = (sums.get(at) ?? 0) + (values.get(at) ?? 0);
      sums.set(at, sum);
      return [at, sum] as const;
    });
    return { ...line, points: line.points.length === 0 ? [] : points };
  });
}

import { seriesOf, type TimeSeries } from "./values.ts";

/** What FILL puts where a period has no value. */
export type Filler = number | TimeSeries | "REPEAT" | "LINEAR";

/** The starts of all periods that a request asks for. */
export function* gridOf(
  window: { readonly startMs: number; readonly endMs: number },
  periodMs: number,
): Iterable<number> {
  for (let atMs = window.startMs; atMs < window.endMs; atMs += periodMs) yield atMs;
}

/**
 * Source: AWS docs, "Using metric math", FILL: REPEAT takes the most recent value before the gap,
 * LINEAR a straight line between its two ends. Neither has anything to say before the first value.
 */
export function fill(
  series: TimeSeries,
  filler: Filler,
  window: { readonly startMs: number; readonly endMs: number },
): TimeSeries {
  const { points } = series;
  const filled: [number, number][] = [...points];
  const known = [...points.keys()];
  let before: number | undefined;
  let next = 0;
  for (const atMs of gridOf(window, series.periodMs)) {
    while (next < known.length && (known[next] ?? Infinity) <= atMs) before = known[next++];
    if (points.has(atMs)) continue;
    const value = fillerAt(points, filler, { atMs, before, after: known[next] });
    if (value !== undefined) filled.push([atMs, value]);
  }
  return seriesOf(filled, series);
}

interface Gap {
  readonly atMs: number;
  /** When the nearest values are. */
  readonly before: number | undefined;
  readonly after: number | undefined;
}

function fillerAt(
  points: ReadonlyMap<number, number>,
  filler: Filler,
  { atMs, before, after }: Gap,
): number | undefined {
  if (typeof filler === "number") return filler;
  if (typeof filler === "object") return filler.points.get(atMs);
  const low = before === undefined ? undefined : points.get(before);
  if (filler === "REPEAT" || before === undefined || low === undefined) return low;
  const high = after === undefined ? undefined : points.get(after);
  if (after === undefined || high === undefined) return undefined;
  return low + ((high - low) * (atMs - before)) / (after - before);
}

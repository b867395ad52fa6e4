import type { Bucketed } from "./buckets.ts";
import type { MetricReader, Series } from "./metric-reader.ts";
import type { Span } from "./spans.ts";

/** The answer to one series of a plan that was read. */
export type Answers = (place: Place) => Bucketed;

/** Where in a plan a series stands. */
export type Place = number;

/** Series gathered from several corners, read at once, and found again by their places. */
export class SeriesPlan {
  readonly #series: Series[] = [];

  add(series: Series): Place {
    return this.#series.push(series) - 1;
  }

  async read(reader: MetricReader, span: Span): Promise<Answers> {
    const answers = await reader.read(this.#series, span);
    return (place) => answers[place] ?? NOTHING;
  }
}

const NOTHING: Bucketed = new Map<number, number>();

/** The values of several series added, at each time that any of them has. */
export function added(series: readonly Bucketed[]): Bucketed {
  const [only] = series;
  if (series.length === 1 && only !== undefined) return only;
  const total = new Map<number, number>();
  for (const values of series) {
    for (const [atMs, value] of values) total.set(atMs, (total.get(atMs) ?? 0) + value);
  }
  return total;
}

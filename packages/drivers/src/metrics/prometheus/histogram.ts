/** Counts of durations up to each bound, by rising bounds, Infinity last. Bounds in milliseconds. */
export interface Histogram {
  readonly buckets: readonly { readonly upToMs: number; readonly count: number }[];
  /** Of all durations, when it is known. */
  readonly sumMs?: number;
}

/** All buckets added up; bounds that only some have are counted where they are. */
export function addedHistograms(histograms: readonly Histogram[]): Histogram | undefined {
  if (histograms.length === 0) return undefined;
  const bounds = new Map<number, number>();
  for (const { buckets } of histograms) {
    for (const { upToMs, count } of buckets) bounds.set(upToMs, (bounds.get(upToMs) ?? 0) + count);
  }
  const sums = histograms.map(({ sumMs }) => sumMs);
  const known = sums.filter((sum) => sum !== undefined);
  const buckets = [...bounds]
    .map(([upToMs, count]) => ({ upToMs, count }))
    .toSorted((left, right) => left.upToMs - right.upToMs);
  if (known.length < sums.length) return { buckets };
  return { buckets, sumMs: known.reduce((total, sum) => total + sum, 0) };
}

export function totalOf({ buckets }: Histogram): number {
  return buckets.at(-1)?.count ?? 0;
}

/**
 * How many took longer than the threshold, as far as the bounds tell: longer than the nearest bound at or
 * above it. So never more than there were; none where the threshold lies above all bounds.
 */
export function slowerThan(histogram: Histogram, thresholdMs: number): number {
  const bucket = histogram.buckets.find(({ upToMs }) => upToMs >= thresholdMs);
  return Math.max(0, totalOf(histogram) - (bucket?.count ?? totalOf(histogram)));
}

/** The bound of the bucket that the quantile lies in; the highest finite one when it lies above. */
export function quantileOf(histogram: Histogram, quantile: number): number | undefined {
  const rank = totalOf(histogram) * quantile;
  const finite = histogram.buckets.filter(({ upToMs }) => upToMs < Infinity);
  if (rank <= 0) return undefined;
  return (finite.find(({ count }) => count >= rank) ?? finite.at(-1))?.upToMs;
}

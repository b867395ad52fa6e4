/** One statistic, one value per period that had data, by the period's start. Milliseconds. */
export type Bucketed = ReadonlyMap<number, number>;

/** Undefined when there was no data: no data is not zero. */
export function sum(values: Bucketed | undefined): number | undefined {
  if (values === undefined || values.size === 0) return undefined;
  return [...values.values()].reduce((total, value) => total + value, 0);
}

/** The exact average over all periods, from their sums and sample counts. */
export function mean(
  sums: Bucketed | undefined,
  samples: Bucketed | undefined,
): number | undefined {
  const total = sum(sums);
  const count = sum(samples);
  return total === undefined || count === undefined || count === 0 ? undefined : total / count;
}

/**
 * One value for the whole window. Sums, counts, extremes and averages are exact. A percentile of
 * several periods cannot be had from CloudWatch: theirs are averaged by how many samples each had.
 */
export function overall(
  statistic: string,
  values: Bucketed | undefined,
  samples: Bucketed | undefined,
): number | undefined {
  if (values === undefined || values.size === 0) return undefined;
  switch (statistic) {
    case "Sum":
    case "SampleCount":
      return sum(values);
    case "Minimum":
      return Math.min(...values.values());
    case "Maximum":
      return Math.max(...values.values());
    default:
      return weightedOver([values], [samples]);
  }
}

/**
 * The average of several series by how many samples each of their periods had; undefined without any value.
 * It lies between the lowest and the highest of them, which is all that percentiles of parts allow.
 */
export function weightedOver(
  values: readonly Bucketed[],
  samples: readonly (Bucketed | undefined)[],
): number | undefined {
  let total = 0;
  let weight = 0;
  for (const [index, series] of values.entries()) {
    for (const [atMs, value] of series) {
      // A period without a sample count still says something: count it once.
      const count = samples[index]?.get(atMs) ?? 1;
      total += value * count;
      weight += count;
    }
  }
  return weight === 0 ? undefined : total / weight;
}

/**
 * Counts above rising thresholds, none higher than the one before. Each is an answer of its own, taken at its own
 * moment and sometimes estimated, but what took longer than the longer took longer than the shorter too.
 */
export function neverRising(counts: readonly number[]): readonly number[] {
  let least = Infinity;
  return counts.map((count) => (least = Math.min(least, count)));
}

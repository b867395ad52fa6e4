// Protects what is made of a histogram: counts above a threshold are never more than there were, and a
// quantile is a bound that was counted at, not a guess between two.
import { describe, expect, it } from "vitest";
import {
  addedHistograms,
  type Histogram,
  quantileOf,
  slowerThan,
  totalOf,
} from "../../../src/metrics/prometheus/histogram.ts";

/** 10 up to 100 ms, 15 more up to 250 ms, 4 up to a second, one above. */
const HISTOGRAM: Histogram = {
  buckets: [
    { upToMs: 100, count: 10 },
    { upToMs: 250, count: 25 },
    { upToMs: 1000, count: 29 },
    { upToMs: Infinity, count: 30 },
  ],
  sumMs: 6000,
};

it.each([
  [50, 20],
  [100, 20],
  [101, 5],
  [250, 5],
  [251, 1],
  [1000, 1],
  // Above all bounds nothing is known to be slower.
  [1001, 0],
])("counts what is slower than %i ms by the nearest bound at or above", (thresholdMs, slow) => {
  expect(slowerThan(HISTOGRAM, thresholdMs)).toBe(slow);
});

it.each([
  [0.1, 100],
  [1 / 3, 100],
  [0.5, 250],
  [0.95, 1000],
  [0.999, 1000],
])("takes the bound of its bucket for quantile %f", (quantile, bound) => {
  expect(quantileOf(HISTOGRAM, quantile)).toBe(bound);
});

it("has no quantile without any count", () => {
  expect(quantileOf({ buckets: [{ upToMs: Infinity, count: 0 }] }, 0.5)).toBeUndefined();
});

describe("several histograms", () => {
  it("are added bound by bound", () => {
    const sum = addedHistograms([HISTOGRAM, HISTOGRAM]);
    expect(sum?.buckets.map(({ count }) => count)).toEqual([20, 50, 58, 60]);
    expect(sum?.sumMs).toBe(12_000);
    expect(sum && totalOf(sum)).toBe(60);
  });

  it("have no sum when one of them has none", () => {
    expect(addedHistograms([HISTOGRAM, { buckets: HISTOGRAM.buckets }])).not.toHaveProperty(
      "sumMs",
    );
    expect(addedHistograms([])).toBeUndefined();
  });
});

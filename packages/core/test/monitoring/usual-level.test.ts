// Protects the usual level from being taught by incidents, by quiet nights and by hours without any traffic.
import { expect, it } from "vitest";
import { quantile, usualLevel } from "../../src/monitoring/usual-level.ts";

const HOUR_MS = 3_600_000;

/** Hours one after another: requests and errors of each. */
function hours(...counts: readonly (readonly [requests: number, errors: number])[]) {
  return counts.map(([requests, errors], index) => ({
    fromMs: index * HOUR_MS,
    toMs: (index + 1) * HOUR_MS,
    requests,
    errors,
  }));
}

it("is nothing without requests", () => {
  expect(usualLevel([])).toBeUndefined();
  expect(usualLevel(hours([0, 0]))).toBeUndefined();
});

it("takes the median of the hours that had traffic", () => {
  const level = usualLevel(hours([3600, 0], [0, 0], [7200, 0], [36_000, 0]));
  expect(level).toMatchObject({ requestsPerSecond: 2, hours: 4, requests: 46_800 });
});

it("is not raised by an incident of a few hours", () => {
  const two = Array.from({ length: 336 }, (_, hour): readonly [number, number] =>
    hour >= 100 && hour < 112 ? [3600, 1800] : [3600, 4],
  );
  expect(usualLevel(hours(...two))?.errorRate).toBeCloseTo(4 / 3600, 2);
});

it("takes a bad hour for usual when it comes every day", () => {
  const two = Array.from({ length: 336 }, (_, hour): readonly [number, number] =>
    hour % 24 < 2 ? [3600, 180] : [3600, 4],
  );
  expect(usualLevel(hours(...two))?.errorRate).toBe(0.05);
});

it("does not take none so far for never", () => {
  expect(usualLevel(hours([100, 0]))?.errorRate).toBe(0.01);
  expect(usualLevel(hours([1, 1]))?.errorRate).toBe(1);
});

it.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.95, 4],
  [[5], 0, 5],
  [[], 0.5, Number.NaN],
])("finds in %j the value at %d: %d", (values, share, found) => {
  expect(quantile(values, share)).toBe(found);
});

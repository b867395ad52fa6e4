// Protects alarms on latency: a percentile of enough requests, a threshold above what was usual, and none that rests on nothing.
import { describe, expect, it } from "vitest";
import { latencyBound, latencyShape, LEAST_PERIODS } from "../../src/monitoring/latency-bound.ts";

it.each([
  [1000, "p99", 60],
  [17, "p99", 60],
  [5, "p99", 300],
  [1.2, "p99", 900],
  [1, "p90", 300],
  [0.12, "p90", 900],
])("at %d requests a second takes %s of %d s", (rate, statistic, periodSeconds) => {
  const shape = latencyShape(rate);
  expect(shape).toMatchObject({ statistic, periodSeconds });
  expect(rate * periodSeconds).toBeGreaterThanOrEqual(shape?.leastRequests ?? Infinity);
});

it("takes none where a percentile says nothing", () => {
  expect(latencyShape(0.1)).toBeUndefined();
  expect(latencyShape(0)).toBeUndefined();
});

describe("the threshold", () => {
  const shape = { statistic: "p99", periodSeconds: 60, leastRequests: 1000 } as const;
  const steady = Array.from({ length: 1000 }, () => 200);

  it("is a quarter above a level that never moves", () => {
    expect(latencyBound(shape, steady)).toMatchObject({ usualMs: 200, thresholdMs: 250 });
  });

  it("is not raised by an incident, nor below what one period in a hundred had", () => {
    const incident = steady.with(500, 9000).with(501, 9000);
    expect(latencyBound(shape, incident)?.thresholdMs).toBe(250);
    const nights = steady.map((value, index) => (index % 50 === 0 ? 400 : value));
    expect(latencyBound(shape, nights)?.thresholdMs).toBe(400);
  });

  it("leaves room for a level that moves by factors", () => {
    const moving = Array.from({ length: 999 }, (_, index) => 100 * 2 ** ((index % 9) / 4));
    const found = latencyBound(shape, moving);
    expect(found?.usualMs).toBe(200);
    expect(found?.thresholdMs).toBeGreaterThan(Math.max(...moving));
    expect(found).toMatchObject({ periods: 3, datapoints: 2 });
  });

  it("needs enough periods", () => {
    expect(latencyBound(shape, steady.slice(0, LEAST_PERIODS - 1))).toBeUndefined();
    expect(latencyBound(shape, steady.slice(0, LEAST_PERIODS))).toBeDefined();
    expect(latencyBound(shape, [])).toBeUndefined();
  });
});

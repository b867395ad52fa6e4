// Protects how periods become one number, and that no data never becomes a zero.
import { describe, expect, it } from "vitest";
import { mean, overall, sum } from "../../src/metrics/buckets.ts";
import { alignWindow } from "../../src/metrics/metric-reader.ts";

const values = (...numbers: number[]) => new Map(numbers.map((value, index) => [index, value]));

describe("one value of several periods", () => {
  it.each([
    ["Sum", 30],
    ["SampleCount", 30],
    ["Minimum", 10],
    ["Maximum", 20],
    // 10 over 9 samples and 20 over one.
    ["Average", 11],
    ["p99", 11],
  ])("%s", (statistic, expected) => {
    expect(overall(statistic, values(10, 20), values(9, 1))).toBe(expected);
  });

  it("is an exact average when there are sums", () => {
    expect(mean(values(90, 20), values(9, 1))).toBe(11);
  });

  it("is nothing when there was no data", () => {
    expect(sum(values())).toBeUndefined();
    expect(mean(values(), values())).toBeUndefined();
    expect(mean(values(0), values(0))).toBeUndefined();
    for (const statistic of ["Sum", "Maximum", "Average", "p99"]) {
      expect(overall(statistic, values(), values(1))).toBeUndefined();
    }
  });

  it("is zero when zeros were counted", () => {
    expect(sum(values(0, 0))).toBe(0);
  });
});

describe("a window on whole periods", () => {
  const MINUTE = 60_000;

  it("follows the one before it without a gap or an overlap", () => {
    const first = alignWindow({ fromMs: 5_000, toMs: 125_000 }, MINUTE);
    const second = alignWindow({ fromMs: 125_000, toMs: 245_000 }, MINUTE);
    expect(first).toEqual({ fromMs: 0, toMs: 120_000, periodMs: MINUTE });
    expect(second.fromMs).toBe(first.toMs);
  });

  it("never holds a period that is not over", () => {
    expect(alignWindow({ fromMs: 60_000, toMs: 119_999 }, MINUTE)).toMatchObject({ toMs: 60_000 });
  });

  it.each([
    // The window, the resolution, and the period: one that CloudWatch takes.
    [MINUTE, 1000, 1000],
    [30 * MINUTE, 1000, 5000],
    [3 * 60 * MINUTE, 1000, 10_000],
    [24 * 60 * MINUTE, 1000, MINUTE],
    [24 * 60 * MINUTE, MINUTE, MINUTE],
    [3 * 24 * 60 * MINUTE, MINUTE, 3 * MINUTE],
  ])("of %i ms counted by %i ms is read by %i ms", (toMs, resolutionMs, periodMs) => {
    expect(alignWindow({ fromMs: 0, toMs }, resolutionMs).periodMs).toBe(periodMs);
  });
});

// Protects how periods become one number, and that no data never becomes a zero.
import { describe, expect, it } from "vitest";
import { mean, overall, sum } from "../../src/metrics/buckets.ts";

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

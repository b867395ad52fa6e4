import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/random.ts";
import { parseStatistic, statisticOf } from "../../../src/services/cloudwatch/statistics.ts";
import { BIN_RELATIVE_ERROR, Distribution } from "../../../src/telemetry/metric-distribution.ts";

// Protects the statistics: exact ones against sums by hand, percentiles against sorted samples.

function distribution(values: Iterable<number>): Distribution {
  const made = new Distribution();
  for (const value of values) made.add(value, 1);
  return made;
}

function of(name: string, samples: Distribution): number | undefined {
  const statistic = parseStatistic(name);
  if (statistic === undefined) throw new Error(`not a statistic: ${name}`);
  return statisticOf(statistic, samples);
}

const ONE_TO_HUNDRED = distribution(Array.from({ length: 100 }, (_, index) => index + 1));

describe("statistics of 1 to 100", () => {
  it.each([
    ["SampleCount", 100],
    ["Sum", 5050],
    ["Average", 50.5],
    ["Minimum", 1],
    ["Maximum", 100],
    ["p50", 50],
    ["p99", 99],
    ["p99.9", 100],
    ["p0", 1],
    ["p100", 100],
    ["tm90", 45.5],
    ["TM(10%:90%)", 50.5],
    ["IQM", 50.5],
    ["TM(50:100)", 75.5],
    ["tc90", 90],
    ["TC(:50)", 50],
    ["ts10", 55],
    ["TS(90%:)", 955],
    ["wm98", (4851 + 98 * 2) / 100],
    ["PR(:25)", 25],
    ["PR(25:75)", 50],
  ])("%s is %d", (name, expected) => {
    expect(of(name, ONE_TO_HUNDRED)).toBeCloseTo(expected, 9);
  });

  it.each([
    "p101",
    "P99",
    "p",
    "tm",
    "tm101",
    "TM(90%:10%)",
    "PR(10%:90%)",
    "TM(:)",
    "sum",
    "median",
  ])("%s is no statistic", (name) => {
    expect(parseStatistic(name)).toBeUndefined();
  });
});

describe("percentiles", () => {
  it("cut through equal values", () => {
    const samples = new Distribution();
    samples.add(1, 90);
    samples.add(100, 10);
    expect(of("p90", samples)).toBe(1);
    expect(of("p91", samples)).toBe(100);
    expect(of("tm95", samples)).toBeCloseTo((90 + 500) / 95, 9);
  });

  it("of many different values stay within one percent of the exact ones", () => {
    const random = seededRandom(7);
    const values = Array.from({ length: 20_000 }, () => Math.exp(random.next() * 12 - 4));
    const samples = distribution(values);
    const sorted = values.toSorted((left, right) => left - right);
    for (const percent of [1, 25, 50, 90, 99, 99.9]) {
      const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
      const found = of(`p${percent}`, samples) ?? 0;
      expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(BIN_RELATIVE_ERROR + 1e-9);
    }
    expect(of("Maximum", samples)).toBe(sorted.at(-1));
    expect(of("p100", samples)).toBeCloseTo(sorted.at(-1) ?? 0, 6);
  });

  it("are unknown for statistic sets and negative values, as on AWS", () => {
    const set = new Distribution();
    set.addSet({ sum: 30, count: 2, min: 10, max: 20 });
    expect(of("p50", set)).toBeUndefined();
    expect(of("Average", set)).toBe(15);
    expect(of("p50", distribution([-1, 2]))).toBeUndefined();
    const same = new Distribution();
    same.addSet({ sum: 30, count: 3, min: 10, max: 10 });
    expect(of("p50", same)).toBe(10);
  });
});

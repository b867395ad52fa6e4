// Protects the users' budget: the weight rises with what is proved and never by itself.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rampWeightBps } from "../../src/analysis/ramp.ts";
import type { RampInput } from "../../src/analysis/ramp.ts";

const SEED = Number(process.env["ANALYSIS_SEED"] ?? 20_261_121);

/** 100 requests a second and 20 seconds to react: a canary at 1 % that fails always costs 20 requests. */
const BASE: RampInput = {
  weightBps: 0,
  riskBound: 1,
  requestsPerSecond: 100,
  reactionMs: 20_000,
  failures: 5,
  minWeightBps: 10,
  maxWeightBps: 5000,
};

describe("the weight of a budgeted ramp", () => {
  it.each<[string, Partial<RampInput>, number]>([
    ["what the budget pays for when nothing is known", {}, 25],
    ["four times as much when the risk is a quarter", { riskBound: 0.25 }, 100],
    ["whole basis points, rounded down", { riskBound: 0.7 }, 35],
    ["the least weight when even that is too much for the budget", { requestsPerSecond: 1e6 }, 10],
    ["at most a tenth while nothing is known", { requestsPerSecond: 0.1 }, 1000],
    ["at most the highest once something is", { requestsPerSecond: 0.1, riskBound: 0.99 }, 5000],
    ["at most the highest below a tenth", { requestsPerSecond: 0.1, maxWeightBps: 300 }, 300],
    ["at most a tenth, even if the least is more", { minWeightBps: 2000 }, 1000],
    ["the highest when no risk is left", { riskBound: 0 }, 5000],
    ["what it is, when it is above all that", { weightBps: 6000 }, 6000],
    [
      "the least weight while the traffic is not known",
      { requestsPerSecond: 0, riskBound: 0.1 },
      10,
    ],
    [
      "the least weight while the reaction time is not known",
      { reactionMs: NaN, riskBound: 0 },
      10,
    ],
    ["the least weight without a budget", { failures: 0, riskBound: 0 }, 10],
  ])("is %s", (_, given, expected) => {
    expect(rampWeightBps({ ...BASE, ...given })).toBe(expected);
  });

  it(`is a whole number, never falls, and keeps its bounds (ANALYSIS_SEED=${SEED})`, () => {
    const input = fc.record({
      weightBps: fc.integer({ min: 0, max: 10_000 }),
      riskBound: fc.double({ min: 0, max: 1, noNaN: true }),
      requestsPerSecond: fc.double({ min: 0, max: 1e7, noNaN: true }),
      reactionMs: fc.integer({ min: 0, max: 600_000 }),
      failures: fc.double({ min: 0, max: 1000, noNaN: true }),
      minWeightBps: fc.integer({ min: 1, max: 1000 }),
      maxWeightBps: fc.integer({ min: 1000, max: 10_000 }),
    });
    const property = fc.property(input, (given) => {
      const weight = rampWeightBps(given);
      expect(Number.isInteger(weight)).toBe(true);
      expect(weight).toBeGreaterThanOrEqual(given.weightBps);
      expect(weight).toBeLessThanOrEqual(Math.max(given.weightBps, given.maxWeightBps));
      const riskier = rampWeightBps({ ...given, riskBound: Math.min(1, given.riskBound + 0.1) });
      expect(riskier).toBeLessThanOrEqual(weight);
      // What it may cost stays in the budget, unless the least weight or the present one costs more.
      const perSecond = (given.requestsPerSecond * weight) / 10_000;
      const cost = perSecond * (given.reactionMs / 1000) * given.riskBound;
      const isForced = weight <= Math.max(given.weightBps, given.minWeightBps);
      expect(isForced || cost <= given.failures * (1 + 1e-9)).toBe(true);
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });
});

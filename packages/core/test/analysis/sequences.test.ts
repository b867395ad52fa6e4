// Protects the guarantee over time: traffic, weights and failure rates may follow from everything seen so far, parts may
// hang together as they like, and looking may end at the worst moment; the mean of the evidence stays at most 1.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rollbackLogE } from "../../src/analysis/combination.ts";
import { observe, startComparison } from "../../src/analysis/comparison.ts";
import type { ComparisonState } from "../../src/analysis/comparison.ts";
import type { ArmCounts, CountBucket } from "../../src/analysis/counts.ts";
import type { ErrorCounts } from "../../src/analysis/error-process.ts";
import { promotionLogE } from "../../src/analysis/promotion.ts";
import { DEFAULT_SETTINGS } from "../../src/analysis/settings.ts";
import type { ComparisonSettings } from "../../src/analysis/settings.ts";
import { outcomesOf } from "./outcomes.ts";

const SEED = Number(process.env["ANALYSIS_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["ANALYSIS_RUNS"] ?? 60);
const ROUNDING = 1e-9;

/** One way the world may go on. An adversary picks among these by what has happened. */
interface Turn {
  readonly n1: number;
  readonly n0: number;
  readonly p0: number;
  readonly atMs: number;
  readonly stratum: string;
  /** Whether slow requests are counted: latency may begin at any moment, and stop. */
  readonly isTimed: boolean;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  n1: fc.integer({ min: 0, max: 3 }),
  n0: fc.integer({ min: 0, max: 4 }),
  p0: fc.constantFrom(0, 0.01, 0.1, 0.3, 0.5, 0.8, 1),
  // Minutes apart, in the same one, and back in time: strata do not arrive in order.
  atMs: fc.constantFrom(0, 30_000, 60_000, 61_000, 300_000, 3_600_000),
  stratum: fc.constantFrom("warm", "cold"),
  isTimed: fc.boolean(),
});
const adversary = fc.array(turn, { minLength: 3, maxLength: 12 });

/** Never reached by so few requests: nothing ends early. */
const OPEN: ComparisonSettings = { ...DEFAULT_SETTINGS, alpha: 1e-300 };

const SETTINGS: Record<string, ComparisonSettings> = {
  "errors alone": { ...OPEN, latency: false, lateOnset: false },
  "errors that may begin late": { ...OPEN, latency: false },
  "all parts": {
    ...OPEN,
    custom: [
      { name: "orders", kind: "outcomes", thresholds: 1 },
      { name: "basket", kind: "values", thresholds: 2 },
    ],
  },
  "all parts, ended as soon as the evidence is 2": {
    ...DEFAULT_SETTINGS,
    alpha: 0.5,
    custom: [{ name: "orders", kind: "outcomes", thresholds: 1 }],
  },
};

describe.each(Object.entries(SETTINGS))("the evidence of %s", (_, settings) => {
  it(`has a mean of at most 1 against an adversary (ANALYSIS_SEED=${SEED})`, () => {
    check((turns) => {
      const found = meanAfter(
        3,
        turns,
        settings,
        (p0) => p0,
        (state) => Math.exp(rollbackLogE(state, settings)),
      );
      expect(found).toBeLessThanOrEqual(1 + ROUNDING);
    });
  });
});

it(`has a mean of at most 1 at the edge of the tolerance (ANALYSIS_SEED=${SEED})`, () => {
  const settings = { ...OPEN, latency: false };
  const { ratio, rate } = settings.tolerance;
  check((turns) => {
    const worst = (p0: number) => Math.min(1, ratio * p0 + rate);
    const found = meanAfter(3, turns, settings, worst, (state) =>
      Math.exp(rollbackLogE(state, settings)),
    );
    expect(found).toBeLessThanOrEqual(1 + ROUNDING);
  });
});

it(`proves a canary at the margin with a mean of at most 1 (ANALYSIS_SEED=${SEED})`, () => {
  const settings = { ...OPEN, latency: false };
  const { margin } = settings;
  // A margin that a rate cannot pass would leave nothing to prove.
  const rare = (turns: readonly Turn[]) => turns.map((one) => ({ ...one, p0: one.p0 * 0.6 }));
  check((turns) => {
    const worst = (p0: number) => margin.ratio * p0 + margin.rate;
    const found = meanAfter(3, rare(turns), settings, worst, (state) =>
      Math.exp(promotionLogE(state.promotion, margin)),
    );
    expect(found).toBeLessThanOrEqual(1 + ROUNDING);
  });
});

/** Over every course of `depth` buckets, each of which the adversary picks by the course so far. */
function meanAfter(
  depth: number,
  turns: readonly Turn[],
  settings: ComparisonSettings,
  worst: (p0: number) => number,
  value: (state: ComparisonState) => number,
): number {
  const walk = (state: ComparisonState, left: number, course: number): number => {
    if (left === 0) return value(state);
    const next = turns[course % turns.length];
    if (next === undefined) return value(state);
    const { n1, n0, p0 } = next;
    return outcomesOf({ n1, p1: worst(p0), n0, p0 }).reduce((sum, { counts, chance }) => {
      if (chance === 0) return sum;
      const after = observe(state, settings, bucketOf(next, counts), 5000);
      return sum + chance * walk(after, left - 1, course * 7 + counts.k1 * 3 + counts.k0 + 1);
    }, 0);
  };
  return walk(startComparison(settings), depth, 0);
}

/** The parts as dependent as they can be: what fails is also slow, and loses its order. */
function bucketOf({ atMs, stratum, isTimed }: Turn, { k1, n1, k0, n0 }: ErrorCounts): CountBucket {
  const arm = (requests: number, errors: number): ArmCounts => ({
    requests,
    errors,
    ...(isTimed ? { slow: [errors, errors, 0] } : {}),
    custom: {
      orders: { trials: requests, bad: [errors] },
      basket: { trials: requests, bad: [errors, 0] },
    },
  });
  const fromMs = 1_700_000_000_000 + atMs;
  return { fromMs, toMs: fromMs + 1000, stratum, stable: arm(n0, k0), canary: arm(n1, k1) };
}

function check(property: (turns: readonly Turn[]) => void): void {
  fc.assert(fc.property(adversary, property), { seed: SEED, numRuns: RUNS, endOnFailure: true });
}

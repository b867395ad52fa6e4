// Protects the promises in the settings, over whole rollouts with a look after every bucket: a canary that is as good as
// stable is turned back at most with probability alpha, one at the margin is promoted at most with probability beta, and
// the risk bound is below the truth at most with probability beta. Simulated with a seed; levels are set high
// so that a broken promise shows in a few thousand runs.
import { expect, it } from "vitest";

import { judge, observe, startComparison } from "../../src/analysis/comparison.ts";
import type { ComparisonState } from "../../src/analysis/comparison.ts";
import type { ArmCounts } from "../../src/analysis/counts.ts";
import { promotionLogE, riskBound } from "../../src/analysis/promotion.ts";
import { rampWeightBps } from "../../src/analysis/ramp.ts";
import { DEFAULT_SETTINGS } from "../../src/analysis/settings.ts";
import type { ComparisonSettings } from "../../src/analysis/settings.ts";
import { SeededChance } from "./seeded.ts";

const SEED = Number(process.env["ANALYSIS_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["ANALYSIS_RUNS"] ?? 1000);
const BUCKETS = 60;

interface Scene {
  readonly settings: ComparisonSettings;
  readonly p0: (bucket: number) => number;
  readonly p1: (p0: number) => number;
  readonly weightBps: number;
}

it(`turns back at most alpha of the canaries that are as good as stable, during outages and ramps (ANALYSIS_SEED=${SEED})`, () => {
  const settings = { ...DEFAULT_SETTINGS, alpha: 0.1 };
  // A quiet start, then an outage that hits both, then a bad half hour.
  const p0 = (bucket: number) => (bucket < 20 ? 0.01 : bucket < 25 ? 0.9 : 0.2);
  const share = shareOf(
    { settings, p0, p1: (rate) => rate, weightBps: 100 },
    (state) => state.failed !== null,
  );
  expect(share).toBeLessThanOrEqual(0.1);
});

it(`turns back at most alpha of the canaries at the edge of the tolerance (ANALYSIS_SEED=${SEED})`, () => {
  const settings = { ...DEFAULT_SETTINGS, alpha: 0.2, latency: false, lateOnset: false };
  const { ratio, rate } = settings.tolerance;
  const scene = {
    settings,
    p0: () => 0.02,
    p1: (p0: number) => ratio * p0 + rate,
    weightBps: 2000,
  };
  expect(shareOf(scene, (state) => state.failed !== null)).toBeLessThanOrEqual(0.2);
});

it(`promotes at most beta of the canaries at the margin, whatever the moment (ANALYSIS_SEED=${SEED})`, () => {
  const settings = { ...DEFAULT_SETTINGS, alpha: 1e-300, beta: 0.2, latency: false };
  const { ratio, rate } = settings.margin;
  const scene = {
    settings,
    p0: () => 0.01,
    p1: (p0: number) => ratio * p0 + rate,
    weightBps: 3000,
  };
  const share = shareOf(
    scene,
    (state) => promotionLogE(state.promotion, settings.margin) >= Math.log(1 / settings.beta),
  );
  expect(share).toBeLessThanOrEqual(0.2);
});

it(`bounds the risk of all but beta of the canaries, at all moments at once (ANALYSIS_SEED=${SEED})`, () => {
  const settings = { ...DEFAULT_SETTINGS, alpha: 1e-300, beta: 0.2, latency: false };
  const scene = { settings, p0: () => 0.01, p1: () => 0.06, weightBps: 2000 };
  const truth = 0.06 - settings.margin.ratio * 0.01;
  const share = shareOf(scene, (state) => riskBound(state.promotion, settings.beta) < truth);
  expect(share).toBeLessThanOrEqual(0.2);
});

it(`finds a bad canary within a few failures, and promotes a good one (ANALYSIS_SEED=${SEED})`, () => {
  const bad = { settings: DEFAULT_SETTINGS, p0: () => 0.01, p1: () => 0.4, weightBps: 500 };
  expect(
    shareOf(bad, (state) => state.failed !== null && state.errors.canary <= 20),
  ).toBeGreaterThan(0.98);
  const good = { settings: DEFAULT_SETTINGS, p0: () => 0.001, p1: () => 0.001, weightBps: 2000 };
  const promoted = shareOf(good, (state) => judge(state, good.settings).verdict === "pass", 100);
  expect(promoted).toBeGreaterThan(0.95);
});

/** The share of the rollouts in which something was so after some bucket. The weight rises as risk allows. */
function shareOf(scene: Scene, isSo: (state: ComparisonState) => boolean, runs = RUNS): number {
  let hits = 0;
  for (let run = 0; run < runs; run += 1) {
    if (happens(scene, new SeededChance(SEED + run), isSo)) hits += 1;
  }
  return hits / runs;
}

function happens(
  { settings, p0, p1, weightBps }: Scene,
  chance: SeededChance,
  isSo: (state: ComparisonState) => boolean,
): boolean {
  let state = startComparison(settings);
  let weight = weightBps;
  for (let i = 0; i < BUCKETS; i += 1) {
    const rate = p0(i);
    const n1 = chance.binomial(200, weight / 10_000);
    const arm = (requests: number, failing: number): ArmCounts => ({
      requests,
      errors: chance.binomial(requests, failing),
      ...(settings.latency ? { slow: slowCounts(chance, requests, rate) } : {}),
    });
    const fromMs = i * 10_000;
    const arms = { stable: arm(200 - n1, rate), canary: arm(n1, p1(rate)) };
    state = observe(
      state,
      settings,
      { fromMs, toMs: fromMs + 10_000, stratum: "all", ...arms },
      weight,
    );
    if (isSo(state)) return true;
    weight = rampWeightBps({
      weightBps: weight,
      riskBound: riskBound(state.promotion, settings.beta),
      requestsPerSecond: 20,
      reactionMs: 20_000,
      failures: 5,
      minWeightBps: 100,
      maxWeightBps: 5000,
    });
  }
  return false;
}

/** Both versions get slower in an outage. */
function slowCounts(chance: SeededChance, requests: number, rate: number): readonly number[] {
  const half = chance.binomial(requests, Math.min(1, 0.5 + rate));
  const some = chance.binomial(half, 0.2);
  return [half, some, chance.binomial(some, 0.1)];
}

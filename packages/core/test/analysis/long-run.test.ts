// Protects long rollouts: after a million buckets the sums are finite and still what the totals say.
import { expect, it } from "vitest";

import { rollbackLogE } from "../../src/analysis/combination.ts";
import { judge, observe, startComparison } from "../../src/analysis/comparison.ts";
import {
  addErrors,
  ERROR_STAKES,
  errorLogE,
  startErrors,
} from "../../src/analysis/error-process.ts";
import { logMixture } from "../../src/analysis/logs.ts";
import {
  addPromotion,
  promotionLogE,
  riskBound,
  startPromotion,
} from "../../src/analysis/promotion.ts";
import { DEFAULT_SETTINGS } from "../../src/analysis/settings.ts";

const BUCKETS = 1_000_000;
const RATIOS = [1.5, 2, 3, 5, 10, 30, 100, 10_000];

/** Equal shares, so that a million buckets are one large one. */
const CYCLE = [
  { k1: 0, n1: 20, k0: 1, n0: 180 },
  { k1: 1, n1: 30, k0: 3, n0: 270 },
  { k1: 0, n1: 10, k0: 0, n0: 90 },
  { k1: 0, n1: 40, k0: 5, n0: 360 },
];
/** How many of 900 are slower than each threshold. */
const SLOW = [450, 225, 90, 45, 9, 1, 0];
const TOTAL = { k1: BUCKETS / 4, n1: 25 * BUCKETS, k0: (9 * BUCKETS) / 4, n0: 225 * BUCKETS };

it("adds a million buckets of errors as exactly as one large one", () => {
  const allowed = DEFAULT_SETTINGS.tolerance;
  let state = startErrors();
  for (let i = 0; i < BUCKETS; i += 1) {
    state = addErrors(state, CYCLE[i % 4] ?? TOTAL, allowed);
  }
  const share = (allowed.ratio * 25) / (allowed.ratio * 25 + 225);
  const closed = RATIOS.map((r) => {
    const m = 1 + share * (r - 1);
    const lost = TOTAL.n1 * allowed.rate * (r / m - 1);
    return TOTAL.k1 * Math.log(r / m) - TOTAL.k0 * Math.log(m) - lost;
  });
  for (const [i, expected] of closed.entries())
    expect(relative(state[i], expected)).toBeLessThan(1e-9);
  const expected = logMixture(closed, ERROR_STAKES, 0);
  expect(relative(errorLogE(state), expected)).toBeLessThan(1e-9);
});

it("adds a million buckets for promotion as exactly as one large one", () => {
  const { margin, beta } = DEFAULT_SETTINGS;
  let state = startPromotion();
  for (let i = 0; i < BUCKETS; i += 1) state = addPromotion(state, CYCLE[i % 4] ?? TOTAL, margin);
  const once = addPromotion(startPromotion(), TOTAL, margin);
  expect(relative(promotionLogE(state, margin), promotionLogE(once, margin))).toBeLessThan(1e-9);
  expect(riskBound(state, beta)).toBe(riskBound(once, beta));
});

it("stays finite in every part over a million buckets of five weeks, and can still be turned back", () => {
  const settings = DEFAULT_SETTINGS;
  const arms = CYCLE.map(({ k1, n1, k0, n0 }) => ({
    stable: { requests: n0, errors: k0, slow: SLOW.map((of) => Math.round((of * n0) / 900)) },
    canary: { requests: n1, errors: k1, slow: SLOW.map((of) => Math.floor((of * n1) / 900)) },
  }));
  let state = startComparison(settings);
  for (let i = 0; i < BUCKETS; i += 1) {
    const fromMs = 1_700_000_000_000 + i * 3000;
    const bucket = { fromMs, toMs: fromMs + 3000, stratum: "all", ...arms[i % 4] };
    state = observe(state, settings, bucket, 1000);
  }
  const known = judge(state, settings);
  expect(known.verdict).toBe("pass");
  expect(known.buckets).toBe(BUCKETS);
  const numbers = JSON.stringify([state, known]);
  expect(numbers).not.toMatch(/:null[,}](?<!"(latency|failed)":null[,}])|\[null|,null/);
  // A fifth of the stake is for late starts; 50,000 minutes on, a 50,000th of it is left.
  expect(rollbackLogE(state, settings)).toBeGreaterThan(-13);
  const fromMs = 1_700_000_000_000 + BUCKETS * 3000;
  for (let i = 0; i < 12 && state.failed === null; i += 1) {
    const canary = { requests: 20, errors: 15, slow: [20, 20, 10, 0, 0, 0, 0] };
    const stable = { requests: 180, errors: 1, slow: [90, 45, 18, 9, 2, 0, 0] };
    const times = { fromMs: fromMs + i * 3000, toMs: fromMs + i * 3000 + 3000 };
    state = observe(state, settings, { ...times, stratum: "all", stable, canary }, 1000);
  }
  expect(judge(state, settings).verdict).toBe("fail");
}, 60_000);

function relative(value: number | undefined, expected: number): number {
  return Math.abs((value ?? NaN) - expected) / Math.abs(expected);
}

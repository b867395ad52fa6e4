// Protects the guarantee that everything else rests on: whatever the failure rates and the shares of traffic are, as long
// as the claim is true, the mean of what a bet is worth is at most 1. Every outcome of small buckets is added up.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  addErrors,
  betOnErrors,
  ERROR_STAKES,
  errorLogE,
  startErrors,
} from "../../src/analysis/error-process.ts";
import type { ErrorCounts } from "../../src/analysis/error-process.ts";
import { logMixture } from "../../src/analysis/logs.ts";
import { addPromotion, promotionLogE, startPromotion } from "../../src/analysis/promotion.ts";
import {
  addRequestCount,
  requestCountLogE,
  startRequestCount,
} from "../../src/analysis/request-count.ts";
import { DEFAULT_SETTINGS } from "../../src/analysis/settings.ts";
import { addSlow, slowLogE, startSlow } from "../../src/analysis/slow-process.ts";
import { binomial, mean, outcomesOf } from "./outcomes.ts";

const SEED = Number(process.env["ANALYSIS_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["ANALYSIS_RUNS"] ?? 300);
/** What adding up a few thousand rounded products may cost. */
const ROUNDING = 1e-9;

const rate = fc.oneof(
  fc.constantFrom(0, 0.0001, 0.001, 0.01, 0.5, 0.99, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const requests = fc.integer({ min: 1, max: 14 });
const attempts = fc.integer({ min: 1, max: 4 });
const allowance = fc.record({
  ratio: fc.constantFrom(1, 1.1, 1.5, 3, 10),
  rate: fc.constantFrom(0, 0.0005, 0.005, 0.05),
});

describe(`the mean of one bucket (ANALYSIS_SEED=${SEED})`, () => {
  it("is at most 1 for errors, at the edge of what is tolerated and inside it", () => {
    check(
      fc.record({ n1: requests, n0: requests, p0: rate, inside: rate, allowed: allowance }),
      ({ n1, n0, p0, inside, allowed }) => {
        const edge = Math.min(1, allowed.ratio * p0 + allowed.rate);
        for (const p1 of [edge, edge * inside]) {
          const outcomes = outcomesOf({ n1, p1, n0, p0 });
          const found = mean(outcomes, (counts) =>
            Math.exp(errorLogE(addErrors(startErrors(), counts, allowed))),
          );
          expect(found).toBeLessThanOrEqual(1 + ROUNDING);
        }
      },
    );
  });

  it("is 1 and no less for errors that are as rare as rounding, so that nothing is given away", () => {
    const outcomes = outcomesOf({ n1: 10, p1: 1e-7, n0: 90, p0: 1e-7 });
    const found = mean(outcomes, (counts) =>
      Math.exp(errorLogE(addErrors(startErrors(), counts, { ratio: 1, rate: 0 }))),
    );
    expect(found).toBeGreaterThan(1 - 1e-9);
    expect(found).toBeLessThanOrEqual(1 + ROUNDING);
  });

  it("is above 1 for errors beyond the tolerance: there is something to win", () => {
    const outcomes = outcomesOf({ n1: 10, p1: 0.3, n0: 90, p0: 0.01 });
    const found = mean(outcomes, (counts) =>
      Math.exp(errorLogE(addErrors(startErrors(), counts, { ratio: 1.1, rate: 0.0005 }))),
    );
    expect(found).toBeGreaterThan(2);
  });

  it("is at most 1 for slow requests, of which the canary has as many or fewer", () => {
    check(
      fc.record({ n1: requests, n0: requests, p0: rate, inside: rate }),
      ({ n1, n0, p0, inside }) => {
        for (const p1 of [p0, p0 * inside]) {
          const found = mean(outcomesOf({ n1, p1, n0, p0 }), (counts) =>
            Math.exp(slowEvidence(counts, 1)),
          );
          expect(found).toBeLessThanOrEqual(1 + ROUNDING);
        }
      },
    );
  });

  it("is at most 1 for promotion, at the margin and beyond it", () => {
    check(
      fc.record({ n1: requests, n0: requests, p0: rate, beyond: rate, margin: allowance }),
      ({ n1, n0, p0, beyond, margin }) => {
        const edge = margin.ratio * p0 + margin.rate;
        fc.pre(edge <= 1);
        for (const p1 of [edge, edge + (1 - edge) * beyond]) {
          const found = mean(outcomesOf({ n1, p1, n0, p0 }), (counts) =>
            Math.exp(promotionLogE(addPromotion(startPromotion(), counts, margin), margin)),
          );
          expect(found).toBeLessThanOrEqual(1 + ROUNDING);
        }
      },
    );
  });

  it("is at most 1 for the canary's share of requests, 5 % below its weight and above", () => {
    check(
      fc.record({
        requests: fc.integer({ min: 1, max: 60 }),
        weightBps: fc.integer({ min: 1, max: 10_000 }),
        above: rate,
      }),
      ({ requests: all, weightBps, above }) => {
        const least = (weightBps / 10_000) * 0.95;
        for (const share of [least, least + (1 - least) * above]) {
          const found = binomial(all, share).reduce((sum, chance, n1) => {
            const counts = { n1, n0: all - n1, weightBps };
            const state = addRequestCount(startRequestCount(false), 0, counts, DEFAULT_SETTINGS);
            return sum + chance * Math.exp(requestCountLogE(state));
          }, 0);
          expect(found).toBeLessThanOrEqual(1 + ROUNDING);
        }
      },
    );
  });
});

/** What retries on the same version make of requests: their number of attempts, all with the same outcome. */
const STICKY = {
  "every request is sent as often as it may be": (counts: ErrorCounts, times: number) => ({
    k1: counts.k1 * times,
    n1: counts.n1 * times,
    k0: counts.k0 * times,
    n0: counts.n0 * times,
  }),
  "only what fails is sent again": (counts: ErrorCounts, times: number) => ({
    k1: counts.k1 * times,
    n1: counts.n1 + counts.k1 * (times - 1),
    k0: counts.k0 * times,
    n0: counts.n0 + counts.k0 * (times - 1),
  }),
};

describe.each(Object.entries(STICKY))("with sticky retries, when %s", (name, resend) => {
  const again = name.startsWith("only");
  /** The failure rate of requests at which attempts fail at this rate. */
  const ofRequests = (perAttempt: number, times: number) =>
    again ? perAttempt / (times - (times - 1) * perAttempt) : perAttempt;

  it(`keeps the mean at most 1 for errors and slow requests (ANALYSIS_SEED=${SEED})`, () => {
    check(
      fc.record({ n1: requests, n0: requests, p0: rate, times: attempts, allowed: allowance }),
      ({ n1, n0, p0, times, allowed }) => {
        const edge = Math.min(1, allowed.ratio * p0 + allowed.rate);
        const chances = { n1, p1: ofRequests(edge, times), n0, p0: ofRequests(p0, times) };
        const errors = mean(outcomesOf(chances), (counts) => {
          const logs = ERROR_STAKES.map(() => 0);
          betOnErrors(logs, 0, resend(counts, times), allowed, times);
          return Math.exp(logMixture(logs, ERROR_STAKES, 0));
        });
        expect(errors).toBeLessThanOrEqual(1 + ROUNDING);
        const slow = mean(outcomesOf({ n1, p1: p0, n0, p0 }), (counts) =>
          Math.exp(slowEvidence(resend(counts, times), times)),
        );
        expect(slow).toBeLessThanOrEqual(1 + ROUNDING);
      },
    );
  });

  it(`keeps the mean at most 1 for promotion (ANALYSIS_SEED=${SEED})`, () => {
    check(
      fc.record({ n1: requests, n0: requests, p0: rate, times: attempts, margin: allowance }),
      ({ n1, n0, p0, times, margin }) => {
        const edge = margin.ratio * p0 + margin.rate;
        fc.pre(edge <= 1);
        const chances = { n1, p1: ofRequests(edge, times), n0, p0: ofRequests(p0, times) };
        const found = mean(outcomesOf(chances), (counts) => {
          const state = addPromotion(startPromotion(), resend(counts, times), margin, times);
          return Math.exp(promotionLogE(state, margin));
        });
        expect(found).toBeLessThanOrEqual(1 + ROUNDING);
      },
    );
  });
});

it("would promise too much of sticky retries without dividing", () => {
  const found = mean(outcomesOf({ n1: 10, p1: 0.05, n0: 90, p0: 0.05 }), (counts) => {
    const logs = ERROR_STAKES.map(() => 0);
    betOnErrors(
      logs,
      0,
      STICKY["only what fails is sent again"](counts, 3),
      { ratio: 1, rate: 0 },
      1,
    );
    return Math.exp(logMixture(logs, ERROR_STAKES, 0));
  });
  expect(found).toBeGreaterThan(2);
});

/** Two thresholds, of which nothing passes the higher one. */
function slowEvidence({ k1, n1, k0, n0 }: ErrorCounts, retries: number): number {
  const stable = { trials: n0, slow: [k0, 0] };
  const canary = { trials: n1, slow: [k1, 0] };
  const settings = { ...DEFAULT_SETTINGS, retries };
  return slowLogE(addSlow(startSlow(2, false), 0, stable, canary, settings));
}

function check<T>(values: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(values, property), { seed: SEED, numRuns: RUNS });
}

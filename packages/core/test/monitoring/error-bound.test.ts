// Protects alarms on errors from crying by chance and from being deaf: the bound is checked against the exact Poisson
// tail at every amount of traffic, and against what it says that it finds.
import { describe, expect, it } from "vitest";
import { errorBound, FALSE_ALARM_MONTHS } from "../../src/monitoring/error-bound.ts";
import type { ErrorBound } from "../../src/monitoring/error-bound.ts";

const EVALUATIONS = (FALSE_ALARM_MONTHS / 12) * 365 * 24 * 60;

function bound(requestsPerSecond: number, errorRate: number, share = 1): ErrorBound {
  const found = errorBound({ requestsPerSecond, errorRate, requests: 1, hours: 1 }, share);
  if (found === undefined) throw new Error("no bound");
  return found;
}

/** P(X > limit) of a Poisson number, by its own terms, which are too small to begin at none. */
function tail(mean: number, limit: number): number {
  if (mean === 0) return 0;
  let logTerm = -mean;
  let sum = 0;
  for (let count = 1; count < mean + 40 * Math.sqrt(mean) + 100; count++) {
    logTerm += Math.log(mean / count);
    if (count > limit) sum += Math.exp(logTerm);
  }
  return sum;
}

const LEVELS = [0.000_01, 0.001, 0.01, 0.1, 0.2];

describe.each(LEVELS)("with %d of the requests failing usually", (errorRate) => {
  it.each([0, 0.01, 1, 20, 1000])("does not cry at %d requests a second, sized for any", (rate) => {
    for (const sized of [0, 0.1, 5, 1000]) {
      const { allowance, threshold, periodSeconds, datapoints, periods } = bound(sized, errorRate);
      const requests = rate * periodSeconds;
      const one = tail(requests * errorRate, threshold + allowance * requests);
      const chance = datapoints === 1 ? one : (periods - 1) * one ** 2;
      expect(chance * EVALUATIONS).toBeLessThan(1);
    }
  });

  it("finds what it says in nine of ten periods", () => {
    for (const rate of [5, 50, 1000]) {
      const { allowance, threshold, periodSeconds, findsRate } = bound(rate, errorRate);
      const requests = rate * periodSeconds;
      const chance = tail(requests * findsRate, threshold + allowance * requests);
      expect(chance).toBeGreaterThan(0.85);
      expect(chance).toBeLessThan(0.97);
    }
  });
});

it("never fires for one of two requests", () => {
  for (const rate of [0, 0.01, 1, 1000]) {
    for (const errorRate of LEVELS) expect(bound(rate, errorRate).threshold).toBeGreaterThan(2);
  }
});

it.each([
  [1000, 1, 60, 2, 3],
  [5, 1, 60, 2, 3],
  [6, 0.1, 300, 1, 1],
  [1, 1, 300, 1, 1],
  [1, 0.1, 900, 1, 1],
  [0.01, 1, 900, 1, 1],
  // Nothing known.
  [0, 1, 300, 1, 1],
])(
  "at %d requests a second, %d of which are watched, takes %d s, %d of %d",
  (rate, share, periodSeconds, datapoints, periods) => {
    const found = bound(rate, 0.001, share);
    expect(found).toMatchObject({ periodSeconds, datapoints, periods });
  },
);

it("has nothing to say where a quarter fails usually", () => {
  const level = { requestsPerSecond: 100, requests: 1, hours: 1 };
  expect(errorBound({ ...level, errorRate: 0.25 }, 1)).toBeUndefined();
  expect(errorBound({ ...level, errorRate: 0.24 }, 1)).toBeDefined();
});

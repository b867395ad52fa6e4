// Protects what every simulated figure rests on: the samplers draw from the exact distributions, on both sides of the
// switch from walking to rejecting, and a seed gives the same numbers again.
import { describe, expect, it } from "vitest";

import { binomial, poisson, seededRandom } from "../../src/index.ts";
import { logFactorial } from "../../src/simulation/log-factorial.ts";

const SEED = Number(process.env["SIM_SEED"] ?? 20_261_121);
const DRAWS = 40_000;

/** Counts with fewer expected draws than this are put together: the statistic is not chi-square otherwise. */
const LEAST_EXPECTED = 20;

interface Fit {
  readonly statistic: number;
  readonly degrees: number;
}

function chiSquare(draws: readonly number[], chance: (count: number) => number): Fit {
  const seen = new Map<number, number>();
  for (const draw of draws) seen.set(draw, (seen.get(draw) ?? 0) + 1);
  let statistic = 0;
  let groups = 0;
  let expected = 0;
  let found = 0;
  let accounted = 0;
  const most = Math.max(...draws) + 1;
  for (let count = 0; count <= most; count++) {
    expected += draws.length * chance(count);
    found += seen.get(count) ?? 0;
    if (expected < LEAST_EXPECTED) continue;
    statistic += (found - expected) ** 2 / expected;
    groups += 1;
    accounted += expected;
    expected = 0;
    found = 0;
  }
  const rest = draws.length - accounted;
  if (rest >= 1) {
    statistic += (found - rest) ** 2 / rest;
    groups += 1;
  }
  return { statistic, degrees: groups - 1 };
}

/** Beyond the 99.99th percentile of chi-square (Wilson and Hilferty): with a fixed seed this never comes and goes. */
function isFar({ statistic, degrees }: Fit): boolean {
  const part = 2 / (9 * degrees);
  return statistic > degrees * (1 - part + 3.719 * Math.sqrt(part)) ** 3;
}

function poissonChance(mean: number, count: number): number {
  return Math.exp(count * Math.log(mean) - mean - logFactorial(count));
}

function binomialChance(trials: number, share: number, count: number): number {
  if (count > trials) return 0;
  const ways = logFactorial(trials) - logFactorial(count) - logFactorial(trials - count);
  return Math.exp(ways + count * Math.log(share) + (trials - count) * Math.log1p(-share));
}

function drawn(draw: () => number): number[] {
  return Array.from({ length: DRAWS }, draw);
}

describe("poisson", () => {
  it.each([0.01, 0.7, 3, 9.99, 10, 12.5, 80, 1000])(
    `draws from the distribution with mean %d (SIM_SEED=${SEED})`,
    (mean) => {
      const random = seededRandom(SEED);
      const draws = drawn(() => poisson(random, mean));
      const fit = chiSquare(draws, (count) => poissonChance(mean, count));
      expect(fit.degrees).toBeGreaterThan(0);
      expect({ fit, isFar: isFar(fit) }).toMatchObject({ isFar: false });
    },
  );

  it("draws nothing from nothing", () => {
    expect(poisson(seededRandom(SEED), 0)).toBe(0);
  });
});

describe("binomial", () => {
  it.each([
    [1, 0.3],
    [10, 0.5],
    [50, 0.02],
    [200, 0.04],
    [60, 0.4],
    [100, 0.9],
    [1000, 0.3],
    [1000, 0.999],
    [100_000, 0.001],
  ])(`draws from the distribution of %d trials at %d (SIM_SEED=${SEED})`, (trials, share) => {
    const random = seededRandom(SEED);
    const draws = drawn(() => binomial(random, trials, share));
    const fit = chiSquare(draws, (count) => binomialChance(trials, share, count));
    expect(Math.max(...draws)).toBeLessThanOrEqual(trials);
    expect({ fit, isFar: isFar(fit) }).toMatchObject({ isFar: false });
  });

  it.each([
    [0, 0.5, 0],
    [7, 0, 0],
    [7, 1, 7],
  ])("of %d trials at %d is %d", (trials, share, expected) => {
    expect(binomial(seededRandom(SEED), trials, share)).toBe(expected);
  });
});

describe("the chi-square test itself", () => {
  it("sees a mean that is wrong by three hundredths", () => {
    const random = seededRandom(SEED);
    const draws = drawn(() => poisson(random, 12.5 * 1.03));
    expect(isFar(chiSquare(draws, (count) => poissonChance(12.5, count)))).toBe(true);
  });
});

describe("seededRandom", () => {
  it("gives the same numbers for the same seed, and others for its neighbour", () => {
    const five = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random());
    };
    expect(five(7)).toEqual(five(7));
    expect(five(8)).not.toEqual(five(7));
    expect(five(7 + 2 ** 32)).not.toEqual(five(7));
  });

  it(`is uniform (SIM_SEED=${SEED})`, () => {
    const random = seededRandom(SEED);
    const tenths = drawn(() => Math.floor(10 * random()));
    const fit = chiSquare(tenths, (tenth) => (tenth < 10 ? 0.1 : 0));
    expect(isFar(fit)).toBe(false);
  });
});

describe("logFactorial", () => {
  it("agrees with the sum of logarithms across the end of its table", () => {
    for (const n of [0, 1, 5, 255, 256, 1000]) {
      let sum = 0;
      for (let factor = 2; factor <= n; factor++) sum += Math.log(factor);
      expect(logFactorial(n)).toBeCloseTo(sum, 8);
    }
  });
});

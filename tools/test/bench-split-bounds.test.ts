// Protects the verdict of `npm run bench:split`: its bounds are the exact ones, found here a second time in whole numbers of
// any length, where nothing is rounded.
import { describe, expect, it } from "vitest";
import { fairBounds } from "../../bench/split/binomial.ts";

/** Of `trials` draws with a chance of 1 in `oneIn`, at a level of 1 in `levelOneIn`. */
function boundsInIntegers(trials: number, oneIn: number, levelOneIn: number) {
  const others = BigInt(oneIn - 1);
  const all = BigInt(oneIn) ** BigInt(trials);
  /** The first count whose tail, from `start` on, is above half the level. */
  const walk = (start: number, step: 1 | -1) => {
    let ways = start === 0 ? others ** BigInt(trials) : 1n;
    let tail = ways;
    let count = start;
    while (tail * 2n * BigInt(levelOneIn) <= all) {
      ways =
        step === 1
          ? (ways * BigInt(trials - count)) / (BigInt(count + 1) * others)
          : (ways * BigInt(count) * others) / BigInt(trials - count + 1);
      count += step;
      tail += ways;
    }
    return count;
  };
  return { low: walk(0, 1), high: walk(trials, -1) };
}

describe("fairBounds", () => {
  it("is the textbook's for ten coins at 5 %: 1 of 10 has a chance of 11 in 1024, 2 of 56", () => {
    expect(fairBounds(10, 0.5, 0.05)).toEqual({ low: 2, high: 8 });
  });

  it("lets no hit at all pass where that is likely", () => {
    expect(fairBounds(100, 0.001, 0.001).low).toBe(0);
  });

  it.each([
    [20_000, 1000],
    [20_000, 100],
    [20_000, 10],
    [20_000, 2],
    [3000, 3],
  ])("is exact for %i draws of 1 in %i", (trials, oneIn) => {
    expect(fairBounds(trials, 1 / oneIn, 0.001)).toEqual(boundsInIntegers(trials, oneIn, 1000));
  });

  it("widens with a stricter level", () => {
    const { low, high } = fairBounds(20_000, 0.1, 0.05);
    const wide = fairBounds(20_000, 0.1, 0.001);
    expect(wide.low).toBeLessThan(low);
    expect(wide.high).toBeGreaterThan(high);
  });
});

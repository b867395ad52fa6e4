// Protects repeatable chance: a failing run must be repeatable from its seed.
import { expect, it } from "vitest";
import { seededRandom, systemRandom } from "../src/random.ts";

it("gives the same draws for the same seed, others for another", () => {
  const draws = (seed: number) => {
    const random = seededRandom(seed);
    return [random.next(), random.int(1000), random.uuid(), random.hex(8)];
  };
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});

it.each([
  ["seeded", seededRandom(11)],
  ["system", systemRandom()],
])("%s chance is uniform enough to split traffic by", (_name, random) => {
  const n = 20_000;
  let below = 0;
  for (let index = 0; index < n; index++) if (random.next() < 0.1) below++;
  // Six standard deviations of a binomial: fails once in half a billion runs.
  expect(Math.abs(below - n * 0.1)).toBeLessThan(6 * Math.sqrt(n * 0.1 * 0.9));
});

it("makes ids of the asked form", () => {
  const random = systemRandom();
  expect(random.uuid()).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(random.string(10, "ab")).toMatch(/^[ab]{10}$/);
});

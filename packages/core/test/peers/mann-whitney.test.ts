// Protects the statistics under Kayenta's rule. The expected figures were computed with SciPy: its ranks and ties, the
// score of R's wilcox.test with its continuity correction, and a root search (brentq, 1e-14) over the shift.
import { expect, it } from "vitest";
import { shiftInterval } from "../../src/peers/mann-whitney.ts";

const SCORES = { p80: 1.2815515655446004, p90: 1.6448536269514722, p98: 2.3263478740408408 };

it.each([
  {
    name: "five and five without ties",
    left: [0.31, 0.28, 0.35, 0.3, 0.33],
    right: [0.001, 0.002, 0, 0.004, 0.003],
    lower: { p80: 0.296, p90: 0.28, p98: 0.276 },
    estimate: 0.308,
  },
  {
    name: "nine and nine with ties",
    left: [1, 2, 2, 3, 5, 5, 5, 8, 9],
    right: [0, 1, 1, 2, 2, 3, 3, 4, 6],
    lower: { p80: 0, p90: 0, p98: -1 },
    estimate: 2,
  },
  {
    name: "rates that overlap",
    left: [0.012, 0.011, 0.015, 0.009, 0.014, 0.013, 0.016, 0.01, 0.017],
    right: [0.01, 0.008, 0.011, 0.009, 0.007, 0.012, 0.01, 0.006, 0.013],
    lower: { p80: 0.002, p90: 0.001, p98: 0 },
    estimate: 0.003,
  },
  {
    name: "three and three, too few for 98 %: the least difference",
    left: [0.2, 0.3, 0.4],
    right: [0, 0.1, 0.15],
    lower: { p80: 0.1, p90: 0.05, p98: 0.05 },
    estimate: 0.2,
  },
  {
    name: "four and six with ties",
    left: [7, 9, 9, 12],
    right: [1, 2, 2, 3, 3, 4],
    lower: { p80: 5, p90: 5, p98: 3 },
    estimate: 6.5,
  },
  {
    name: "the same values",
    left: [1, 1, 2],
    right: [1, 2, 1],
    lower: { p80: -1, p90: -1, p98: -1 },
    estimate: 0,
  },
])("$name", ({ left, right, lower, estimate }) => {
  for (const level of ["p80", "p90", "p98"] as const) {
    const found = shiftInterval(left, right, SCORES[level]);
    expect(found.lower, level).toBeCloseTo(lower[level], 12);
    expect(found.estimate).toBeCloseTo(estimate, 12);
  }
});

it("is the shift itself when both sides are constant", () => {
  expect(shiftInterval([1, 1, 1], [0.25, 0.25], SCORES.p98)).toEqual({
    lower: 0.75,
    estimate: 0.75,
  });
});

it("refuses an empty side", () => {
  expect(() => shiftInterval([], [1], SCORES.p98)).toThrow("a value on either side");
});

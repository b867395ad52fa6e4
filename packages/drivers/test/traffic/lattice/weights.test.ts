// Protects that a share becomes the pair of integers that comes closest to it, and is read back as what it is.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { pairFor, RESOLUTION_BPS, shareOf } from "../../../src/traffic/lattice/weights.ts";

it.each([
  [10_000, { stable: 0, canary: 100 }],
  [9990, { stable: 1, canary: 999 }],
  [5000, { stable: 50, canary: 50 }],
  [1000, { stable: 90, canary: 10 }],
  [1230, { stable: 877, canary: 123 }],
  [10, { stable: 999, canary: 1 }],
])("writes %i basis points in numbers that people read", (share, pair) => {
  expect(pairFor(weightBps(share))).toEqual(pair);
});

it("keeps every weight that a rollout asks for exactly, and any other to a basis point", () => {
  for (let share = RESOLUTION_BPS; share <= 10_000 - RESOLUTION_BPS; share++) {
    const pair = pairFor(weightBps(share));
    // 1/7 is 1428.57: next to it there is no other fraction of two numbers up to 999.
    const most = share % RESOLUTION_BPS === 0 ? 0 : 1;
    const what = `${share} as ${pair.stable}:${pair.canary}`;
    expect(Math.abs(shareOf(pair) - share), what).toBeLessThanOrEqual(most);
    expect(Math.max(pair.stable, pair.canary), what).toBeLessThanOrEqual(999);
    expect(Math.min(pair.stable, pair.canary), what).toBeGreaterThanOrEqual(1);
  }
});

it.each([1, 4, 9])("gives %i basis points the least that it can", (share) => {
  expect(pairFor(weightBps(share))).toEqual({ stable: 999, canary: 1 });
});

it("reads no share from weights that are all 0", () => {
  expect(shareOf({ stable: 0, canary: 0 })).toBe(0);
});

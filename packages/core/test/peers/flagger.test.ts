// Protects Flagger's rule: failed checks add up, none is taken back, and the rollback comes one tick later.
import { expect, it } from "vitest";
import { flagger } from "../../src/peers/flagger.ts";
import { MINUTE_MS, runOf } from "./runs.ts";

const FIVE = { threshold: 5 };

it("promotes after one good check for each step", () => {
  expect(flagger(runOf(10, MINUTE_MS))).toMatchObject({ verdict: "promote", atMs: 5 * MINUTE_MS });
});

it("rolls back at the tick after the check that was too many", () => {
  const bad = runOf(10, MINUTE_MS, () => ({ canary: [100, 2] }));
  expect(flagger(bad)).toEqual({
    verdict: "abort",
    atMs: 2 * MINUTE_MS,
    why: "1 check failed, the last one on a success rate of 98%, below 99%",
  });
  expect(flagger(bad, FIVE)).toMatchObject({ verdict: "abort", atMs: 6 * MINUTE_MS });
});

it("takes exactly 99 percent for good", () => {
  const edge = runOf(10, MINUTE_MS, () => ({ canary: [100, 1] }));
  expect(flagger(edge).verdict).toBe("promote");
});

it("never resets its counter: a check that fails now and then adds up", () => {
  const flapping = runOf(20, MINUTE_MS, (minute) => ({ canary: [100, minute % 2 === 0 ? 5 : 0] }));
  // Bad at ticks 1, 3, 5, 7; the fourth good check comes at tick 8, the fifth would come at tick 10.
  expect(flagger(flapping, { threshold: 4 })).toMatchObject({
    verdict: "abort",
    atMs: 8 * MINUTE_MS,
  });
  expect(flagger(flapping, FIVE)).toMatchObject({ verdict: "abort", atMs: 10 * MINUTE_MS });
  expect(flagger(flapping, { threshold: 6 })).toMatchObject({
    verdict: "promote",
    atMs: 10 * MINUTE_MS,
  });
});

it("counts a window without requests as failed", () => {
  const silent = runOf(10, MINUTE_MS, (minute) => (minute === 1 ? { canary: [0, 0] } : {}));
  expect(flagger(silent)).toMatchObject({
    verdict: "abort",
    atMs: 3 * MINUTE_MS,
    why: "1 check failed, the last one on a window without requests",
  });
});

it("compares with nothing: an outage of both versions rolls back", () => {
  const outage = runOf(10, MINUTE_MS, () => ({ stable: [900, 270], canary: [100, 30] }));
  expect(flagger(outage, FIVE).verdict).toBe("abort");
});

it("looks at the last window only, by the second too", () => {
  const seconds = runOf(400, 1000, (second) => ({ canary: [10, second < 30 ? 0 : 1] }));
  expect(flagger(seconds)).toMatchObject({ verdict: "abort", atMs: 2 * MINUTE_MS });
  const short = flagger(seconds, { windowMs: 10_000, intervalMs: 20_000 });
  expect(short).toMatchObject({ verdict: "abort", atMs: MINUTE_MS });
});

it("adds the time until traffic has moved", () => {
  const bad = runOf(10, MINUTE_MS, () => ({ canary: [100, 50] }));
  expect(flagger(bad, { delayMs: 5000 }).atMs).toBe(2 * MINUTE_MS + 5000);
});

it("says nothing on a run that ends first", () => {
  expect(flagger(runOf(4, MINUTE_MS))).toEqual({
    verdict: "inconclusive",
    atMs: 4 * MINUTE_MS,
    why: "the run ended first: 4 checks passed, 0 failed",
  });
});

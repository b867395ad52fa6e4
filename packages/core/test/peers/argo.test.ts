// Protects Argo's rule: more failures than the limit, in all; silence is passed over, or is the error Argo makes of it.
import { expect, it } from "vitest";
import { argo } from "../../src/peers/argo.ts";
import { MINUTE_MS, runOf } from "./runs.ts";

const BY_THE_MINUTE = { intervalMs: MINUTE_MS, windowMs: MINUTE_MS };

it("promotes when its steps are over", () => {
  expect(argo(runOf(50, MINUTE_MS))).toMatchObject({ verdict: "promote", atMs: 40 * MINUTE_MS });
});

it("aborts at the fourth failure with a limit of three", () => {
  const bad = runOf(300, 10_000, () => ({ canary: [100, 6] }));
  expect(argo(bad)).toEqual({
    verdict: "abort",
    atMs: 20 * MINUTE_MS,
    why: "4 measurements failed, the last one with a success rate of 94%, below 95%",
  });
  const limit = { ...BY_THE_MINUTE, failureLimit: 0 };
  expect(argo(bad, limit)).toMatchObject({ verdict: "abort", atMs: MINUTE_MS });
});

it("takes exactly 95 percent for a success", () => {
  const edge = runOf(50, MINUTE_MS, () => ({ canary: [100, 5] }));
  expect(argo(edge, BY_THE_MINUTE).verdict).toBe("promote");
});

it("adds up failures that successes lie between", () => {
  const flapping = runOf(50, MINUTE_MS, (minute) => ({ canary: [100, minute % 3 === 0 ? 50 : 0] }));
  expect(argo(flapping, BY_THE_MINUTE)).toMatchObject({ verdict: "abort", atMs: 10 * MINUTE_MS });
});

it("sees only the window before a measurement", () => {
  // Bad all the time, but for the last half minute before each measurement.
  const hidden = runOf(300, 10_000, (bucket) => ({ canary: [100, bucket % 30 >= 27 ? 0 : 90] }));
  expect(argo(hidden).verdict).toBe("promote");
});

it("passes over silence, or aborts on the fifth error in a row, retried every ten seconds", () => {
  const silent = runOf(50, MINUTE_MS, () => ({ canary: [0, 0] }));
  expect(argo(silent).verdict).toBe("promote");
  expect(argo(silent, { noData: "error" })).toEqual({
    verdict: "abort",
    atMs: 5 * MINUTE_MS + 40_000,
    why: "5 measurements in a row found no data",
  });
});

it("forgets errors when data comes back", () => {
  const back = runOf(300, 10_000, (bucket) => ({ canary: bucket < 33 ? [0, 0] : [100, 0] }));
  expect(argo(back, { noData: "error" }).verdict).toBe("promote");
});

it("says nothing on a run that ends first", () => {
  expect(argo(runOf(30, MINUTE_MS))).toMatchObject({
    verdict: "inconclusive",
    atMs: 30 * MINUTE_MS,
    why: "the run ended first: 0 measurements failed, and 3 may",
  });
});

// Protects Kayenta's rule: minutes are its data, both versions are compared, and it judges at set times only.
import { expect, it } from "vitest";
import { kayenta } from "../../src/peers/kayenta.ts";
import { MINUTE_MS, runOf } from "./runs.ts";

/** A few errors that differ by the minute, as real ones do. */
const noise = (minute: number) => (minute * 7) % 4;

it("finds a bad canary at the first judgement", () => {
  const bad = runOf(10, MINUTE_MS, (minute) => ({
    stable: [900, noise(minute)],
    canary: [100, 30 + noise(minute)],
  }));
  expect(kayenta(bad)).toMatchObject({
    verdict: "abort",
    atMs: 5 * MINUTE_MS,
    why: expect.stringMatching(
      /^High: errors are up by 30.89% over 5 points of the canary and 5 of stable/,
    ),
  });
});

it("promotes when the last judgement passes", () => {
  const good = runOf(10, MINUTE_MS, (minute) => ({
    stable: [900, 9 * noise(minute)],
    canary: [100, noise(minute + 1)],
  }));
  expect(kayenta(good)).toEqual({
    verdict: "promote",
    atMs: 9 * MINUTE_MS,
    why: "2 judgements passed",
  });
});

it("finds at the last judgement what the first had too few minutes for", () => {
  const late = runOf(10, MINUTE_MS, (minute) => ({
    stable: [900, noise(minute)],
    canary: [100, minute < 1 ? noise(minute) : 20 + noise(minute)],
  }));
  expect(kayenta(late)).toMatchObject({ verdict: "abort", atMs: 9 * MINUTE_MS });
});

it("is not moved by an outage that both versions share", () => {
  const outage = runOf(10, MINUTE_MS, (minute) => {
    const share = minute === 2 || minute === 3 ? 0.3 : 0.01;
    return { stable: [900, 900 * share], canary: [100, 100 * share] };
  });
  expect(kayenta(outage).verdict).toBe("promote");
});

it("fails by chance when it judges on three points: the interval is then the whole range", () => {
  const three = runOf(10, MINUTE_MS, (minute) => ({
    stable: [1000, 1 + minute],
    canary: [1000, minute < 3 ? 6 + minute : 0],
  }));
  const early = { judgedAtMs: [3 * MINUTE_MS] };
  expect(kayenta(three, early)).toMatchObject({ verdict: "abort", atMs: 3 * MINUTE_MS });
});

it("calls a side without any minute NODATA, and fails; leaves out single silent minutes", () => {
  const silent = runOf(10, MINUTE_MS, () => ({ canary: [0, 0] }));
  expect(kayenta(silent)).toEqual({
    verdict: "abort",
    atMs: 5 * MINUTE_MS,
    why: "NODATA: the canary had no requests",
  });
  const holes = runOf(10, MINUTE_MS, (minute) => (minute % 2 === 0 ? { canary: [0, 0] } : {}));
  expect(kayenta(holes).verdict).toBe("promote");
});

it("adds the time that metrics take, and says nothing on a run that ends first", () => {
  const bad = runOf(10, MINUTE_MS, () => ({ canary: [100, 40] }));
  expect(kayenta(bad, { delayMs: 30_000 }).atMs).toBe(5 * MINUTE_MS + 30_000);
  expect(kayenta(runOf(8, MINUTE_MS))).toEqual({
    verdict: "inconclusive",
    atMs: 8 * MINUTE_MS,
    why: "the run ended first: 1 of 2 judgements passed",
  });
});

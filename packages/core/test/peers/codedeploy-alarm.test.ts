// Protects CodeDeploy's rule with an alarm: counts above a threshold in whole periods, all of them, on the alias.
import { describe, expect, it } from "vitest";
import { CODEDEPLOY_CANARY_ALARM, codeDeployAlarm } from "../../src/peers/codedeploy-alarm.ts";
import { MINUTE_MS, runOf } from "./runs.ts";

describe("the alarm on the alias", () => {
  it("fires after three minutes of more than ten errors, whichever version had them", () => {
    const mixed = runOf(20, MINUTE_MS, () => ({ stable: [900, 6], canary: [100, 5] }));
    expect(codeDeployAlarm(mixed)).toEqual({
      verdict: "abort",
      atMs: 3 * MINUTE_MS,
      why: "the alarm fires: 11, 11, 11 errors of both versions in the last 3 periods of 60 s, each above 10",
    });
  });

  it("does not fire at ten errors, nor when one minute of three is quiet", () => {
    const ten = runOf(20, MINUTE_MS, () => ({ canary: [100, 10] }));
    expect(codeDeployAlarm(ten)).toMatchObject({ verdict: "promote", atMs: 10 * MINUTE_MS });
    const gaps = runOf(20, MINUTE_MS, (minute) => ({ canary: [100, minute % 3 === 2 ? 0 : 90] }));
    expect(codeDeployAlarm(gaps).verdict).toBe("promote");
  });

  it("adds the buckets of a minute", () => {
    const seconds = runOf(700, 1000, (second) => ({ canary: [2, second % 5 === 0 ? 1 : 0] }));
    expect(codeDeployAlarm(seconds)).toMatchObject({ verdict: "abort", atMs: 3 * MINUTE_MS });
    const tens = runOf(70, 10_000, () => ({ canary: [20, 2] }));
    expect(codeDeployAlarm(tens)).toMatchObject({ verdict: "abort", atMs: 3 * MINUTE_MS });
  });

  it("is not looked at once the deployment is over", () => {
    const late = runOf(20, MINUTE_MS, (minute) => ({ canary: [100, minute < 8 ? 0 : 50] }));
    expect(codeDeployAlarm(late)).toMatchObject({ verdict: "promote", atMs: 10 * MINUTE_MS });
    expect(codeDeployAlarm(late, { deploymentMs: 20 * MINUTE_MS })).toMatchObject({
      verdict: "abort",
      atMs: 11 * MINUTE_MS,
    });
  });

  it("stops a deployment at its start when it fires already", () => {
    const before = runOf(10, MINUTE_MS, (minute) =>
      minute < 5 ? { stable: [1000, 20], canary: [0, 0], weightBps: 0 } : {},
    );
    expect(codeDeployAlarm(before)).toMatchObject({
      verdict: "abort",
      atMs: 5 * MINUTE_MS,
      why: expect.stringContaining("already fires at the start"),
    });
  });

  it("adds the time that metrics and CodeDeploy's poll take", () => {
    const bad = runOf(20, MINUTE_MS, () => ({ canary: [100, 50] }));
    expect(codeDeployAlarm(bad, { delayMs: 40_000 }).atMs).toBe(3 * MINUTE_MS + 40_000);
  });

  it("takes silence for OK", () => {
    const silent = runOf(20, MINUTE_MS, () => ({ canary: [0, 0], stable: [0, 0] }));
    expect(codeDeployAlarm(silent).verdict).toBe("promote");
  });
});

describe("the alarm on the canary", () => {
  it("fires at any error in two minutes running, and not for stable's", () => {
    const one = runOf(20, MINUTE_MS, (minute) => ({ canary: [100, minute > 2 ? 1 : 0] }));
    expect(codeDeployAlarm(one, CODEDEPLOY_CANARY_ALARM)).toMatchObject({
      verdict: "abort",
      atMs: 5 * MINUTE_MS,
      why: expect.stringContaining("1, 1 errors of the canary in the last 2 periods"),
    });
    const stable = runOf(20, MINUTE_MS, () => ({ stable: [900, 300] }));
    expect(codeDeployAlarm(stable, CODEDEPLOY_CANARY_ALARM).verdict).toBe("promote");
  });
});

it("says nothing on a run that ends first, or never gave the canary traffic", () => {
  expect(codeDeployAlarm(runOf(9, MINUTE_MS))).toMatchObject({
    verdict: "inconclusive",
    atMs: 9 * MINUTE_MS,
  });
  const none = runOf(30, MINUTE_MS, () => ({ canary: [0, 0], weightBps: 0 }));
  expect(codeDeployAlarm(none)).toMatchObject({ verdict: "inconclusive", atMs: 30 * MINUTE_MS });
  expect(codeDeployAlarm([])).toMatchObject({ verdict: "inconclusive", atMs: 0 });
});

// Protects the warning of `headgate plan`: a plan that cannot see is called so, with a remedy in figures, and one that
// can is not; the same question gets the same answer.
import { describe, expect, it } from "vitest";

import { DEFAULT_SETTINGS, detectionPower, seededRandom, weightBps } from "../../src/index.ts";
import type { PowerQuestion, PowerReport, Step } from "../../src/index.ts";
import { courseOf } from "../../src/power/course.ts";
import { requestsToProve } from "../../src/power/proof.ts";

const SEED = Number(process.env["SIM_SEED"] ?? 20_261_121);
const SECOND = { resolutionMs: 1000, lagMs: 2000 };
const MINUTE = { resolutionMs: 60_000, lagMs: 30_000 };
const PROVE: Step = { kind: "prove", maxWaitMs: 1_800_000 };

function linear(everyMs: number): readonly Step[] {
  const steps: Step[] = [];
  for (let weight = 1000; weight < 10_000; weight += 1000) {
    steps.push({ kind: "setWeight", weight: weightBps(weight) });
    steps.push({ kind: "pause", durationMs: everyMs });
  }
  return [...steps, PROVE, { kind: "promote" }];
}

function powerOf(requestsPerSecond: number, given: Partial<PowerQuestion> = {}): PowerReport {
  return detectionPower({
    steps: linear(60_000),
    settings: DEFAULT_SETTINGS,
    feed: MINUTE,
    traffic: { requestsPerSecond, errorRate: 0.001 },
    minTimeMs: 60_000,
    random: seededRandom(SEED),
    runs: 100,
    ...given,
  });
}

function detected(report: PowerReport): readonly number[] {
  return report.detections.map(({ detectedShare }) => detectedShare);
}

describe(`detectionPower (SIM_SEED=${SEED})`, () => {
  it("calls ten percent a minute at one request in ten seconds underpowered, and says what helps", () => {
    const report = powerOf(0.1);
    expect(report.underpowered).toBe(true);
    expect(report.reason).toMatch(/fails 5% more is found with a chance of \d+% only/);
    expect(report.good.promotedShare).toBe(0);
    expect(report.good).not.toHaveProperty("medianMs");
    expect(report.help.map(({ kind }) => kind)).toEqual(["wait", "probes", "synthetic"]);
    const synthetic = report.help.find((help) => help.kind === "synthetic");
    expect(synthetic?.requestsPerSecond).toBeGreaterThan(0.5);
  });

  it("does not warn when there is traffic enough", () => {
    const report = powerOf(100, { feed: SECOND, promotesEarly: true });
    expect(report).toMatchObject({ underpowered: false, help: [] });
    expect(report).not.toHaveProperty("reason");
    expect(report.detections.at(-1)).toMatchObject({ detectedShare: 1, promotedShare: 0 });
    expect(report.good.medianMs).toBeGreaterThanOrEqual(60_000);
  });

  it("keeps what it advises: with the synthetic requests added, the plan is not underpowered", () => {
    const synthetic = powerOf(0.1).help.find((help) => help.kind === "synthetic");
    const added = synthetic?.requestsPerSecond ?? 0;
    expect(powerOf(0.1 + added).underpowered).toBe(false);
  });

  it("finds worse canaries more often and sooner, and all more often with more traffic", () => {
    const report = powerOf(10);
    const shares = detected(report);
    expect(shares).toEqual(shares.toSorted((left, right) => left - right));
    const [, , twentieth, third] = report.detections;
    expect(third?.medianMs).toBeLessThan(twentieth?.medianMs ?? 0);
    for (const [index, share] of detected(powerOf(1)).entries()) {
      expect(share).toBeLessThanOrEqual((shares[index] ?? 0) + 0.05);
    }
  });

  it("reports the guaranteed bound beside the simulated false rollbacks", () => {
    const { falseRollback } = powerOf(10);
    expect(falseRollback.bound).toBe(DEFAULT_SETTINGS.alpha);
    expect(falseRollback.share).toBeLessThanOrEqual(0.04);
  });

  it("gives the same report for the same numbers", () => {
    expect(powerOf(1)).toEqual(powerOf(1));
  });

  it("says how many rollouts a figure rests on, also when a day of seconds leaves time for few", () => {
    const day = powerOf(1000, { steps: linear(9_600_000), feed: SECOND, runs: 400 });
    expect(day.good.runs).toBeGreaterThanOrEqual(40);
    expect(day.good.runs).toBeLessThan(400);
    expect(day.good.promotedShare).toBe(1);
  });

  it("does not know of any power in a plan that keeps no stable version to compare with", () => {
    const report = powerOf(100, { steps: [{ kind: "promote" }] });
    expect(report).toMatchObject({ underpowered: true, good: { promotedShare: 0 } });
    expect(detected(report)).toEqual([0, 0, 0, 0]);
  });
});

describe("requestsToProve", () => {
  it("is what clean requests alone need when stable never fails", () => {
    // log(4 / 0.05) / 0.005: section "Promotion" of the method, with four bets, beta 5 % and a margin of 0.5 %.
    expect(Math.round(requestsToProve(0, 0.1, DEFAULT_SETTINGS))).toBe(876);
  });

  it("grows with stable's errors", () => {
    const at = (errorRate: number) => requestsToProve(errorRate, 0.1, DEFAULT_SETTINGS);
    expect(at(0.01)).toBeGreaterThan(at(0.001));
    expect(Number.isFinite(at(0.1))).toBe(true);
  });
});

describe("courseOf", () => {
  it("leaves out what comes before traffic and after promotion, and joins time at one weight", () => {
    const steps: readonly Step[] = [
      { kind: "hook", hook: "warm", when: "beforeTraffic", deadlineMs: 1000 },
      { kind: "pause", durationMs: 5000 },
      { kind: "setWeight", weight: weightBps(1000) },
      { kind: "pause", durationMs: 5000 },
      { kind: "analysis", checks: ["errors"], leastMs: 7000 },
      { kind: "setWeight", weight: weightBps(5000) },
      PROVE,
      { kind: "promote" },
      { kind: "bake", durationMs: 60_000 },
    ];
    expect(courseOf(steps)).toEqual([
      { kind: "hold", weightBps: 1000, forMs: 12_000 },
      { kind: "prove", weightBps: 5000, maxWaitMs: 1_800_000 },
    ]);
  });
});

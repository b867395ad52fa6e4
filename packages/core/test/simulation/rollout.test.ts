// Protects the simulator that the plan's power and the benchmark rest on: it invents no failures, keeps the weight
// within its course, stops when a real rollout would, and decides as the analysis decides.
import { describe, expect, it } from "vitest";

import { DEFAULT_SETTINGS, linearCourse, seededRandom, simulateRollout } from "../../src/index.ts";
import type { Simulation, Stage, TrafficModel } from "../../src/index.ts";
import { startMeter, startSpans } from "../../src/simulation/meter.ts";
import { drawSlice } from "../../src/simulation/traffic.ts";

const SEED = Number(process.env["SIM_SEED"] ?? 20_261_121);
const SECOND = { resolutionMs: 1000, lagMs: 2000 };
const MINUTE = { resolutionMs: 60_000, lagMs: 30_000 };
const RAMP: Stage = {
  kind: "ramp",
  failures: 5,
  minWeightBps: 10,
  maxWeightBps: 5000,
  maxTimeMs: 1_500_000,
};

function simulation(traffic: TrafficModel, given: Partial<Simulation> = {}): Simulation {
  return {
    course: [RAMP],
    traffic,
    feed: SECOND,
    settings: DEFAULT_SETTINGS,
    minTimeMs: 60_000,
    random: seededRandom(SEED),
    ...given,
  };
}

function runs(count: number, given: Simulation) {
  return Array.from({ length: count }, () => simulateRollout(given));
}

const GOOD = { requestsPerSecond: 100, errorRate: 0.01 };
const BAD = { ...GOOD, extraErrorRate: 0.3 };

describe(`a simulated rollout (SIM_SEED=${SEED})`, () => {
  it("blames no failure on a canary that is as good as stable", () => {
    for (const run of runs(50, simulation(GOOD))) {
      expect(run).toMatchObject({ failedByCanary: 0, slowByCanary: 0 });
    }
  });

  it("promotes a good canary after the least time, and takes a bad one out", () => {
    const promoted = runs(50, simulation(GOOD)).filter(({ verdict }) => verdict === "promote");
    expect(promoted.length).toBeGreaterThan(45);
    expect(Math.min(...promoted.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(60_000);
    for (const run of runs(50, simulation(BAD))) {
      expect(run.verdict).toBe("abort");
      expect(run.failedByCanary).toBeGreaterThan(0);
    }
  });

  it("never gives a ramp more than its highest weight, nor a line more than its last", () => {
    const ramps = runs(50, simulation(GOOD)).map(({ weightBps }) => weightBps);
    expect(Math.max(...ramps)).toBe(5000);
    const course = linearCourse(1000, 60_000);
    expect(course.map((stage) => (stage.kind === "hold" ? stage.weightBps : 0))).toEqual([
      1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000,
    ]);
    for (const run of runs(5, simulation(GOOD, { course }))) expect(run.weightBps).toBe(9000);
  });

  it("counts nothing after a rollback has taken effect", () => {
    const horizons: number[] = [];
    let drawnToMs = 0;
    const errorRate = (atMs: number) => {
      drawnToMs = Math.max(drawnToMs, atMs);
      return 0.01;
    };
    const given = simulation({ ...BAD, errorRate });
    for (let run = 0; run < 20; run++) {
      drawnToMs = 0;
      const { verdict, atMs } = simulateRollout(given);
      expect(verdict).toBe("abort");
      expect(drawnToMs).toBeLessThanOrEqual(atMs + 5000);
      horizons.push(drawnToMs);
    }
    expect(Math.max(...horizons)).toBeGreaterThan(0);
  });

  it("cannot decide before the feed shows anything", () => {
    for (const feed of [SECOND, MINUTE]) {
      const bad = { ...BAD, extraErrorRate: 0.9 };
      const course = linearCourse(1000, 60_000);
      for (const { atMs } of runs(20, simulation(bad, { feed, course }))) {
        expect(atMs).toBeGreaterThanOrEqual(feed.resolutionMs + feed.lagMs);
      }
    }
  });

  it("is inconclusive when the course ends without proof, and proves nothing by waiting without traffic", () => {
    const course: readonly Stage[] = [
      { kind: "hold", weightBps: 1000, forMs: 60_000 },
      { kind: "prove", weightBps: 1000, maxWaitMs: 60_000 },
    ];
    const quiet = { requestsPerSecond: 0.01, errorRate: 0.01 };
    for (const run of runs(20, simulation(quiet, { course }))) {
      expect(run).toMatchObject({ verdict: "inconclusive", atMs: 120_000 });
    }
  });

  it("does not blame an outage of both versions on the canary", () => {
    const errorRate = (atMs: number) => (atMs >= 120_000 && atMs < 180_000 ? 0.3 : 0.001);
    const given = simulation({ ...GOOD, errorRate }, { course: linearCourse(1000, 60_000) });
    const aborted = runs(200, given).filter(({ verdict }) => verdict === "abort");
    expect(aborted.length).toBeLessThanOrEqual(4);
  });

  it("finds a fault that begins later, after it began", () => {
    const late = { ...BAD, onsetMs: 240_000 };
    const course = linearCourse(1000, 60_000);
    for (const run of runs(30, simulation(late, { course }))) {
      expect(run.verdict).toBe("abort");
      expect(run.atMs).toBeGreaterThan(240_000);
    }
  });

  it("finds a canary that is slow and fails nothing", () => {
    const slow = {
      ...GOOD,
      latency: () => ({
        stable: [0.5, 0.25, 0.1, 0.05, 0.01, 0.001, 0.0001],
        canary: [0.9, 0.8, 0.6, 0.4, 0.2, 0.1, 0.05],
        degraded: 1,
      }),
    };
    for (const run of runs(20, simulation(slow, { course: linearCourse(1000, 60_000) }))) {
      expect(run).toMatchObject({ verdict: "abort", failedByCanary: 0 });
      expect(run.slowByCanary).toBeGreaterThan(0);
    }
  });

  it("gives the same rollout for the same numbers", () => {
    expect(simulateRollout(simulation(BAD))).toEqual(simulateRollout(simulation(BAD)));
  });

  it("looks seldom when it is told to be coarse, and finds the same", () => {
    const bad = { ...GOOD, extraErrorRate: 0.02 };
    const course: readonly Stage[] = [{ kind: "hold", weightBps: 1000, forMs: 3_600_000 }];
    const fine = runs(100, simulation(bad, { course }));
    const coarse = runs(100, simulation(bad, { course, coarseness: 0.1 }));
    const meanOf = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(coarse.every(({ verdict }) => verdict === "abort")).toBe(true);
    const ratio = meanOf(coarse.map(({ atMs }) => atMs)) / meanOf(fine.map(({ atMs }) => atMs));
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.3);
    const looks = (list: typeof fine) => meanOf(list.map((run) => run.looks));
    expect(looks(coarse)).toBeLessThan(looks(fine));
  });
});

describe("a slice of traffic", () => {
  it("counts a failed request once for each attempt, and blames it once", () => {
    const random = seededRandom(SEED);
    const traffic = { requestsPerSecond: 100, errorRate: 0, extraErrorRate: 1, attempts: 3 };
    const slice = drawSlice(random, traffic, { fromMs: 0, toMs: 1000, weightBps: 5000 });
    expect(slice.failedByCanary).toBeGreaterThan(0);
    expect(slice.canary).toEqual({
      requests: 3 * slice.failedByCanary,
      errors: 3 * slice.failedByCanary,
    });
    expect(slice.stable.errors).toBe(0);
  });
});

describe("a meter", () => {
  it("hands a bucket over once it is old enough, again until it is counted, and silence not at all", () => {
    const meter = startMeter(SECOND, 1000);
    meter.add({
      stable: { requests: 3, errors: 1 },
      canary: { requests: 0, errors: 0 },
      failedByCanary: 0,
      slowByCanary: 0,
    });
    meter.close(2000);
    meter.close(3000);
    expect(meter.nextReadMs()).toBe(3000);
    expect(meter.read(2999, 0)).toEqual({ buckets: [], readToMs: 0 });
    const bucket = { fromMs: 0, toMs: 1000, stratum: "all", stable: { requests: 3, errors: 1 } };
    expect(meter.read(3000, 0)).toEqual({ buckets: [bucket], readToMs: 1000 });
    meter.forget(0);
    expect(meter.read(4000, 0)).toEqual({ buckets: [bucket], readToMs: 2000 });
    meter.forget(1000);
    expect(meter.read(4000, 1000)).toEqual({ buckets: [], readToMs: 2000 });
    expect(meter.nextReadMs()).toBe(Infinity);
  });
});

describe("spans", () => {
  it("leave out the time in which a change of weight spreads", () => {
    const spans = startSpans(1000);
    spans.change(0, 100);
    spans.change(5000, 200);
    expect(spans.until(9000, 0)).toEqual([
      { fromMs: 1000, toMs: 5000, weightBps: 100 },
      { fromMs: 6000, toMs: 9000, weightBps: 200 },
    ]);
    expect(spans.until(9000, 5000)).toEqual([{ fromMs: 6000, toMs: 9000, weightBps: 200 }]);
  });
});

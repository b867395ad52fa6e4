// Protects what a rollout does with the comparison: whole rollouts told by a platform that counts both versions
// exactly as a rate, so that every run is the same; the statistics themselves have their own tests.
import { describe, expect, it } from "vitest";

import { BAD, BUDGET, CANARY, GOOD, LINEAR, Play } from "../support/play.ts";
import type { Traffic } from "../support/play.ts";
import { START_MS } from "../support/specs.ts";

describe("a canary that fails more than stable", () => {
  it.each([CANARY, LINEAR, BUDGET])("is taken out by the comparison: %s", (spec) => {
    const play = new Play(spec, BAD).run();
    expect(play.rollout.finished?.outcome).toBe("rolledBack");
    expect(play.rollout.abort?.cause).toEqual({ kind: "comparison", name: "errors" });
    expect(play.rollout.weight).toBe(0);
    const { rollback, errors } = play.rollout.comparison?.evidence ?? {};
    expect(rollback?.logE).toBeGreaterThan(rollback?.threshold ?? Infinity);
    expect(errors?.canary).toBeGreaterThan(0);
  });

  it("costs a budgeted ramp few failures", () => {
    const { rollout } = new Play(BUDGET, BAD).run();
    expect(rollout.comparison?.evidence.errors.canary).toBeLessThanOrEqual(8);
  });

  it("is left alone when nothing is compared", () => {
    const play = new Play(CANARY.replace("analysis: {}", "analysis: none"), BAD).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
  });
});

describe("a canary as good as stable", () => {
  it("is promoted only when that is proved, although its steps were over long before", () => {
    const play = new Play(CANARY, GOOD).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    const promotedMs = play.weights.at(-1)?.atMs ?? 0;
    // It has to serve for a minute at least; the steps take half of that.
    expect(promotedMs).toBeGreaterThan(60_000);
    expect(play.rollout.comparison?.evidence.requests.canary).toBeGreaterThan(500);
    expect(play.notes.some((text) => text.startsWith("proved no worse"))).toBe(true);
  });

  it("ends a linear strategy early", () => {
    const play = new Play(LINEAR, GOOD).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    expect(play.weights.map(({ weight }) => weight)).toEqual([1000, 2000, 10_000]);
  });

  it("runs through every step when the spec wants no early promotion", () => {
    const spec = LINEAR.replace("analysis: {}", "analysis: { promoteEarly: false }");
    expect(new Play(spec, GOOD).run().weights).toHaveLength(10);
  });

  it("survives an outage that hits both versions", () => {
    const outage = (second: number) =>
      second > 20 && second < 60 ? { ...GOOD, stableErrors: 0.5, canaryErrors: 0.5 } : GOOD;
    expect(new Play(LINEAR, outage).run().rollout.finished?.outcome).toBe("promoted");
  });

  it("raises the weight of a budgeted ramp step by step, never down and never above its cap", () => {
    const play = new Play("strategy: { budget: { maxWeight: 40% } }\nanalysis: {}\n", GOOD).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    const rises = play.weights.slice(0, -1).map(({ weight }) => weight);
    expect(rises.length).toBeGreaterThan(3);
    expect(rises).toEqual(rises.toSorted((left, right) => left - right));
    expect(Math.max(...rises)).toBe(4000);
  });

  it("sizes a ramp's first weight by the traffic of the last moments, not of the last hours", () => {
    const play = new Play(BUDGET, GOOD).run();
    // 5 failures / (100 requests a second x 12 s): 0.41 %; by the average of the hours before it were 0.6 %.
    expect(play.weights[0]?.weight).toBe(41);
  });

  it("tells at the end of the bake how it compares with the hours before", () => {
    const play = new Play(`${CANARY}bake: 1m\n`, GOOD).run();
    expect(play.notes.join("\n")).toContain("9 errors in 900 requests (1%)");
  });
});

describe("too little to prove anything", () => {
  const rare: Traffic = { perSecond: 0.5, stableErrors: 0, canaryErrors: 0 };
  const withPolicy = (policy: string) =>
    CANARY.replace("{}", `{ maxWait: 10m, underpowered: ${policy} }`);

  it("is held for a person by default, with what is known", () => {
    const play = new Play(withPolicy("hold"), rare).run();
    expect(play.rollout).toMatchObject({ phase: "paused", weight: 1000 });
    expect(play.rollout.pause).toMatchObject({ why: "inconclusive", check: "comparison" });
    expect(play.rollout.pause?.detail).toMatch(/more than \d+% extra errors are excluded at 95%/);
  });

  it("is waited for as long again after resume", () => {
    const play = new Play(withPolicy("hold"), rare).run();
    const pausedAtMs = play.atMs;
    play.ask("resumeRequested").run();
    expect(play.rollout.phase).toBe("paused");
    expect(play.atMs - pausedAtMs).toBeGreaterThanOrEqual(600_000);
  });

  it("is promoted when a person says so", () => {
    const play = new Play(withPolicy("hold"), rare).run().ask("promoteRequested").run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
  });

  it("is turned back or promoted where the spec says so", () => {
    const abort = new Play(withPolicy("abort"), rare).run();
    expect(abort.rollout.finished?.outcome).toBe("rolledBack");
    expect(new Play(withPolicy("promote"), rare).run().rollout.finished?.outcome).toBe("promoted");
  });

  it("never turns back or promotes by itself when nothing is counted at all", () => {
    const play = new Play(LINEAR, () => undefined).run();
    expect(play.rollout).toMatchObject({ phase: "paused", weight: 1000 });
    expect(play.rollout.comparison?.evidence.verdict).toBe("inconclusive");
  });

  it("does not rise while the feed has stopped", () => {
    const stopped = (second: number) => (second < 20 ? GOOD : undefined);
    const play = new Play(LINEAR, stopped).run();
    expect(play.rollout.phase).toBe("paused");
    expect(play.weights.map(({ weight }) => weight)).toEqual([1000]);
    expect(play.notes.join("\n")).toContain("nothing was counted in the last");
  });
});

describe("requests that are missing", () => {
  const silentCanary: Traffic = { ...GOOD, canaryHeard: 0.2 };

  it("hold the weight when a router counts, whatever the errors say", () => {
    const play = new Play(CANARY, silentCanary).run();
    expect(play.rollout.phase).toBe("paused");
    expect(play.rollout.comparison?.evidence.requestCount.isMissing).toBe(true);
  });

  it("turn back where the spec says so", () => {
    const spec = CANARY.replace("{}", "{ requestCount: abort }");
    const { rollout } = new Play(spec, silentCanary).run();
    expect(rollout.abort?.cause).toEqual({ kind: "comparison", name: "requests" });
  });
});

describe("a feed by the minute", () => {
  it("has its weights changed at the beginning of a minute, and is used in full", () => {
    const play = new Play(LINEAR.replace("every: 1m", "every: 2m"), GOOD, {
      resolutionMs: 60_000,
    }).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    for (const { atMs } of play.weights.slice(1, -1)) expect((START_MS + atMs) % 60_000).toBe(0);
    const { requests } = play.rollout.comparison?.evidence ?? {};
    expect(requests?.canary).toBeGreaterThan(500);
  });
});

it("waits for stable's own traffic before the first weight, and no longer than one answer", () => {
  const play = new Play(CANARY, GOOD, { unanswered: ["readBaseline"] }).run(20_000);
  expect(play.rollout.weight).toBe(0);
  expect(play.rollout.heldBy[0]).toMatchObject({ guard: "comparison", says: "noData" });
});

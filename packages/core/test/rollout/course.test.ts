// Protects rollouts on a platform that moves the weights by itself: each of its moves is ordered in time or prevented
// in time, whatever would have held the weight elsewhere, and what it ends is turned back with its own reason.
import { describe, expect, it } from "vitest";
import type { Command, LiveRoute, PlatformEnd, RolloutEvent } from "../../src/index.ts";
import { ALL_TRAFFIC, NO_TRAFFIC, weightBps } from "../../src/index.ts";
import { BAD, GOOD, Play, type Traffic } from "../support/play.ts";
import { START_MS } from "../support/specs.ts";

const MINUTE_MS = 60_000;
const VIA = "{ codeDeploy: { application: shop, deploymentGroup: prod } }";
const TARGET = `target: { lambda: { function: checkout, alias: live, via: ${VIA} } }\n`;
const LINEAR = "strategy: { linear: { step: 20%, every: 2m } }\n";
const CANARY = "strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 5m }] } }\n";
const COMPARED = "analysis: { minTime: 1m }\n";

/** A platform that makes `weights` live one after the other, each `everyMs` after the one before. */
class Platform {
  readonly play: Play;
  /** "20% at 0 s": when each weight was ordered. */
  readonly orders: string[] = [];
  alarm: "ok" | "insufficientData" = "ok";
  ended: PlatformEnd | undefined;
  #startedAtMs: number | undefined;
  readonly #weights: readonly number[];
  readonly #everyMs: number;

  constructor(
    spec: string,
    weights: readonly number[],
    everyMs: number,
    traffic: Traffic | undefined = GOOD,
    feed: { readonly resolutionMs?: number; readonly lagMs?: number } = {},
  ) {
    this.#weights = weights;
    this.#everyMs = everyMs;
    this.play = new Play(spec, () => traffic, {
      ...feed,
      created: { target: { id: "t", label: "t", resolutionBps: 100 } },
      unanswered: ["readTraffic"],
      answer: (command) => this.#answer(command),
    });
  }

  get seconds(): number {
    return (this.play.atMs - START_MS) / 1000;
  }

  route(): LiveRoute {
    const startMs = this.#startedAtMs;
    const ended = this.ended;
    const token = "t";
    if (startMs === undefined) return { stable: "1", weight: NO_TRAFFIC, token };
    const made = Math.floor((this.play.atMs - startMs) / this.#everyMs);
    const weight = weightBps(this.#weights[Math.min(made, this.#weights.length - 1)] ?? 0);
    if (ended !== undefined) return { stable: "1", weight: NO_TRAFFIC, token, course: { ended } };
    if (weight === ALL_TRAFFIC) return { stable: "2", weight: NO_TRAFFIC, token };
    const movesAtMs = startMs + (made + 1) * this.#everyMs;
    const nextWeight = weightBps(this.#weights[made + 1] ?? ALL_TRAFFIC);
    return { stable: "1", canary: "2", weight, token, course: { movesAtMs, nextWeight } };
  }

  #answer(command: Command): RolloutEvent | undefined {
    const { play } = this;
    if (command.kind === "readAlarms") {
      const readings = [{ name: "errors", state: this.alarm, reason: "" }];
      return { kind: "alarmsRead", commandId: command.id, atMs: play.atMs, readings };
    }
    if (command.kind === "setWeight" || command.kind === "promote") {
      const wanted = command.kind === "promote" ? ALL_TRAFFIC : command.change.weight;
      this.orders.push(`${wanted / 100}% at ${Math.round(this.seconds)} s`);
      this.#startedAtMs ??= play.atMs;
      const index = this.#weights.indexOf(wanted);
      if (this.ended === undefined) {
        // The driver waits until the platform has come there.
        play.atMs = Math.max(play.atMs, this.#startedAtMs + index * this.#everyMs);
      }
      return { kind: "routeSet", commandId: command.id, atMs: play.atMs, route: this.route() };
    }
    if (command.kind === "restore") this.#startedAtMs = undefined;
    if (command.kind !== "readRoute") return undefined;
    return { kind: "routeRead", commandId: command.id, atMs: play.atMs, route: this.route() };
  }

  /** Until the canary has had its first weight for so long. */
  until(seconds: number): this {
    this.play.run(seconds * 1000);
    return this;
  }
}

const linear = (rest: string, traffic?: Traffic) =>
  new Platform(
    `${TARGET}${LINEAR}${rest}`,
    [2000, 4000, 6000, 8000, 10_000],
    2 * MINUTE_MS,
    traffic,
  );
const canary = (rest: string, traffic?: Traffic) =>
  new Platform(`${TARGET}${CANARY}${rest}`, [1000, 10_000], 5 * MINUTE_MS, traffic);
const UNCOMPARED = "analysis: none\n";

describe("a platform that moves by itself", () => {
  it("is ordered each weight 20 s before it moves, and is never hurried", () => {
    const { play, orders } = linear(COMPARED).until(3600);
    expect(play.rollout.phase, play.notes.join("\n")).toBe("healthy");
    const [first = "", ...later] = orders;
    expect(first).toMatch(/^20% at \d+ s$/);
    const begunAt = Number(/at (\d+)/.exec(first)?.[1]);
    const seconds = [100, 220, 340, 460].map((after) => after + begunAt);
    expect(later).toEqual(
      ["40%", "60%", "80%", "100%"].map((weight, index) => `${weight} at ${seconds[index]} s`),
    );
  });

  it("is ordered in time also where counts come by the minute", () => {
    const strategy = "strategy: { linear: { step: 20%, every: 5m } }\n";
    const spec = `${TARGET}${strategy}analysis: { minTime: 1m, underpowered: promote }\n`;
    const feed = { resolutionMs: MINUTE_MS, lagMs: MINUTE_MS };
    const weights = [2000, 4000, 6000, 8000, 10_000];
    const { play, orders } = new Platform(spec, weights, 5 * MINUTE_MS, GOOD, feed).until(3600);
    expect(play.rollout.phase, play.notes.join("\n")).toBe("healthy");
    expect(orders).toHaveLength(5);
  });

  it("is stopped where it moves before the first counts are there", () => {
    const feed = { resolutionMs: MINUTE_MS, lagMs: MINUTE_MS };
    const weights = [2000, 4000, 6000, 8000, 10_000];
    const { play } = new Platform(
      `${TARGET}${LINEAR}${COMPARED}`,
      weights,
      2 * MINUTE_MS,
      GOOD,
      feed,
    ).until(3600);
    expect(play.rollout.abort?.detail).toContain("no request of the canary was counted yet");
    expect(play.weights.map(({ weight }) => weight)).toEqual([2000, 0]);
  });

  it("is not hurried by a person who ends the wait", () => {
    const platform = linear(UNCOMPARED).until(60);
    platform.play.ask("promoteRequested");
    platform.until(3600);
    const [first = "", second = ""] = platform.orders;
    const secondsOf = (order: string) => Number(/at (\d+)/.exec(order)?.[1]);
    expect(secondsOf(second) - secondsOf(first)).toBe(100);
  });

  it("is turned back at once when the canary is worse", () => {
    const { play } = canary(COMPARED, BAD).until(3600);
    expect(play.rollout).toMatchObject({
      phase: "aborted",
      finished: { outcome: "rolledBack" },
      abort: { cause: { kind: "comparison" } },
    });
    expect(play.weights.every(({ weight }) => weight <= 1000)).toBe(true);
  });

  it.each(["hold", "abort"])(
    "is stopped before all traffic when nothing is proved (%s)",
    (policy) => {
      const few: Traffic = { perSecond: 0.2, stableErrors: 0.01, canaryErrors: 0.01 };
      const { play, orders } = canary(
        `analysis: { minTime: 1m, underpowered: ${policy} }\n`,
        few,
      ).until(3600);
      expect(orders).toHaveLength(1);
      expect(play.rollout.phase, play.notes.join("\n")).toBe("aborted");
      expect(play.weights.some(({ weight }) => weight === 10_000)).toBe(false);
    },
  );

  it("goes on unproved only when the specification says so", () => {
    const few: Traffic = { perSecond: 3, stableErrors: 0.01, canaryErrors: 0.01 };
    const { play, orders } = canary(
      "analysis: { minTime: 1m, underpowered: promote }\n",
      few,
    ).until(3600);
    expect(play.rollout.phase, play.notes.join("\n")).toBe("healthy");
    expect(orders).toHaveLength(2);
    expect(play.notes.join("\n")).toContain("the policy underpowered: promote");
  });

  it("is stopped when a guard is silent at the last moment", () => {
    const platform = linear(`${UNCOMPARED}alarms: [errors]\n`);
    const { play } = platform.until(60);
    platform.alarm = "insufficientData";
    platform.until(600);
    expect(play.rollout).toMatchObject({ phase: "aborted", finished: { outcome: "timedOut" } });
    expect(play.rollout.abort?.detail).toMatch(
      /moves to 40% in 10s and cannot be held: alarm errors/,
    );
    expect(play.weights.map(({ weight }) => weight)).toEqual([2000, 0]);
  });

  it("is stopped when the rollout is still paused at the last moment", () => {
    const platform = linear(`${UNCOMPARED}poll: { route: 1h, traffic: 1h }\n`).until(60);
    const { play } = platform;
    const begunMs = play.rollout.trafficSinceMs ?? 0;
    play.ask("pauseRequested");
    for (let step = 0; step < 500 && play.rollout.finished === undefined; step++) play.step();
    expect(play.rollout.abort?.detail).toContain("the rollout is paused: by alice: because");
    expect((play.rollout.abort?.sinceMs ?? 0) - begunMs).toBe(2 * MINUTE_MS - 10_000);
    expect(play.weights.map(({ weight }) => weight)).toEqual([2000, 0]);
  });

  it("goes on when a pause ends in time", () => {
    const platform = linear(UNCOMPARED).until(60);
    platform.play.ask("pauseRequested");
    platform.play.ask("resumeRequested");
    expect(platform.until(3600).play.rollout.phase).toBe("healthy");
  });

  it("goes its own way to all traffic when a person orders it, without a pause in between", () => {
    const platform = linear(COMPARED).until(60);
    const { play, orders } = platform;
    play.tell({
      kind: "promoteRequested",
      full: true,
      actor: "alice",
      reason: "",
      atMs: play.atMs,
    });
    platform.until(3600);
    expect(play.rollout.phase, play.notes.join("\n")).toBe("healthy");
    expect(orders).toHaveLength(2);
    const [begunAt = 0, allAt = 0] = orders.map((order) => Number(/at (\d+)/.exec(order)?.[1]));
    expect(allAt - begunAt).toBe(460);
    expect(play.notes.join("\n")).not.toContain("changed elsewhere");
  });

  it("turns back when it has moved while nobody watched", () => {
    const platform = linear(UNCOMPARED).until(60);
    const { play } = platform;
    play.atMs += 3 * MINUTE_MS;
    play.tell({ kind: "tick", atMs: play.atMs });
    platform.until(60);
    expect(play.rollout.abort?.detail).toContain("may have moved to 40% while nobody watched");
    expect(play.rollout.phase).toBe("aborted");
  });
});

describe("a platform that gives up by itself", () => {
  it.each([
    [{ by: "alarm", name: "shop-errors" }, "rolledBack"],
    [{ by: "hook", name: "BeforeAllowTraffic" }, "rolledBack"],
    [{ by: "person", name: "CodeDeploy" }, "abortedByPerson"],
    [{ by: "platform", name: "" }, "failed"],
  ] as const)("is turned back with its reason: %o", (who, outcome) => {
    const platform = linear(UNCOMPARED).until(60);
    platform.ended = { ...who, detail: "deployment d-1 is Stopped: because" };
    platform.until(60);
    const { rollout } = platform.play;
    expect(rollout).toMatchObject({ phase: "aborted", finished: { outcome } });
    expect(rollout.abort?.detail).toBe("deployment d-1 is Stopped: because");
  });

  it.each(["baking", "paused"] as const)("is turned back while the rollout is %s", (phase) => {
    const platform = new Platform(`${TARGET}strategy: { allAtOnce: {} }\nbake: 10m\n`, [10_000], 1);
    const { play } = platform.until(30);
    if (phase === "paused") play.ask("pauseRequested");
    expect(play.rollout.phase).toBe(phase);
    platform.ended = { by: "hook", name: "AfterAllowTraffic", detail: "it failed" };
    for (let step = 0; step < 200 && play.rollout.finished === undefined; step++) play.step();
    expect(play.rollout.abort?.detail).toBe("it failed");
    expect(play.rollout.finished?.outcome).toBe("rolledBack");
  });

  it("is not taken for restored while it may yet move", () => {
    const platform = linear(UNCOMPARED).until(60);
    const { play } = platform;
    const restores = () =>
      play.rollout.outstanding.filter(({ command }) => command.kind === "restore");
    const who = { actor: "alice", reason: "" };
    play.tell({ kind: "abortRequested", ...who, atMs: play.atMs });
    const [restore] = restores();
    const commandId = restore?.command.id ?? "";
    const route = { stable: "1", weight: NO_TRAFFIC, token: "t", course: { isUnderWay: true } };
    play.tell({ kind: "routeSet", commandId, atMs: play.atMs, route });
    expect(play.rollout.phase).toBe("aborting");
    expect(restores()).toHaveLength(1);
  });

  it("is believed when it ends instead of making a weight live", () => {
    const platform = linear(UNCOMPARED);
    platform.ended = { by: "alarm", name: "errors", detail: "stopped at once" };
    expect(platform.until(60).play.rollout.abort?.cause).toEqual({ kind: "alarm", name: "errors" });
  });
});

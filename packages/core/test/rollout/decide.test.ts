// Protects single decisions that are easy to get wrong: each is a short story told event by event.
import { describe, expect, it } from "vitest";

import { createRollout, decide } from "../../src/index.ts";
import type { AlarmState, CommandKind, LiveRoute, Rollout, RolloutEvent } from "../../src/index.ts";
import { NO_TRAFFIC, weightBps } from "../../src/weight.ts";
import { createdFor, specOf, START_MS } from "../support/specs.ts";

type Told = RolloutEvent extends infer Event
  ? Event extends RolloutEvent
    ? Omit<Event, "atMs" | "commandId">
    : never
  : never;

/** Tells a rollout what happens; outcomes go to the newest outstanding command of their kind. */
class Story {
  rollout: Rollout;
  atMs = START_MS;
  notes: string[] = [];

  constructor(spec: string) {
    this.rollout = createRollout(createdFor(specOf(spec)));
  }

  tell(told: Told, of?: CommandKind | { readonly commandId: string }): this {
    const commandId = typeof of === "object" ? of.commandId : of === undefined ? "" : this.idOf(of);
    const event = { ...told, atMs: this.atMs, ...(of === undefined ? {} : { commandId }) };
    const { next, notes } = decide(this.rollout, event as RolloutEvent);
    this.rollout = next;
    this.notes.push(...notes.map(({ text }) => text));
    return this;
  }

  after(ms: number): this {
    this.atMs += ms;
    return this.tell({ kind: "tick" });
  }

  idOf(kind: CommandKind): string {
    const entry = this.rollout.outstanding.findLast(({ command }) => command.kind === kind);
    if (entry === undefined) throw new Error(`no ${kind} is outstanding: ${this.kinds.join()}`);
    return entry.command.id;
  }

  get kinds(): readonly CommandKind[] {
    return this.rollout.outstanding.map(({ command }) => command.kind);
  }

  prepared(): this {
    const prepared = { stable: "1", canary: "2", published: true, token: "t0" };
    return this.tell({ kind: "tick" }).tell({ kind: "prepared", prepared }, "prepare");
  }

  alarm(state: AlarmState): this {
    const readings = [{ name: "errors", state, reason: "because" }];
    return this.tell({ kind: "alarmsRead", readings }, "readAlarms");
  }
}

const split = (weight: number, token: string): LiveRoute => ({
  stable: "1",
  canary: "2",
  weight: weightBps(weight),
  token,
});
const WHOLE: LiveRoute = { stable: "1", weight: NO_TRAFFIC, token: "t0" };
const WHO = { actor: "alice", reason: "because" } as const;

describe("a shift that is under way when the rollout turns back", () => {
  const begun = () =>
    new Story("strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 1m }] } }\n").prepared();

  it("is waited for, and taken back when it lands after the restore", () => {
    const story = begun();
    const commandId = story.idOf("setWeight");
    story.tell({ kind: "abortRequested", ...WHO });
    // The restore finds stable alone, changes nothing, and so leaves the token that the shift carries.
    story.tell({ kind: "routeSet", route: WHOLE }, "restore");
    expect(story.rollout).toMatchObject({ phase: "aborting", weight: 0 });
    story.tell({ kind: "routeSet", route: split(1000, "t1") }, { commandId });
    expect(story.rollout.phase).toBe("aborting");
    story.tell({ kind: "routeRead", route: split(1000, "t1") }, "readRoute");
    expect(story.rollout).toMatchObject({ phase: "aborting", weight: 1000 });
    story.tell({ kind: "routeSet", route: { ...WHOLE, token: "t2" } }, "restore");
    expect(story.rollout).toMatchObject({ phase: "aborted", weight: 0 });
  });

  it("is given up when its answer never comes, after one more look at the route", () => {
    const story = begun().tell({ kind: "abortRequested", ...WHO });
    story.tell({ kind: "routeSet", route: WHOLE }, "restore").after(29_000);
    expect(story.rollout.phase).toBe("aborting");
    story.after(1000);
    expect(story.kinds).toEqual(["readRoute"]);
    story.tell({ kind: "routeRead", route: WHOLE }, "readRoute");
    expect(story.rollout.phase).toBe("aborted");
  });
});

describe("an alarm", () => {
  const spec = (atStart: string) => `
strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 1m }] } }
alarms: [{ name: errors, atStart: ${atStart} }]
poll: { route: 10m, traffic: 10m }
`;

  it("that fires at the start and may be ignored is watched again once it was ok", () => {
    const story = new Story(spec("ignore")).prepared().alarm("alarm");
    expect(story.rollout.alarms[0]).toMatchObject({ state: "alarm", isIgnored: true });
    story.tell({ kind: "routeSet", route: split(1000, "t1") }, "setWeight");
    story.after(1000).alarm("insufficientData").after(1000).alarm("alarm");
    expect(story.rollout.phase).toBe("progressing");
    story.after(1000).alarm("ok").after(1000).alarm("alarm");
    expect(story.rollout).toMatchObject({ phase: "aborting", abort: { cause: { kind: "alarm" } } });
    expect(story.kinds).toEqual(["restore"]);
  });

  it("that fires before any traffic, and may not be ignored, lets nothing begin", () => {
    const story = new Story(spec("block")).prepared().alarm("alarm");
    expect(story.kinds).toEqual(["restore"]);
    expect(story.rollout.setWeight).toBe(0);
  });

  it("without data holds the second weight and not the first, until a person promotes", () => {
    const story = new Story(spec("block")).prepared().alarm("insufficientData");
    story.tell({ kind: "routeSet", route: split(1000, "t1") }, "setWeight");
    for (let second = 0; second < 60; second++) story.after(1000).alarm("insufficientData");
    expect(story.rollout.heldBy).toEqual([
      { guard: "alarm errors", says: "noData", detail: "it has no data (INSUFFICIENT_DATA)" },
    ]);
    expect(story.kinds).not.toContain("promote");
    story.tell({ kind: "promoteRequested", full: true, ...WHO });
    expect(story.rollout.phase).toBe("promoting");
  });
});

describe("a weight", () => {
  it("that is not there when read back is asked for again, and does not count", () => {
    const story = new Story("strategy: { canary: { steps: [{ setWeight: 10% }] } }\n").prepared();
    story.tell({ kind: "routeSet", route: WHOLE }, "setWeight");
    expect(story.rollout).toMatchObject({ weight: 0, setWeight: 1000, phase: "progressing" });
    expect(story.rollout.outstanding[0]).toMatchObject({ attempt: 2, runAtMs: START_MS + 150 });
    expect(story.notes.at(-1)).toBe(
      "setWeight did not succeed (attempt 1): the change is not there when read back; again in 150 ms",
    );
  });

  it("is lowered to what the target keeps, and never to nothing", () => {
    const created = createdFor(
      specOf("strategy: { canary: { steps: [{ setWeight: 0.5% }, { setWeight: 12.7% }] } }\n"),
    );
    expect(created.target.resolutionBps).toBe(100);
    const story = new Story("strategy: { canary: { steps: [{ setWeight: 0.5% }] } }\n").prepared();
    expect(story.rollout.setWeight).toBe(100);
  });
});

describe("an answer that nobody waits for", () => {
  it("changes nothing, not even the reference", () => {
    const { rollout } = new Story("strategy: { allAtOnce: {} }\n").prepared();
    const event = { kind: "cleanedUp", commandId: "r1/99", atMs: START_MS } as const;
    expect(decide(rollout, event).next).toBe(rollout);
  });
});

const STEPS = "strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 1h }] } }\n";

describe("a preparation that failed for good", () => {
  it("ends the rollout at once: its outcome has come, there is nothing to wait for", () => {
    const story = new Story(STEPS).tell({ kind: "tick" });
    const message = "version 2 cannot be loaded";
    story.tell(
      { kind: "commandFailed", code: "CANARY_UNUSABLE", message, hint: "", jitter: 0 },
      "prepare",
    );
    expect(story.rollout.abandoned).toEqual([]);
    expect(story.rollout.finished).toEqual({ outcome: "failed", atMs: story.atMs });
  });
});

describe("an abort that finds somebody else's versions", () => {
  it("leaves them as they are and ends degraded", () => {
    const story = new Story(STEPS).prepared();
    story.tell({ kind: "routeSet", route: split(1000, "t1") }, "setWeight");
    story.tell({ kind: "abortRequested", actor: "alice", reason: "" });
    const failed = {
      code: "ROUTE_CHANGED_ELSEWHERE",
      message: "not ours",
      hint: "",
      jitter: 0,
    } as const;
    story.tell({ kind: "commandFailed", ...failed }, "restore");
    const foreign: LiveRoute = { stable: "7", weight: NO_TRAFFIC, token: "t9" };
    story.tell({ kind: "routeRead", route: foreign }, "readRoute");
    expect(story.kinds).toEqual([]);
    expect(story.rollout.phase).toBe("degraded");
    expect(story.rollout.finished?.outcome).toBe("degraded");
  });
});

describe("measurements", () => {
  it("are noted when the verdict changes and when one fails, not when it stays as it was", () => {
    const story = new Story(
      STEPS +
        "checks: [{ name: rate, metric: errorRate, max: 1%, interval: 1s, failureLimit: 9, inconclusiveLimit: -1 }]\n",
    ).prepared();
    story.tell({ kind: "routeSet", route: split(1000, "t1") }, "setWeight");
    const noted = (value: number | undefined): number => {
      const before = story.notes.length;
      story.after(5000).tell({ kind: "measured", reading: { value, detail: "" } }, "measure");
      return story.notes.slice(before).filter((text) => text.startsWith("check rate")).length;
    };
    expect([undefined, undefined, 0, 0, 66.666_666, 50, 0].map(noted)).toEqual([
      1, 0, 1, 0, 1, 1, 1,
    ]);
    expect(story.notes.join("\n")).toContain("66.67% is above the max 1%");
  });
});

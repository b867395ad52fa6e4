// Protects what people are told: each moment of a rollout once, to those who want to hear of it, with a reason;
// and that a receiver which cannot be told delays nothing, and is noted.
import { describe, expect, it } from "vitest";

import { createRollout, decide, noticeOf, wakeAtMs } from "../../src/index.ts";
import type {
  AlarmState,
  CommandKind,
  LiveRoute,
  Notice,
  NoticeKind,
  Rollout,
  RolloutEvent,
} from "../../src/index.ts";
import { NO_TRAFFIC, weightBps } from "../../src/weight.ts";
import { seededChance } from "../support/chance.ts";
import { createdFor, specOf, SPECS, START_MS } from "../support/specs.ts";
import { walk } from "../support/walk.ts";

type Told = RolloutEvent extends infer Event
  ? Event extends RolloutEvent
    ? Omit<Event, "atMs" | "commandId">
    : never
  : never;

const WHO = { actor: "alice", reason: "because" } as const;
const WHOLE: LiveRoute = { stable: "1", weight: NO_TRAFFIC, token: "t0" };
const split = (weight: number): LiveRoute => ({
  stable: "1",
  canary: "2",
  weight: weightBps(weight),
  token: `t${weight}`,
});
const PROMOTED: LiveRoute = { stable: "2", weight: NO_TRAFFIC, token: "t9" };

/** Tells a rollout what happens, and keeps every notice that comes of it. */
class Story {
  rollout: Rollout;
  atMs = START_MS;
  readonly told: { readonly notice: Notice; readonly receiver: number | undefined }[] = [];
  readonly notes: string[] = [];

  constructor(spec: string, notify = "notify: [{ webhook: https://hooks.example.com/a }]\n") {
    this.rollout = createRollout(createdFor(specOf(`${spec}${notify}`), { reason: "CHG-7" }));
    this.hear({ kind: "tick" });
  }

  hear(told: Told, of?: CommandKind | { readonly id: string }): this {
    const id = typeof of === "object" ? of.id : of === undefined ? "" : this.idOf(of);
    const event = { ...told, atMs: this.atMs, ...(of === undefined ? {} : { commandId: id }) };
    const { next, commands, notes } = decide(this.rollout, event as RolloutEvent);
    this.rollout = next;
    this.notes.push(...notes.map(({ kind, text }) => `${kind}: ${text}`));
    for (const command of commands) {
      if (command.kind !== "notify") continue;
      this.told.push({ notice: noticeOf(command), receiver: command.receiver });
    }
    return this;
  }

  after(ms: number): this {
    this.atMs += ms;
    return this.hear({ kind: "tick" });
  }

  idOf(kind: CommandKind): string {
    const entry = this.rollout.outstanding.findLast(({ command }) => command.kind === kind);
    if (entry === undefined) throw new Error(`no ${kind} is outstanding`);
    return entry.command.id;
  }

  prepared(): this {
    const prepared = { stable: "1", canary: "2", published: true, token: "t0" };
    return this.hear({ kind: "prepared", prepared }, "prepare");
  }

  failed(kind: CommandKind, code: "AWS_THROTTLED" | "AWS_DENIED" | "NOTICE_NOT_SENT"): this {
    this.atMs += 20_000;
    const failure = { code, message: `${kind} said no`, hint: "", jitter: 0 } as const;
    return this.hear({ kind: "commandFailed", ...failure }, kind);
  }

  alarm(state: AlarmState): this {
    const readings = [{ name: "errors", state, reason: "because" }];
    return this.hear({ kind: "alarmsRead", readings }, "readAlarms");
  }

  get kinds(): readonly NoticeKind[] {
    return this.told.map(({ notice }) => notice.kind);
  }

  get last(): Notice {
    const told = this.told.at(-1);
    if (told === undefined) throw new Error("nobody was told anything");
    return told.notice;
  }
}

const STEPS = "strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 1m }] } }\n";
const QUIET = "poll: { route: 10h, traffic: 10h, alarms: 10h }\n";
const begun = () =>
  new Story(`${STEPS}${QUIET}`)
    .prepared()
    .hear({ kind: "routeSet", route: split(1000) }, "setWeight");

describe("a good rollout", () => {
  it("tells of its start, its weight, its promotion and its end, each once", () => {
    const story = begun().after(60_000).hear({ kind: "routeSet", route: PROMOTED }, "promote");
    expect(story.kinds).toEqual(["started", "step", "promoted", "finished"]);
    const [started, step] = story.told.map(({ notice }) => notice);
    expect(started).toMatchObject({ rollout: "r1", name: "checkout", reason: "CHG-7" });
    expect(started).toMatchObject({ target: "lambda checkout:live", weight: 0 });
    expect(step).toMatchObject({ subject: "checkout: canary at 10%", weight: 1000 });
    expect(step?.route).toBe("version 1 90%, version 2 10%");
    expect(started).not.toHaveProperty("link");
  });

  it("is over only when its notices are, or are given up", () => {
    const story = begun().after(60_000).hear({ kind: "routeSet", route: PROMOTED }, "promote");
    story.hear({ kind: "cleanedUp" }, "cleanUp");
    expect(story.rollout).toMatchObject({ phase: "healthy" });
    expect(story.rollout.finished).toBeUndefined();
    for (let attempt = 1; attempt <= 12; attempt++) story.failed("notify", "NOTICE_NOT_SENT");
    expect(story.rollout.finished?.outcome).toBe("promoted");
    const givenUp = story.notes.filter((text) => text.startsWith("trouble: notify was given up"));
    expect(givenUp).toHaveLength(4);
    expect(story.kinds).not.toContain("trouble");
  });
});

describe("receivers", () => {
  const notify = `
link: https://ci.example.com/releases?id={rollout}
notify:
  - webhook: https://hooks.example.com/a
  - { slack: { urlFrom: SLACK_URL }, on: [started, turningBack] }
`;

  it("get one command each, of the same notice, and only for the kinds they want", () => {
    const story = new Story(`${STEPS}${QUIET}`, notify);
    expect(story.told.map(({ receiver }) => receiver)).toEqual([0, 1]);
    expect(story.told[0]?.notice).toEqual(story.told[1]?.notice);
    expect(story.last.link).toBe("https://ci.example.com/releases?id=r1");
    story.prepared().hear({ kind: "routeSet", route: split(1000) }, "setWeight");
    expect(story.told.map(({ receiver }) => receiver)).toEqual([0, 1, 0]);
  });

  it("that fail are tried again alone, and hold up no shift", () => {
    const story = new Story(`${STEPS}${QUIET}`, notify).failed("notify", "NOTICE_NOT_SENT");
    const attempts = story.rollout.outstanding.flatMap(({ command, attempt }) =>
      command.kind === "notify" ? [[command.receiver, attempt]] : [],
    );
    expect(attempts).toEqual([
      [0, 1],
      [1, 2],
    ]);
    story.prepared();
    expect(story.rollout.outstanding.map(({ command }) => command.kind)).toContain("setWeight");
  });

  it("are told nothing when there are none", () => {
    const story = new Story(`${STEPS}${QUIET}`, "").prepared();
    expect(story.told).toEqual([]);
    expect(story.rollout).not.toHaveProperty("hold");
  });
});

describe("turning back", () => {
  it("is told with its cause, and told again when stable has everything", () => {
    const story = begun().hear({ kind: "abortRequested", ...WHO });
    expect(story.kinds.slice(2)).toEqual(["turningBack"]);
    expect(story.last).toMatchObject({ reason: "aborted by alice: because", weight: 1000 });
    story.hear({ kind: "routeSet", route: WHOLE }, "restore");
    expect(story.kinds.slice(2)).toEqual(["turningBack", "aborted"]);
    expect(story.last).toMatchObject({ reason: "aborted by alice: because", weight: 0 });
  });

  it("is told when it cannot be done: refused for good, or for two minutes", () => {
    const refused = begun()
      .hear({ kind: "abortRequested", ...WHO })
      .failed("restore", "AWS_DENIED");
    expect(refused.kinds.slice(3)).toEqual(["degraded"]);
    expect(refused.last.reason).toBe("restore said no");
    const slow = begun()
      .hear({ kind: "abortRequested", ...WHO })
      .after(120_000)
      .after(1000);
    expect(slow.kinds.slice(3)).toEqual(["degraded"]);
  });

  it("is told when the route holds somebody else's versions", () => {
    const story = begun().hear({ kind: "abortRequested", ...WHO });
    const theirs = { stable: "7", weight: NO_TRAFFIC, token: "t7" };
    story.hear({ kind: "routeSet", route: theirs }, "restore");
    expect(story.kinds.slice(3)).toEqual(["degraded"]);
    expect(story.last.reason).toContain("version 7");
  });

  it("of an attempt that is begun again is followed by another start", () => {
    const story = begun().hear({ kind: "abortRequested", ...WHO });
    story
      .hear({ kind: "routeSet", route: WHOLE }, "restore")
      .hear({ kind: "cleanedUp" }, "cleanUp");
    while (story.rollout.outstanding.length > 0) story.hear({ kind: "notified" }, "notify");
    story.hear({ kind: "retryRequested", ...WHO });
    expect(story.kinds.slice(4)).toEqual(["started"]);
    expect(story.last.text).toContain("attempt 2");
  });
});

describe("a pause", () => {
  it("is told when it begins and when it ends", () => {
    const story = begun().hear({ kind: "pauseRequested", ...WHO });
    expect(story.last).toMatchObject({ kind: "paused", reason: "by alice: because" });
    story.hear({ kind: "resumeRequested", ...WHO });
    expect(story.kinds.slice(2)).toEqual(["paused", "resumed"]);
  });

  it("that is ended early is told as going on", () => {
    const story = begun().hear({ kind: "promoteRequested", full: false, ...WHO });
    expect(story.kinds.slice(2)).toEqual(["resumed"]);
  });
});

describe("a hold", () => {
  const steps = "strategy: { canary: { steps: [{ setWeight: 10% }, { setWeight: 50% }] } }\n";
  const spec = `${steps}alarms: [errors]\npoll: { route: 10h, traffic: 10h, alarms: 1s }\n`;
  const held = () =>
    new Story(spec)
      .alarm("insufficientData")
      .prepared()
      .hear({ kind: "routeSet", route: split(1000) }, "setWeight");

  it("is told once, when it has lasted for ten seconds, whatever wakes the rollout", () => {
    const story = held();
    expect(story.rollout.heldBy).toHaveLength(1);
    const begunAtMs = story.atMs;
    expect(wakeAtMs(story.rollout, story.atMs)).toBeLessThanOrEqual(begunAtMs + 10_000);
    story.after(9999);
    expect(story.kinds).toEqual(["started", "step"]);
    story.after(1);
    expect(story.kinds).toEqual(["started", "step", "held"]);
    expect(story.last.reason).toContain("alarm errors: ");
    for (let second = 0; second < 200; second++) story.after(1000).alarm("insufficientData");
    expect(story.kinds).toEqual(["started", "step", "held"]);
  });

  it("that ends before is not told", () => {
    const story = held().after(5000).alarm("ok");
    story.hear({ kind: "routeSet", route: split(5000) }, "setWeight").after(20_000);
    expect(story.kinds).not.toContain("held");
  });
});

describe("trouble", () => {
  it("is told at the third failed attempt of a command, and at no other", () => {
    const story = new Story(`${STEPS}${QUIET}`).prepared();
    story.failed("setWeight", "AWS_THROTTLED").failed("setWeight", "AWS_THROTTLED");
    expect(story.kinds).toEqual(["started"]);
    story.failed("setWeight", "AWS_THROTTLED").failed("setWeight", "AWS_THROTTLED");
    expect(story.kinds).toEqual(["started", "trouble"]);
    expect(story.last.reason).toBe("setWeight said no");
  });

  it("is told when alarms cannot be read, however they come and go", () => {
    const spec = `${STEPS}alarms: [errors]\npoll: { route: 10h, traffic: 10h, alarms: 1s }\n`;
    const story = new Story(spec);
    for (let round = 0; round < 8; round++) {
      story.failed("readAlarms", "AWS_DENIED").after(1000).alarm("ok").after(1000);
    }
    expect(story.kinds.filter((kind) => kind === "trouble")).toHaveLength(1);
  });

  it("is told when cleaning up is given up, which ends nothing", () => {
    const story = begun().after(60_000).hear({ kind: "routeSet", route: PROMOTED }, "promote");
    story.failed("cleanUp", "AWS_DENIED");
    expect(story.kinds.slice(-1)).toEqual(["trouble"]);
    expect(story.rollout.phase).toBe("healthy");
  });
});

describe("a hook that passes", () => {
  it("is a step", () => {
    const hooks = "hooks: [{ name: smoke, when: beforeTraffic, lambda: smoke }]\n";
    const story = new Story(`${STEPS}${QUIET}${hooks}`).prepared();
    const outcome = { verdict: "pass", detail: "200 in 12 ms" } as const;
    story.hear({ kind: "hookFinished", outcome }, "runHook");
    expect(story.last).toMatchObject({ kind: "step", reason: "200 in 12 ms", weight: 0 });
  });
});

describe("an older journal's notice", () => {
  it("is sent to everybody, with what it has", () => {
    const notice = { rollout: "r1", subject: "checkout: turning back", text: "bad", atMs: 7 };
    const found = noticeOf({ kind: "notify", notice, id: "r1/4", timeoutMs: 10_000 });
    expect(found).toMatchObject({ id: "r1/4", kind: "turningBack", name: "checkout", text: "bad" });
  });
});

describe("random walks", () => {
  it("tell every receiver of a start before anything, of each weight of a ramp at most when it doubled", () => {
    const spec = specOf(`
strategy: { budget: { failures: 2, maxTime: 2m } }
analysis: { minTime: 5s, margin: { rate: 10% } }
notify: [{ webhook: https://hooks.example.com/a }]
`);
    const seen = new Set<NoticeKind>();
    let ramps = 0;
    const smallRises: string[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const notices: Notice[] = [];
      const ids = new Set<string>();
      walk(
        createdFor(seed % 2 === 0 ? spec : SPECS.everything),
        seededChance(seed, 900),
        (step) => {
          for (const command of step.decision.commands) {
            if (command.kind !== "notify") continue;
            expect(ids.has(command.id)).toBe(false);
            ids.add(command.id);
            if (command.receiver === 0) notices.push(noticeOf(command));
          }
        },
      );
      for (const { kind } of notices) seen.add(kind);
      // Somebody may abort what has not begun.
      expect(["started", "turningBack", undefined]).toContain(notices[0]?.kind);
      expect(notices.every(({ reason, text }) => reason !== "" && text !== "")).toBe(true);
      let ended = false;
      let ramped = 0;
      for (const { kind, text, weight } of notices) {
        if (kind === "started") [ended, ramped] = [false, 0];
        if (text.endsWith("of the traffic is on the canary")) {
          if (weight < 2 * ramped) smallRises.push(`seed ${seed}: ${ramped} to ${weight}`);
          ramped = weight;
          ramps += 1;
        }
        expect(ended && kind === "finished", `seed ${seed}: finished twice`).toBe(false);
        if (kind === "finished") ended = true;
      }
    }
    expect(smallRises).toEqual([]);
    expect(ramps).toBeGreaterThan(20);
    expect([...seen].sort()).toEqual(
      ["started", "step", "held", "paused", "resumed", "promoted", "turningBack", "aborted"]
        .concat(["degraded", "trouble", "finished"])
        .sort(),
    );
  });
});

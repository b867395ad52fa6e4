// Protects the arbiter of alarms: what each class of alarm does under each answer of the specification, at the first
// weight, at a later one and at promotion. Silence never promotes and never rolls back; old journals go on as they were.
import { describe, expect, it } from "vitest";

import { createRollout, decide, fold, policyOf, responseTo } from "../../src/index.ts";
import type {
  AlarmClass,
  AlarmReading,
  AlarmResponse,
  CommandKind,
  Rollout,
  RolloutEvent,
} from "../../src/index.ts";
import { alarmGuard } from "../../src/rollout/alarms.ts";
import { ALL_TRAFFIC, NO_TRAFFIC, weightBps } from "../../src/weight.ts";
import { seededChance } from "../support/chance.ts";
import { createdFor, specOf, START_MS } from "../support/specs.ts";
import { walk } from "../support/walk.ts";

const STATE_OF = {
  ok: "ok",
  alarm: "alarm",
  noData: "insufficientData",
  wrongDimensions: "ok",
  stale: "ok",
  missing: undefined,
  unknown: "ok",
} as const satisfies Record<AlarmClass, AlarmReading["state"]>;

function reading(found: AlarmClass, over: Partial<AlarmReading> = {}): AlarmReading {
  const finding = { class: found, detail: `it is ${found}`, hint: "", warnings: [], evidence: {} };
  return { name: "errors", state: STATE_OF[found], reason: "because", finding, ...over };
}

function specWithAlarm(alarm: string) {
  return specOf(`
strategy: { canary: { steps: [{ setWeight: 10% }, { setWeight: 50% }] } }
alarms: [${alarm}]
analysis: none
`);
}

/** Tells a rollout its readings, each as the answer to the newest command that asked. */
class Story {
  rollout: Rollout;
  readonly events: RolloutEvent[] = [];
  notes: { readonly text: string; readonly evidence: unknown }[] = [];
  atMs = START_MS;

  constructor(alarm: string) {
    this.rollout = createRollout(createdFor(specWithAlarm(alarm)));
    this.tell({ kind: "tick", atMs: this.atMs });
  }

  tell(event: RolloutEvent): this {
    const { next, notes } = decide(this.rollout, event);
    this.events.push(event);
    this.rollout = next;
    this.notes.push(...notes.map(({ text, evidence }) => ({ text, evidence })));
    return this;
  }

  read(...readings: readonly AlarmReading[]): this {
    return this.tell({
      kind: "alarmsRead",
      readings,
      commandId: this.idOf("readAlarms"),
      atMs: this.atMs,
    });
  }

  /** A second later, with what the alarm is then. */
  next(next: AlarmReading): this {
    return this.later(1000).read(next);
  }

  later(ms: number): this {
    this.atMs += ms;
    return this.tell({ kind: "tick", atMs: this.atMs });
  }

  prepared(): this {
    const prepared = { stable: "1", canary: "2", published: true, token: "t0" };
    return this.tell({
      kind: "prepared",
      prepared,
      commandId: this.idOf("prepare"),
      atMs: this.atMs,
    });
  }

  shifted(weight: number): this {
    const route = { stable: "1", canary: "2", weight: weightBps(weight), token: `t${weight}` };
    return this.tell({
      kind: "routeSet",
      route,
      commandId: this.idOf("setWeight"),
      atMs: this.atMs,
    });
  }

  promoteFully(): this {
    return this.tell({
      kind: "promoteRequested",
      full: true,
      actor: "alice",
      reason: "because",
      atMs: this.atMs,
    });
  }

  idOf(kind: CommandKind): string {
    const entry = this.rollout.outstanding.findLast(({ command }) => command.kind === kind);
    if (entry === undefined) throw new Error(`no ${kind} is outstanding`);
    return entry.command.id;
  }

  get looked() {
    const entry = this.rollout.outstanding.find(({ command }) => command.kind === "readAlarms");
    return entry?.command.kind === "readAlarms" ? entry.command.classify : undefined;
  }

  get wanted(): readonly CommandKind[] {
    return this.rollout.outstanding.map(({ command }) => command.kind);
  }
}

type Verdict = "rises" | "held" | "fails" | "turnsBack";

/** What the guard says at three places of the plan: its first weight, its second, its promotion. */
function verdicts(rollout: Rollout): readonly Verdict[] {
  const places = [
    { weight: NO_TRAFFIC, index: 0 },
    { weight: weightBps(1000), index: 1 },
    { weight: weightBps(5000), index: rollout.plan.findIndex(({ kind }) => kind === "promote") },
  ];
  return places.map(({ weight, index }) => {
    const there = { ...rollout, weight, step: { index, enteredAtMs: START_MS, isDone: false } };
    if (alarmGuard.failing(there) !== undefined) return "turnsBack";
    const [blocker] = alarmGuard.blockers(there, START_MS);
    if (blocker === undefined) return "rises";
    return blocker.says === "fail" ? "fails" : "held";
  });
}

const ALWAYS = ["rises", "rises", "rises"] as const;
const AFTER_FIRST = ["rises", "held", "held"] as const;
const NEVER = ["held", "held", "held"] as const;

/** Total: every class with every answer that a specification can give it. */
const TABLE: Record<AlarmClass, Partial<Record<AlarmResponse, readonly Verdict[]>>> = {
  ok: { goOn: ALWAYS },
  alarm: {
    block: ["turnsBack", "turnsBack", "turnsBack"],
    mustRecover: ["rises", "rises", "fails"],
    ignore: ALWAYS,
  },
  noData: { block: NEVER, hold: AFTER_FIRST, ignore: ALWAYS },
  wrongDimensions: { block: NEVER, ignore: ALWAYS },
  stale: { block: NEVER, hold: AFTER_FIRST, ignore: ALWAYS },
  missing: { block: NEVER },
  unknown: { block: NEVER },
};

const CASES = Object.entries(TABLE).flatMap(([found, answers]) =>
  Object.entries(answers).map(([answer, expected]) => [found, answer, expected] as const),
);

describe("an alarm that is", () => {
  it("any class has a case here", () => {
    expect(CASES.length).toBe(14);
  });

  it.each(CASES)("%s, with the answer %s, says %j", (found, answer, expected) => {
    const isWritten = found in policyOf({ name: "errors", atStart: "block" });
    const policy = isWritten ? `, atStart: { ${found}: ${answer} }, reason: "why"` : "";
    const story = new Story(`{ name: errors${policy} }`);
    const [alarm] = story.rollout.spec.alarms;
    const kind = found as AlarmClass;
    expect(alarm && responseTo(policyOf(alarm), kind)).toBe(answer);
    const { next } = decide(story.rollout, {
      kind: "alarmsRead",
      readings: [reading(kind)],
      commandId: story.idOf("readAlarms"),
      atMs: START_MS,
    });
    expect(verdicts(next)).toEqual(expected);
  });

  it("OK, but only a state without a class, rises as before there were classes", () => {
    const story = new Story("errors").read({ name: "errors", state: "ok", reason: "" });
    expect(verdicts(story.rollout)).toEqual(ALWAYS);
  });
});

describe("an alarm that must recover", () => {
  const FIRING = "{ name: errors, atStart: mustRecover }";
  const begun = () => new Story(FIRING).read(reading("alarm")).prepared();

  it("lets the mending ship, and says in the journal what it waits for", () => {
    const story = begun();
    expect(story.wanted).toContain("setWeight");
    expect(story.notes).toContainEqual({
      text: "alarm errors: it is alarm: must recover before promotion",
      evidence: {
        alarm: "errors",
        class: "alarm",
        response: "mustRecover",
        found: "it is alarm",
        state: "alarm",
      },
    });
    expect(story.shifted(1000).wanted).toContain("setWeight");
  });

  it("does not promote before it has been OK, not even by a person's order", () => {
    const story = begun().shifted(1000).shifted(5000);
    expect(story.wanted).not.toContain("promote");
    expect(story.rollout.heldBy).toEqual([
      {
        guard: "alarm errors",
        says: "fail",
        detail: "it fired before the start and must be OK before promotion: because",
      },
    ]);
    expect(story.promoteFully().wanted).not.toContain("promote");
    expect(story.next(reading("ok")).wanted).toContain("promote");
    expect(story.notes.map(({ text }) => text)).toContain(
      "alarm errors went to OK: watched from now on",
    );
  });

  it("has not recovered by falling silent; that alone a person may set aside", () => {
    const silent = { name: "errors", state: "insufficientData", reason: "" } as const;
    const story = begun().shifted(1000).shifted(5000).next(silent);
    expect(story.rollout.heldBy).toMatchObject([{ guard: "alarm errors", says: "noData" }]);
    expect(story.promoteFully().wanted).toContain("promote");
  });

  it("is still the old alarm when it fires again after silence, whatever silence is worth", () => {
    const ignored = `{ name: errors, atStart: { alarm: mustRecover, noData: ignore }, reason: "why" }`;
    const silent = { name: "errors", state: "insufficientData", reason: "" } as const;
    const story = new Story(ignored).read(reading("alarm")).prepared().next(silent);
    expect(verdicts(story.rollout)).toEqual(["rises", "rises", "held"]);
    story.next(reading("alarm"));
    expect(story.rollout.abort).toBeUndefined();
    expect(verdicts(story.rollout)).toEqual(["rises", "rises", "fails"]);
  });

  it("holds a step of 100% like promotion", () => {
    const { rollout } = begun();
    const plan = [{ kind: "setWeight", weight: ALL_TRAFFIC }] as const;
    const [atStep] = verdicts({ ...rollout, plan });
    expect(atStep).toBe("fails");
  });

  it("is no old alarm when the canary had traffic before it was first read", () => {
    const story = new Story(FIRING).prepared();
    story.rollout = { ...story.rollout, weight: weightBps(1000) };
    const firing = { name: "errors", state: "alarm", reason: "because" } as const;
    const event = { readings: [firing], commandId: story.idOf("readAlarms"), atMs: story.atMs };
    expect(story.tell({ kind: "alarmsRead", ...event }).rollout.abort?.cause.kind).toBe("alarm");
  });

  it("turns the rollout back when it fires again after it was OK", () => {
    const story = begun().shifted(1000).next(reading("ok")).next(reading("alarm"));
    expect(story.rollout.abort?.cause).toEqual({ kind: "alarm", name: "errors" });
  });

  it("turns the rollout back when it first fires after the start", () => {
    const story = new Story(FIRING).read(reading("ok")).prepared().next(reading("alarm"));
    expect(story.rollout.abort?.cause).toEqual({ kind: "alarm", name: "errors" });
  });

  it("ends with the deadline, which names it, when it never recovers", () => {
    const story = begun()
      .shifted(1000)
      .shifted(5000)
      .later(25 * 3_600_000);
    expect(story.rollout.abort?.cause).toEqual({ kind: "deadline" });
    expect(story.rollout.abort?.detail).toContain("alarm errors");
  });
});

describe("an alarm that fires and is of the wrong dimensions besides", () => {
  it("needs an answer to both", () => {
    const both = { ...reading("wrongDimensions"), state: "alarm" } as const;
    const firing = new Story(
      `{ name: errors, atStart: { wrongDimensions: ignore }, reason: "why" }`,
    ).read(both);
    expect(firing.rollout.abort?.cause).toEqual({ kind: "alarm", name: "errors" });
    const blind = new Story("{ name: errors, atStart: mustRecover }").read(both);
    expect(verdicts(blind.rollout)).toEqual(["held", "held", "fails"]);
    expect(blind.notes.map(({ text }) => text)).toContain(
      "alarm errors: it is wrongDimensions: the weight does not rise; in ALARM already: must recover before promotion",
    );
  });
});

describe("readings without a class", () => {
  const plain = (state: AlarmReading["state"]) => ({ name: "errors", state, reason: "" });

  it("leave the class as it was found", () => {
    const story = new Story("errors").read(reading("stale")).next(plain("ok"));
    expect(verdicts(story.rollout)).toEqual(AFTER_FIRST);
  });

  it("hold when the alarm is gone", () => {
    const story = new Story("errors").read(reading("ok")).next(plain(undefined));
    expect(verdicts(story.rollout)).toEqual(NEVER);
  });

  it("hold when they are too old", () => {
    const { rollout } = new Story("errors").read(reading("ok"));
    expect(alarmGuard.blockers(rollout, START_MS + 8000)).toEqual([]);
    expect(alarmGuard.blockers(rollout, START_MS + 8001)).toMatchObject([{ says: "noData" }]);
  });
});

describe("classifying", () => {
  const withCanary = (found: AlarmClass, canary: string | undefined = "2") => {
    const plain = reading(found);
    const finding = plain.finding;
    if (finding === undefined) throw new Error("a reading of a class has a finding");
    return { ...plain, finding: { ...finding, ...(canary === undefined ? {} : { canary }) } };
  };

  it("is asked for at the start, and once more when the canary has its number", () => {
    const story = new Story("errors");
    expect(story.looked).toEqual({ names: ["errors"], stable: "1" });
    story.read(reading("ok")).prepared().later(1000);
    expect(story.looked).toEqual({ names: ["errors"], stable: "1", canary: "2" });
    expect(story.read(withCanary("ok")).later(1000).looked).toBeUndefined();
  });

  it("is repeated every minute while the alarm holds the weight, and lets it go when mended", () => {
    const story = new Story("errors").prepared().read(withCanary("wrongDimensions"));
    expect(story.wanted).not.toContain("setWeight");
    expect(story.later(1000).looked).toBeUndefined();
    story.read({ name: "errors", state: "ok", reason: "" });
    expect(story.later(60_000).looked).toMatchObject({ names: ["errors"] });
    expect(story.read(withCanary("ok")).wanted).toContain("setWeight");
  });

  it("is repeated at once when a silent alarm changes its state", () => {
    const story = new Story("errors").prepared().read(withCanary("noData"));
    story.next({ name: "errors", state: "ok", reason: "" });
    expect(story.later(1000).looked).toMatchObject({ names: ["errors"] });
  });

  it("is not repeated for what the specification ignores", () => {
    const story = new Story(`{ name: errors, atStart: { stale: ignore }, reason: "why" }`)
      .prepared()
      .read(withCanary("stale"));
    expect(story.later(120_000).looked).toBeUndefined();
  });

  it("gets more time than reading the states", () => {
    const story = new Story("errors");
    const timeouts = () =>
      story.rollout.outstanding
        .filter(({ command }) => command.kind === "readAlarms")
        .map(({ command }) => command.timeoutMs);
    expect(timeouts()).toEqual([25_000]);
    story.read(reading("ok")).later(1000);
    expect(timeouts()).toEqual([10_000]);
  });
});

describe("a restart", () => {
  it("forgets nothing: the journal's events, read back as JSON, give the same state", () => {
    const alarm = `{ name: errors, atStart: { alarm: mustRecover, stale: ignore }, reason: "why" }`;
    const story = new Story(alarm).read(reading("alarm")).prepared().shifted(1000);
    story.next({ ...reading("stale"), state: "alarm" });
    const events: RolloutEvent[] = JSON.parse(JSON.stringify(story.events));
    const again = fold(createdFor(specWithAlarm(alarm)), events);
    expect(again).toEqual(story.rollout);
    expect(JSON.parse(JSON.stringify(again))).toEqual(again);
    expect(again.alarms).toMatchObject([{ isRecovering: true, found: { class: "stale" } }]);
  });
});

const SEED = Number(process.env["SIM_SEED"] ?? 1);
const RUNS = 200;

describe("random walks with an alarm that must recover", () => {
  it(`never promote before it was OK, nor turn back for it (SIM_SEED=${SEED})`, () => {
    const spec = specWithAlarm("{ name: errors, atStart: mustRecover }");
    let promoted = 0;
    let recovering = 0;
    for (let run = 0; run < RUNS; run++) {
      walk(createdFor(spec), seededChance(SEED + run, 400), ({ before, decision }) => {
        const { next, commands } = decision;
        const isRecovering = next.alarms.some((alarm) => alarm.isRecovering === true);
        if (isRecovering) recovering += 1;
        const isAbortForIt = before.abort === undefined && next.abort?.cause.kind === "alarm";
        expect(isRecovering && isAbortForIt).toBe(false);
        if (!commands.some(({ kind }) => kind === "promote")) return;
        promoted += 1;
        expect(next.alarms.filter(({ state }) => state === "alarm")).toEqual([]);
        // Fallen silent it counts as a lack of data, which a person may set aside.
        expect(isRecovering && next.forcedBy === undefined).toBe(false);
      });
    }
    expect(promoted).toBeGreaterThan(10);
    expect(recovering).toBeGreaterThan(100);
  });
});

describe("a journal from before there were classes", () => {
  const old = { name: "errors", atStart: "ignore", noData: "hold" } as const;
  const rollout = createRollout(createdFor({ ...specWithAlarm("errors"), alarms: [old] }));

  it("keeps its answers: ignored at the start, held without data", () => {
    expect(policyOf(old)).toMatchObject({ alarm: "ignore", noData: "hold" });
    const { next } = decide(rollout, { kind: "tick", atMs: START_MS });
    const commandId =
      next.outstanding.find(({ command }) => command.kind === "readAlarms")?.command.id ?? "";
    const readings = [{ name: "errors", state: "alarm", reason: "old" }] as const;
    const read = decide(next, { kind: "alarmsRead", readings, commandId, atMs: START_MS }).next;
    expect(read.alarms[0]).toMatchObject({ isIgnored: true });
    expect(verdicts(read)).toEqual(ALWAYS);
  });

  it("is not classified in the middle", () => {
    const alarm = {
      name: "errors",
      state: "ok",
      reason: "",
      readAtMs: START_MS,
      isIgnored: false,
    } as const;
    const under = {
      ...decide(rollout, { kind: "tick", atMs: START_MS }).next,
      alarms: [alarm],
      outstanding: [],
      weight: ALL_TRAFFIC,
    };
    const turn = alarmGuard.poll({ rollout: under, atMs: START_MS + 1000, notes: [] });
    expect(turn.rollout.outstanding.map(({ command }) => command)).toMatchObject([
      { kind: "readAlarms", names: ["errors"] },
    ]);
    expect(turn.rollout.outstanding[0]?.command).not.toHaveProperty("classify");
  });
});

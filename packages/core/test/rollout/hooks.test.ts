// Protects the points of a rollout at which hooks are asked, what the canary may have by then, and the rule that
// nothing turns back by itself once a hook was asked that cannot be undone.
import { describe, expect, it } from "vitest";

import type { Command, RolloutEvent } from "../../src/index.ts";
import { Play } from "../support/play.ts";

const POINTS = [
  "beforeInstall",
  "afterInstall",
  "afterTestTraffic",
  "beforeTraffic",
  "step",
  "afterTraffic",
] as const;

const ALL_POINTS = `
strategy: { canary: { steps: [{ setWeight: 50% }, { hook: step }] } }
hooks:
${POINTS.toReversed()
  .map((when) => `  - { name: ${when}, when: ${when}, command: ["./${when}"] }`)
  .join("\n")}
`;

/** Steps with a migration that cannot be undone; the canary has 20 % when `contract` is asked. */
const MIGRATION = `
strategy: { canary: { steps: [{ setWeight: 20% }, { hook: contract }, { pause: 1m }, { setWeight: 60% }] } }
alarms: [errors]
hooks:
  - { name: migrate, when: beforeTraffic, command: [./migrate], reversible: false }
  - { name: contract, when: step, command: [./contract] }
deadline: 10m
`;

const QUIET = { perSecond: 100, stableErrors: 0, canaryErrors: 0 };

type Said = Readonly<Record<string, "pass" | "fail" | "error">>;

/** Answers the hooks of these names as said, and lets all others pass; the alarm fires when it is told to. */
function hooks(verdicts: Said, fires: (play: Play) => boolean = () => false) {
  const calls: (Command & { readonly kind: "runHook" })["call"][] = [];
  const answer = (command: Command, play: Play): RolloutEvent | undefined => {
    const at = { commandId: command.id, atMs: play.atMs };
    if (command.kind === "readAlarms") {
      const state = fires(play) ? "alarm" : "ok";
      return {
        kind: "alarmsRead",
        ...at,
        readings: [{ name: "errors", state, reason: "because" }],
      };
    }
    if (command.kind !== "runHook") return undefined;
    calls.push(command.call);
    const verdict = verdicts[command.call.name] ?? "pass";
    return { kind: "hookFinished", ...at, outcome: { verdict, detail: `said ${verdict}` } };
  };
  return { calls, answer };
}

describe("the points of a rollout", () => {
  it("come in their order, whatever order the file has, and the first before anything is made", () => {
    const { calls, answer } = hooks({});
    const play = new Play(ALL_POINTS, QUIET, { answer }).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    expect(calls.map(({ input }) => [input.when, input.canary, input.weightBps])).toEqual([
      ["beforeInstall", undefined, 0],
      ["afterInstall", "2", 0],
      ["afterTestTraffic", "2", 0],
      ["beforeTraffic", "2", 0],
      ["step", "2", 5000],
      ["afterTraffic", "2", 10_000],
    ]);
    const asked = play.notes.indexOf("hook beforeInstall asked");
    expect(asked).toBeGreaterThan(-1);
    expect(asked).toBeLessThan(play.notes.indexOf("preparing the canary"));
  });

  it.each(POINTS.slice(0, 4))("%s: a canary whose hook fails never gets traffic", (point) => {
    const { answer } = hooks({ [point]: "fail" });
    const play = new Play(ALL_POINTS, QUIET, { answer }).run();
    expect(play.rollout).toMatchObject({ phase: "aborted", barredBy: point });
    expect(play.weights).toEqual([]);
  });

  it("makes nothing at all when a hook before installation fails", () => {
    const { answer } = hooks({ beforeInstall: "error" });
    const play = new Play(ALL_POINTS, QUIET, { answer }).run();
    expect(play.rollout.phase).toBe("aborted");
    expect(play.rollout.versions).toBeUndefined();
    expect(play.notes).not.toContain("preparing the canary");
  });
});

describe("after a hook that cannot be undone", () => {
  it("freezes at the weight reached when a later hook fails, and asks that hook again when told to go on", () => {
    const verdicts: Record<string, "pass" | "fail"> = { contract: "fail" };
    const { calls, answer } = hooks(verdicts);
    const play = new Play(MIGRATION, QUIET, { answer }).run();
    expect(play.rollout).toMatchObject({
      phase: "paused",
      weight: 2000,
      pause: { why: "frozen", hook: "migrate", cause: { kind: "hook", name: "contract" } },
    });
    expect(play.notes.at(-1)).toContain("hook migrate cannot be undone");
    verdicts["contract"] = "pass";
    play.ask("resumeRequested").run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    expect(calls.filter(({ name }) => name === "contract")).toHaveLength(2);
  });

  it("freezes when that very hook fails: half of what it does may be done", () => {
    const { answer } = hooks({ migrate: "error" });
    const play = new Play(MIGRATION, QUIET, { answer }).run();
    expect(play.rollout).toMatchObject({ phase: "paused", pause: { why: "frozen" }, weight: 0 });
  });

  it("freezes when an alarm fires, once, and a person may still turn back", () => {
    const { answer } = hooks({}, ({ rollout }) => rollout.weight > 0);
    const play = new Play(MIGRATION, QUIET, { answer }).run();
    expect(play.rollout).toMatchObject({ phase: "paused", weight: 2000 });
    const before = play.notes.length;
    for (let polls = 0; polls < 20; polls++) play.step();
    expect(play.notes.slice(before).filter((text) => text.startsWith("paused"))).toEqual([]);
    play.tell({
      kind: "abortRequested",
      actor: "alice",
      reason: "undone by hand",
      atMs: play.atMs,
    });
    play.run();
    expect(play.rollout).toMatchObject({ phase: "aborted", weight: 0 });
  });

  it("freezes when its process is told to end: nobody looked at it", () => {
    const { answer } = hooks({});
    const end = {
      kind: "abortRequested",
      unattended: true,
      actor: "ci",
      reason: "interrupted",
    } as const;
    const play = new Play(MIGRATION, QUIET, { answer });
    while (play.rollout.weight === 0) expect(play.step()).toBe(true);
    play.tell({ ...end, atMs: play.atMs });
    expect(play.rollout).toMatchObject({ phase: "paused", pause: { why: "frozen" }, weight: 2000 });
    expect(play.notes.at(-1)).toContain("paused: interrupted; frozen and not turned back");
    const plain = new Play(MIGRATION.replace("reversible: false", "reversible: true"), QUIET, {
      answer,
    });
    while (plain.rollout.weight === 0) expect(plain.step()).toBe(true);
    plain.tell({ ...end, atMs: plain.atMs });
    expect(plain.run().rollout).toMatchObject({ phase: "aborted", weight: 0 });
  });

  it("freezes at the deadline, and goes on for as long again when told to", () => {
    const spec = MIGRATION.replace("pause: 1m", "approval: { deadline: 1h }");
    const play = new Play(spec, QUIET, { answer: hooks({}).answer }).run();
    play.run(600_000);
    while (play.rollout.pause?.why !== "frozen") expect(play.step()).toBe(true);
    expect(play.rollout.pause.cause).toEqual({ kind: "deadline" });
    play.ask("resumeRequested");
    expect(play.rollout).toMatchObject({ phase: "paused", pause: { why: "approval" } });
    expect(play.rollout.deadlineAtMs).toBe(play.atMs + 600_000);
  });
});

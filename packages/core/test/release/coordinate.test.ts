// Protects what makes several rollouts one release: nobody gets traffic before all are ready, targets follow those that
// they need, all are promoted or none, what came last turns back first, and the outcome is that of the worst.
import { describe, expect, it } from "vitest";
import { coordinate, decide, failedTarget, waitsFor } from "../../src/index.ts";
import type { Command, Rollout, RolloutEvent } from "../../src/index.ts";
import type { Play } from "../support/play.ts";
import { seededChance } from "../support/chance.ts";
import { ReleasePlay } from "../support/release-play.ts";
import { START_MS } from "../support/specs.ts";

const target = (name: string, rest = "") => `
    ${name}:
      target: { lambda: { function: ${name}, alias: live } }
      revision: { version: 2 }
      analysis: none
      strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 20s }] } }
      hooks: [{ name: check, when: beforeTraffic, command: [./check] }, { name: after, when: afterTraffic, command: [./after] }]
      ${rest}`;

const shop = (rest: string, extra: Readonly<Record<string, string>> = {}) => `
name: shop
release:
  ${rest}
  targets:${["db", "api", "web"].map((name) => target(name, extra[name])).join("")}
`;

/** Says these verdicts of hooks, by the hook's name. */
function hooks(verdicts: Readonly<Record<string, "pass" | "fail">> = {}) {
  return (command: Command, play: Play): RolloutEvent | undefined => {
    if (command.kind !== "runHook") return undefined;
    const verdict = verdicts[command.call.name] ?? "pass";
    const outcome = { verdict, detail: `said ${verdict}` };
    return { kind: "hookFinished", commandId: command.id, atMs: play.atMs, outcome };
  };
}

/** Tries in vain to prepare for a while, as a platform does that starts containers. */
function slowToPrepare(command: Command, play: Play): RolloutEvent | undefined {
  if (command.kind !== "prepare" || play.atMs > START_MS + 3000) return undefined;
  const failure = { code: "TIMED_OUT", message: "not yet", hint: "", jitter: 0 } as const;
  return { kind: "commandFailed", commandId: command.id, atMs: play.atMs, ...failure };
}

const PASS = { db: hooks(), api: hooks(), web: hooks() };

describe("in sequence", () => {
  it("each follows the one before it, and all end together", () => {
    const play = new ReleasePlay(shop("shift: sequence"), PASS).run();
    expect(play.outcome).toBe("promoted");
    expect(play.events.filter((text) => !text.endsWith("healthy"))).toEqual([
      "db ready",
      "api ready",
      "web ready",
      "db traffic",
      "db promoted",
      "api traffic",
      "api promoted",
      "web traffic",
      "web promoted",
    ]);
    expect(play.events.slice(-3).every((text) => text.endsWith("healthy"))).toBe(true);
  });

  it("what needs nothing goes first, and what is not needed does not wait", () => {
    const needs = "needs: { db: [web], api: [web] }";
    const { events, outcome } = new ReleasePlay(shop(needs), PASS).run();
    expect(outcome).toBe("promoted");
    expect(events.indexOf("web promoted")).toBeLessThan(events.indexOf("db traffic"));
    expect(events.indexOf("api traffic")).toBeLessThan(events.indexOf("db promoted"));
  });

  it("gives nobody traffic before all are ready, also when none has a hook before it", () => {
    const plain = shop("needs: { web: [api] }").replace(/hooks: .*/g, "");
    const { events } = new ReleasePlay(plain, { web: slowToPrepare }).run();
    expect(events.slice(0, 3)).toEqual(["db ready", "api ready", "web ready"]);
  });

  it("costs no traffic when one of them cannot begin", () => {
    const play = new ReleasePlay(shop("shift: sequence"), {
      ...PASS,
      web: hooks({ check: "fail" }),
    });
    play.run();
    expect(play.outcome).toBe("rolledBack");
    expect(play.events.filter((text) => /traffic|promoted/.test(text))).toEqual([]);
    expect(play.rollout("db").abort?.cause).toEqual({ kind: "release" });
    expect(play.rollout("db").abort?.detail).toContain(
      "web of the same release turned back: hook check",
    );
  });

  it("takes back what was promoted, the last one first, when a later one fails", () => {
    const play = new ReleasePlay(shop("shift: sequence"), {
      ...PASS,
      web: hooks({ after: "fail" }),
    });
    play.run();
    expect(play.outcome).toBe("rolledBack");
    const back = play.events.filter((text) => text.endsWith("back"));
    expect(back).toEqual(["web back", "api back", "db back"]);
    for (const name of ["db", "api", "web"]) expect(play.rollout(name).weight).toBe(0);
  });

  it("leaves what must not turn back where it is, and takes the others back", () => {
    const once =
      "hooks: [{ name: migrate, when: beforeTraffic, reversible: false, command: [./migrate] }]";
    const text = shop("shift: sequence", { db: "" }).replace(
      /(db:[^]*?)hooks: \[[^]*?\]\n/,
      `$1${once}\n`,
    );
    const play = new ReleasePlay(text, { ...PASS, web: hooks({ after: "fail" }) });
    play.run();
    expect(play.outcome).toBeUndefined();
    expect(play.rollout("db")).toMatchObject({
      phase: "paused",
      weight: 10_000,
      pause: { why: "frozen" },
    });
    expect(play.rollout("api")).toMatchObject({ phase: "aborted", weight: 0 });
    expect(play.rollout("db").pause?.detail).not.toContain(".;");
    // Whoever goes on with it keeps its new version, and the release says that it is neither whole nor back.
    const by = { actor: "alice", reason: "both codes can live with it", atMs: play.nowMs };
    play.plays.get("db")?.tell({ kind: "resumeRequested", ...by });
    expect(play.run().outcome).toBe("degraded");
    expect(play.rollout("db")).toMatchObject({ phase: "healthy", weight: 10_000 });
  });

  it("names the target that turned back first, whatever a person did to another later", () => {
    const play = new ReleasePlay(shop("shift: sequence"), {
      ...PASS,
      web: hooks({ after: "fail" }),
    });
    play.run(600_000, ({ plays, nowMs }) => {
      if (play.rollout("web").abort === undefined || play.rollout("db").abort !== undefined) return;
      const by = { actor: "alice", reason: "me too", atMs: nowMs + 1 };
      plays.get("db")?.tell({ kind: "abortRequested", ...by });
    });
    expect(play.rollout("db").abort?.cause.kind).toBe("person");
    expect(failedTarget(play.spec, play.rollouts)).toBe("web");
  });
});

describe("a target that a person paused where it waits for the others", () => {
  const pause = { kind: "pauseRequested", actor: "alice", reason: "wait" } as const;
  const isAtTheEnd = ({ phase, plan, step }: Rollout) =>
    phase === "baking" && plan[step.index]?.kind === "barrier";

  it("is not through: nobody who needs it gets traffic", () => {
    const play = new ReleasePlay(shop("shift: sequence"), PASS);
    let waiting: Rollout | undefined;
    play.run(600_000, ({ rollouts }) => {
      const api = rollouts.get("api");
      if (api?.plan[api.step.index]?.kind === "barrier" && api.weight === 0) waiting ??= api;
    });
    const walk = new ReleasePlay(shop("shift: sequence"), PASS);
    walk.run(600_000, () => {
      const db = walk.rollout("db");
      if (waiting === undefined || !isAtTheEnd(db)) return;
      const rollouts = new Map([...walk.rollouts, ["api", waiting]]);
      expect(coordinate(walk.spec, rollouts)).toMatchObject([
        { target: "api", barrier: "traffic" },
      ]);
      const held = decide(db, { ...pause, atMs: walk.nowMs }).next;
      rollouts.set("db", held);
      expect(coordinate(walk.spec, rollouts)).toEqual([]);
      expect(waitsFor(walk.spec, rollouts, "api")).toEqual(["db"]);
      waiting = undefined;
    });
    expect(waiting).toBeUndefined();
  });

  it("ends with the others: all keep their stable versions until it goes on, or turns back", () => {
    const play = new ReleasePlay(shop("shift: sequence"), PASS);
    play.run(600_000, ({ plays, nowMs }) => {
      const api = plays.get("api");
      if (play.rollout("web").weight !== 2000 || api?.rollout.phase !== "baking") return;
      api.tell({ ...pause, atMs: nowMs });
    });
    expect(play.outcome).toBeUndefined();
    expect(play.rollout("api")).toMatchObject({ phase: "paused", weight: 10_000 });
    for (const name of ["db", "web"]) expect(play.rollout(name).phase).toBe("baking");
    const by = { actor: "alice", reason: "no", atMs: play.nowMs };
    play.plays.get("api")?.tell({ kind: "abortRequested", ...by });
    expect(play.run().outcome).toBe("abortedByPerson");
    for (const name of ["db", "api", "web"]) expect(play.rollout(name).weight).toBe(0);
  });
});

it("is promoted once the last barrier is open, also at its deadline", () => {
  const play = new ReleasePlay(shop("shift: sequence"), PASS);
  let isOpened = false;
  play.run(600_000, ({ plays }) => {
    const db = plays.get("db");
    if (db === undefined || isOpened) return;
    const { phase, plan, step, deadlineAtMs } = db.rollout;
    if (phase !== "baking" || plan[step.index]?.kind !== "barrier") return;
    isOpened = true;
    const by = { actor: "release shop", reason: "all are through", atMs: deadlineAtMs };
    db.tell({ kind: "barrierOpened", barrier: "release", ...by });
    expect(db.rollout.phase).toBe("healthy");
  });
  expect(isOpened).toBe(true);
});

describe("together", () => {
  it("all get traffic at once, and none is promoted before all have passed their steps", () => {
    const slow = shop("shift: together").replace("pause: 20s", "pause: 5m");
    const { events, outcome } = new ReleasePlay(slow, PASS).run();
    expect(outcome).toBe("promoted");
    expect(events.slice(3, 6)).toEqual(["db traffic", "api traffic", "web traffic"]);
    expect(events.slice(6, 9)).toEqual(["db promoted", "api promoted", "web promoted"]);
  });

  it("promotes those that are needed first", () => {
    const play = new ReleasePlay(shop("shift: together\n  needs: { db: [api], api: [web] }"), PASS);
    const promoted = play.run().events.filter((text) => text.endsWith("promoted"));
    expect(promoted).toEqual(["web promoted", "api promoted", "db promoted"]);
  });
});

it("is all or nothing, whatever fails where", () => {
  const seed = Number(process.env["SIM_SEED"] ?? 20_261_121);
  for (let walk = 0; walk < 60; walk++) {
    const chance = seededChance(seed + walk, 400);
    const verdict = () => (chance.int(6) === 0 ? ("fail" as const) : ("pass" as const));
    const answers = Object.fromEntries(
      ["db", "api", "web"].map((name) => [name, hooks({ check: verdict(), after: verdict() })]),
    );
    const shift = chance.int(2) === 0 ? "sequence" : "together";
    const play = new ReleasePlay(shop(`shift: ${shift}`), answers).run(
      7_200_000,
      ({ rollouts }) => {
        const all = [...rollouts.values()];
        const isServed = all.some(({ weight }) => weight > 0);
        // Ready once, they stay so: a canary that is missing means that nobody may have traffic.
        expect(
          isServed && all.some(({ versions }) => versions === undefined),
          `seed ${seed + walk}`,
        ).toBe(false);
      },
    );
    const weights = new Set([...play.rollouts.values()].map(({ weight }) => weight));
    expect([...weights], `seed ${seed + walk}: ${play.events.join(", ")}`).toEqual([
      play.outcome === "promoted" ? 10_000 : 0,
    ]);
  }
});

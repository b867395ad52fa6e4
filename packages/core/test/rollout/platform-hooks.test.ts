// Protects rollouts whose hooks CodeDeploy asks: Headgate never asks them again, waits for them as long as CodeDeploy
// does without calling it trouble, and turns back with the hook's own name when one did not pass.
import { describe, expect, it } from "vitest";
import type { Command, LiveRoute, PlatformEnd, RolloutEvent } from "../../src/index.ts";
import { NO_TRAFFIC, parseSpec, weightBps } from "../../src/index.ts";
import { GOOD, Play } from "../support/play.ts";
import { START_MS } from "../support/specs.ts";

const MINUTE_MS = 60_000;
const SPEC = `
target: { lambda: { function: checkout, alias: live, via: { codeDeploy: { application: shop, deploymentGroup: prod } } } }
strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 5m }] } }
analysis: none
hooks:
  - { name: before, when: beforeTraffic, lambda: { function: check, protocol: codeDeploy } }
  - { name: after, when: afterTraffic, lambda: { function: proof, protocol: codeDeploy } }
`;
const BEFORE = { name: "before", event: "BeforeAllowTraffic", functionName: "check" };
const ENDED: PlatformEnd = {
  by: "hook",
  name: "before",
  detail: "hook before: function check did not pass",
  hook: BEFORE,
};

/** CodeDeploy, whose function needs some minutes, and then passes or does not. */
function play(minutes: number, ended?: PlatformEnd, after: "pass" | "fail" = "pass") {
  const calls: string[] = [];
  let orderedMs: number | undefined;
  const routeAt = (atMs: number): LiveRoute => {
    const token = "t";
    const stable = { stable: "1", weight: NO_TRAFFIC, token };
    if (orderedMs === undefined) return stable;
    const passedMs = orderedMs + minutes * MINUTE_MS;
    if (atMs < passedMs) return { ...stable, course: { isUnderWay: true, asks: BEFORE } };
    if (ended !== undefined) return { ...stable, course: { ended } };
    const movesAtMs = passedMs + 5 * MINUTE_MS;
    if (atMs >= movesAtMs) return { stable: "2", weight: NO_TRAFFIC, token };
    const course = { isUnderWay: true, movesAtMs, nextWeight: weightBps(10_000) };
    return { stable: "1", canary: "2", weight: weightBps(1000), token, course };
  };
  const answer = (command: Command, { atMs }: Play): RolloutEvent | undefined => {
    const at = { commandId: command.id, atMs };
    calls.push(command.kind);
    switch (command.kind) {
      case "setWeight":
        orderedMs ??= atMs;
        return { kind: "routeSet", ...at, route: routeAt(atMs) };
      case "promote":
        // The driver waits until CodeDeploy has come there.
        return { kind: "routeSet", ...at, atMs: atMs + 20_000, route: routeAt(atMs + 20_000) };
      case "restore":
        orderedMs = undefined;
        return { kind: "routeSet", ...at, route: routeAt(atMs) };
      case "readRoute":
        return { kind: "routeRead", ...at, route: routeAt(atMs) };
      case "runHook": {
        const { name, target, timeoutMs } = command.call;
        calls.push(`${name} ${target.kind} ${timeoutMs / MINUTE_MS}`);
        const outcome = { verdict: after, detail: `told ${after}` };
        return { kind: "hookFinished", ...at, outcome };
      }
      default:
        return undefined;
    }
  };
  const created = { target: { id: "t", label: "t", resolutionBps: 100 } };
  const played = new Play(SPEC, GOOD, { created, unanswered: ["readTraffic"], answer });
  return { play: played, calls };
}

describe("a function that CodeDeploy asks before traffic", () => {
  it("is waited for, for most of its hour, without an attempt being counted or trouble told", () => {
    const { play: played, calls } = play(59);
    played.run(3 * 60 * MINUTE_MS);
    expect(played.rollout.phase, played.notes.join("\n")).toBe("healthy");
    const notes = played.notes.join("\n");
    expect(notes).toContain(
      "hook before: CodeDeploy has asked function check (BeforeAllowTraffic) and waits for its report",
    );
    expect(notes.match(/waits for its report/g)).toHaveLength(1);
    expect(notes).toContain("hook before passed: function check reported Succeeded to CodeDeploy");
    expect(notes).not.toContain("did not succeed");
    // Looked at every five seconds, and asked by nobody here.
    expect(calls.filter((call) => call === "setWeight")).toHaveLength((59 * 60) / 5 + 1);
    expect(calls.filter((call) => call.startsWith("before"))).toEqual([]);
  });

  it("turns the rollout back with its own name, event and function when it does not pass", () => {
    const { play: played } = play(3, ENDED);
    played.run(60 * MINUTE_MS);
    const { rollout } = played;
    expect(rollout.abort).toMatchObject({
      cause: { kind: "hook", name: "before" },
      detail: ENDED.detail,
    });
    expect(rollout.finished?.outcome).toBe("rolledBack");
    expect(played.weights).toEqual([]);
  });

  it("does not keep a person from turning back", () => {
    const { play: played } = play(59);
    played.run(2 * MINUTE_MS);
    expect(played.rollout.phase).toBe("progressing");
    const who = { actor: "alice", reason: "enough", atMs: played.atMs };
    played.tell({ kind: "abortRequested", ...who });
    played.run(MINUTE_MS);
    expect(played.rollout.finished?.outcome).toBe("abortedByPerson");
  });
});

describe("a function that CodeDeploy asks after all traffic", () => {
  it("is read from the deployment, once, with time for CodeDeploy's hour", () => {
    const { play: played, calls } = play(0);
    played.run(60 * MINUTE_MS);
    expect(played.rollout.phase).toBe("healthy");
    expect(calls.filter((call) => call.startsWith("after"))).toEqual([
      "after codeDeployFunction 70",
    ]);
    expect(played.notes.join("\n")).toContain("hook after passed: told pass");
  });

  it("turns back when it did not pass", () => {
    const { play: played } = play(0, undefined, "fail");
    played.run(60 * MINUTE_MS);
    expect(played.rollout.abort?.cause).toEqual({ kind: "hook", name: "after" });
    expect(played.rollout.finished?.outcome).toBe("rolledBack");
  });
});

describe("functions that CodeDeploy asks while it installs", () => {
  const { spec } = parseSpec(
    `
name: web
target: { ecs: { cluster: shop, service: web, container: app, listener: "shop:443", targetGroups: [a, b], via: { codeDeploy: { application: shop, deploymentGroup: prod } } } }
analysis: none
revision: { image: "web:2" }
strategy: { allAtOnce: {} }
hooks:
  - { name: install, when: beforeInstall, lambda: { function: check, protocol: codeDeploy } }
  - { name: installed, when: afterInstall, lambda: { function: check, protocol: codeDeploy } }
`,
    "headgate.yaml",
  );

  it("give the preparation their hours, and end it with their name", () => {
    const hook = { name: "install", event: "BeforeInstall", functionName: "check" };
    const ended: PlatformEnd = { by: "hook", name: "install", detail: "it said no", hook };
    const prepared = { stable: "1", canary: "2", published: true, token: "t", ended };
    const asked: Command[] = [];
    const played = new Play("strategy: { allAtOnce: {} }", GOOD, {
      created: { spec },
      answer(command, { atMs }) {
        if (command.kind !== "prepare") return undefined;
        asked.push(command);
        return { kind: "prepared", commandId: command.id, atMs, prepared };
      },
    });
    played.run(MINUTE_MS);
    expect(asked.map(({ timeoutMs }) => timeoutMs / MINUTE_MS)).toEqual([15 + 120]);
    expect(played.rollout.abort?.cause).toEqual({ kind: "hook", name: "install" });
    expect(played.rollout.finished?.outcome).toBe("rolledBack");
    expect(played.atMs - START_MS).toBeLessThan(MINUTE_MS);
  });
});

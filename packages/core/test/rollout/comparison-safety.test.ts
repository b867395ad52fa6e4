// Protects the two promises that the comparison makes: all traffic only for a canary that is proved, or that a person
// or the policy let through; and counts that are missing, late or unreadable decide nothing.
import { describe, expect, it } from "vitest";

import { BAD, BUDGET, CANARY, GOOD, LINEAR, Play } from "../support/play.ts";
import type { PlayOptions, Traffic } from "../support/play.ts";
import { START_MS } from "../support/specs.ts";

const TO_ALL =
  "strategy: { canary: { steps: [{ setWeight: 10% }, { setWeight: 100% }, { pause: 1m }] } }\nanalysis: {}\n";
const rare: Traffic = { perSecond: 0.5, stableErrors: 0, canaryErrors: 0 };

describe("a step of 100%", () => {
  it("waits for proof as promotion does", () => {
    const play = new Play(TO_ALL, GOOD).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    const all = play.weights.find(({ weight }) => weight === 10_000);
    expect(all?.atMs).toBeGreaterThanOrEqual(60_000);
    expect(play.rollout.comparison?.provedAtMs).toBeLessThanOrEqual(START_MS + (all?.atMs ?? 0));
  });

  it("is not reached without proof", () => {
    const play = new Play(TO_ALL, rare).run();
    expect(play.rollout).toMatchObject({ phase: "paused", weight: 1000 });
  });

  it("is refused to a bad canary", () => {
    const play = new Play(TO_ALL, BAD).run();
    expect(play.rollout.finished?.outcome).toBe("rolledBack");
    expect(Math.max(...play.weights.map(({ weight }) => weight))).toBe(1000);
  });
});

describe("silence", () => {
  const short = (spec: string, policy: string) =>
    spec.replace("analysis: {}", `analysis: { maxWait: 5m, underpowered: ${policy} }`);

  const unreadable: PlayOptions["answer"] = (command, { atMs }) =>
    command.kind === "count"
      ? {
          kind: "commandFailed",
          commandId: command.id,
          atMs,
          jitter: 0,
          code: "METRICS_UNREADABLE",
          message: `request ${command.id} was refused`,
          hint: "",
        }
      : undefined;

  const cases = [CANARY, LINEAR, BUDGET.replace("{}", "{ maxTime: 5m }"), TO_ALL].flatMap((spec) =>
    ["abort", "promote"].map((policy) => [policy, short(spec, policy)] as const),
  );

  it.each(cases)("neither promotes nor turns back, whatever the policy: %s, %s", (_, spec) => {
    const play = new Play(spec, () => undefined).run();
    expect(play.rollout).toMatchObject({ phase: "paused", pause: { check: "comparison" } });
    expect(play.rollout.weight).toBeLessThan(10_000);
  });

  it.each(cases)("and no more do counts that cannot be read: %s, %s", (_, spec) => {
    const play = new Play(spec, GOOD, { answer: unreadable }).run();
    expect(play.rollout).toMatchObject({ phase: "paused", pause: { check: "comparison" } });
    expect(play.rollout.pause?.detail).toContain("the counts cannot be read");
    // The texts differ by their request's id; they say so once all the same.
    const told = play.notes.filter((text) => text.startsWith("the counts cannot be read"));
    expect(told).toHaveLength(1);
  });

  it.each(["abort", "promote"])(
    "is told from little traffic, where the policy holds: %s",
    (policy) => {
      const once: Traffic = { ...rare, perSecond: 0.05 };
      const { rollout } = new Play(short(CANARY, policy), once).run();
      expect(rollout.finished?.outcome).toBe(policy === "abort" ? "rolledBack" : "promoted");
    },
  );

  it("after proof holds promotion no longer than proof may take, then asks a person", () => {
    const stopped = (second: number) => (second < 130 ? GOOD : undefined);
    const spec = CANARY.replace("pause: 30s", 'approval: { message: "go?", deadline: 1h }');
    const play = new Play(spec, stopped).run();
    play.atMs += 600_000;
    play.tell({ kind: "tick", atMs: play.atMs });
    play.ask("resumeRequested").run();
    expect(play.rollout).toMatchObject({ phase: "paused", weight: 1000 });
    expect(play.rollout.pause).toMatchObject({ why: "inconclusive", check: "comparison" });
    expect(play.rollout.pause?.detail).toMatch(/^held for 30m at 10%: nothing was counted/);
    play.ask("promoteRequested").run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
  });
});

describe("a policy that promotes without proof", () => {
  it("does not while much speaks against the canary", () => {
    // Two errors on the canary and none on stable, which is far from nothing; then traffic all but stops.
    const doubtful = (second: number) =>
      second < 45
        ? { perSecond: 10, stableErrors: 0, canaryErrors: 0.05 }
        : { ...rare, perSecond: 0.1 };
    const spec = CANARY.replace("{}", "{ maxWait: 5m, underpowered: promote }");
    const play = new Play(spec, doubtful).run();
    const { logE = 0, threshold = 0 } = play.rollout.comparison?.evidence.rollback ?? {};
    expect(logE).toBeGreaterThan(threshold / 2);
    expect(play.rollout).toMatchObject({ phase: "paused", weight: 1000 });
  });
});

describe("the source", () => {
  it("is not asked again and again for a silence that is over", () => {
    let longestMs = 0;
    const play = new Play(LINEAR, (second) => (second < 20 ? GOOD : undefined), {
      answer: (command) => {
        if (command.kind !== "count") return undefined;
        const { fromMs, toMs } = command.query.window;
        longestMs = Math.max(longestMs, toMs - fromMs);
        return undefined;
      },
    }).run();
    expect(play.rollout.phase).toBe("paused");
    expect(longestMs).toBeLessThanOrEqual(10_000);
  });
});

describe("a controller that was away", () => {
  /** The rollout at its second weight, then nobody for a day; the counts of that day are there to be read. */
  function away(traffic: Traffic, policy: string): Play {
    const spec = CANARY.replace("{}", `{ maxWait: 10m, underpowered: ${policy} }`);
    const day = (second: number) => (second < 60 ? rare : traffic);
    const play = new Play(spec, day).run(60_000);
    play.atMs += 12 * 3_600_000;
    return play.run();
  }

  it("reads what was counted meanwhile before it says that nothing is proved", () => {
    const play = away(GOOD, "promote");
    expect(play.rollout.finished?.outcome).toBe("promoted");
    expect(play.rollout.comparison).toMatchObject({ evidence: { verdict: "pass" } });
    expect(play.rollout.comparison?.waivedBy).toBeUndefined();
  });

  it("turns back what failed meanwhile, instead of promoting it by policy", () => {
    const play = away({ ...BAD, canaryErrors: 0.05 }, "promote");
    expect(play.rollout.abort?.cause).toEqual({ kind: "comparison", name: "errors" });
  });
});

describe("another attempt", () => {
  it("uses nothing that the one before it counted", () => {
    const play = new Play(CANARY, (second) => (second < 60 ? BAD : GOOD)).run();
    expect(play.rollout.finished?.outcome).toBe("rolledBack");
    play.atMs = START_MS + 90_000;
    const before = play.notes.length;
    play.ask("retryRequested");
    expect(play.rollout.comparison).toMatchObject({
      state: { requests: { stable: 0, canary: 0 } },
    });
    play.run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    expect(play.rollout.comparison?.evidence.errors.canary).toBeLessThan(10);
    expect(play.notes.slice(before).some((text) => text.startsWith("proved no worse"))).toBe(true);
  });
});

// Protects the rule that nothing starts unless the way back exists: every problem is listed, nothing changed.
import { describe, expect, it } from "vitest";

import { openJournal, planFor, startRollout } from "../src/index.ts";
import { tempFolder } from "./support/folder.ts";
import { bps, Platform } from "./support/platform.ts";
import { CANARY, specOf } from "./support/specs.ts";
import { START_MS, steadyRandom, VirtualClock } from "./support/virtual-clock.ts";

async function start(platform: Platform, spec = CANARY) {
  const clock = new VirtualClock();
  const journal = await openJournal(tempFolder(), START_MS);
  const world = { drivers: platform.drivers, clock, random: steadyRandom };
  try {
    return await startRollout({ ...world, journal, spec, actor: "tester" });
  } finally {
    await journal.close();
  }
}

describe("startRollout", () => {
  it("refuses when an alarm fires already, unless the spec ignores it", async () => {
    const platform = new Platform();
    platform.alarms = { errors: "alarm" };
    await expect(start(platform)).rejects.toMatchObject({
      code: "PREFLIGHT_FAILED",
      message: `nothing was changed:
alarm errors: already in ALARM: as set: the rollout does not begin. Mend what it tells of; to ship the mending itself, give the alarm "atStart: mustRecover".`,
    });
    const hotfix = specOf(
      "strategy: { allAtOnce: {} }\nalarms: [{ name: errors, atStart: ignore }]\n",
    );
    expect((await start(platform, hotfix)).rollout.phase).toBe("pending");
    expect(platform.state).toMatchObject({ splits: ["1"], prepared: false });
  });

  it("refuses a route that is split already", async () => {
    const platform = new Platform();
    platform.alarms = { errors: "ok" };
    platform.meddle({ stable: "1", canary: "2", weight: bps(500) });
    await expect(start(platform)).rejects.toThrow(
      "the route is split already: version 1 95%, version 2 5%",
    );
  });

  it("refuses on every problem a driver finds, all in one message", async () => {
    const platform = new Platform();
    platform.alarms = { errors: "ok" };
    const problem = { outcome: "problem", hint: "Mend it." } as const;
    platform.findings = [
      { ...problem, check: "stable answers", detail: "It does not." },
      { ...problem, check: "roles match", detail: "They differ." },
      { check: "capacity", outcome: "warning", detail: "Little.", hint: "" },
    ];
    await expect(start(platform)).rejects.toMatchObject({
      message:
        "nothing was changed:\nstable answers: It does not. Mend it.\nroles match: They differ. Mend it.",
    });
  });
});

describe("planFor", () => {
  it("lists the steps with their times, and changes nothing", async () => {
    const platform = new Platform();
    platform.alarms = { errors: "ok" };
    const plan = await planFor(CANARY, platform.drivers);
    expect(plan.steps.map(({ step, times }) => [step.kind, times.startMs, times.endMs])).toEqual([
      ["hook", 0, 0],
      ["setWeight", 0, 0],
      ["pause", 0, 10_000],
      ["setWeight", 10_000, 10_000],
      ["pause", 10_000, 20_000],
      ["promote", 20_000, 20_000],
      ["hook", 20_000, 20_000],
      ["bake", 20_000, 30_000],
    ]);
    expect(plan.target?.label).toBe("platform live");
    expect(platform.state).toMatchObject({ splits: ["1"], prepared: false });
  });

  it("warns of weights that the target cannot keep", async () => {
    const spec = specOf("strategy: { canary: { steps: [{ setWeight: 0.5% }, { pause: 1s }] } }\n");
    const { findings } = await planFor(spec, new Platform().drivers);
    expect(findings).toContainEqual({
      check: "the weights",
      outcome: "warning",
      detail: "this target keeps weights in steps of 1%: 0.5% becomes 1%.",
      hint: "",
    });
  });
});

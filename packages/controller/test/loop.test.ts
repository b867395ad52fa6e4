// Protects the loop: a rollout runs to its end by itself, only what was read back counts, and everything
// that was decided can be read from the journal afterwards.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { RolloutError } from "@headgate/core";
import type { Rollout, RolloutSpec } from "@headgate/core";
import { describe, expect, it } from "vitest";

import { openJournal, readHistory, readStatus, runRollout, startRollout } from "../src/index.ts";
import type { Clock, RunOptions } from "../src/index.ts";
import { foldedJournal } from "./support/folded.ts";
import { tempFolder } from "./support/folder.ts";
import { bps, Platform } from "./support/platform.ts";
import { CANARY, specOf } from "./support/specs.ts";
import { steadyRandom, VirtualClock } from "./support/virtual-clock.ts";

async function run(
  spec: RolloutSpec,
  platform: Platform,
  options: Partial<RunOptions> & { readonly each?: () => void } = {},
): Promise<{ readonly end: Rollout; readonly dataDir: string; readonly clock: VirtualClock }> {
  const dataDir = tempFolder();
  const clock = new VirtualClock();
  const journal = await openJournal(dataDir, clock.nowMs());
  const world = { journal, drivers: platform.drivers, clock, random: steadyRandom };
  try {
    const stored = await startRollout({ ...world, spec, actor: "tester" });
    const end = await clock.drive(runRollout(stored, { ...world, ...options }), options.each);
    return { end, dataDir, clock };
  } finally {
    await journal.close();
  }
}

function quietPlatform(): Platform {
  const platform = new Platform();
  platform.alarms = { errors: "ok" };
  return platform;
}

describe("runRollout", () => {
  it("takes a good canary through its steps, promotes it and cleans up", async () => {
    const platform = quietPlatform();
    const { end } = await run(CANARY, platform);
    expect(end.finished?.outcome).toBe("promoted");
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1 2@50", "2"]);
    expect(platform.state.cleanUps).toBe(1);
    expect(platform.notices).toEqual([
      "checkout: started",
      "checkout: canary at 0%",
      "checkout: canary at 10%",
      "checkout: canary at 50%",
      "checkout: promoted",
      "checkout: canary at 100%",
      "checkout: finished",
    ]);
    const tookMs = (end.finished?.atMs ?? 0) - end.createdAtMs;
    expect(tookMs).toBeGreaterThanOrEqual(30_000);
    expect(tookMs).toBeLessThan(33_000);
  });

  it("orders a weight again for as long as the platform waits for a function", async () => {
    const platform = quietPlatform();
    const { drivers } = platform;
    const asks = { name: "smoke", event: "BeforeAllowTraffic", functionName: "check" };
    let orders = 0;
    const setWeight: typeof drivers.traffic.setWeight = async (change) => {
      orders += 1;
      if (orders > 20) return drivers.traffic.setWeight(change);
      return { ...platform.state.route, course: { isUnderWay: true, asks } };
    };
    const traffic = { ...drivers.traffic, setWeight };
    const spec = specOf("strategy: { canary: { steps: [{ setWeight: 10% }] } }\n");
    const { end } = await run(spec, platform, { drivers: { ...drivers, traffic } });
    expect(end.finished?.outcome).toBe("promoted");
    expect(orders).toBe(21);
  });

  it("compares the versions, and promotes on proof", async () => {
    const platform = quietPlatform();
    const steps = "strategy: { canary: { steps: [{ setWeight: 50% }] } }\n";
    const { end, dataDir } = await run(specOf(`${steps}analysis: { latency: ignore }\n`), platform);
    expect(end.finished?.outcome).toBe("promoted");
    expect(end.comparison?.evidence).toMatchObject({ verdict: "pass", errors: { canary: 0 } });
    expect(await foldedJournal(dataDir)).toEqual(end);
  });

  it("turns back when the canary fails more often than stable, and keeps the counts", async () => {
    const platform = quietPlatform();
    platform.perSecond = { requests: 100, errors: 0 };
    platform.canaryPerSecond = { requests: 100, errors: 20 };
    const steps = "strategy: { canary: { steps: [{ setWeight: 50% }, { pause: 5m }] } }\n";
    const { end, dataDir } = await run(specOf(`${steps}analysis: {}\n`), platform);
    expect(end.abort?.cause).toEqual({ kind: "comparison", name: "errors" });
    const { entries } = await readHistory(dataDir);
    const counted = entries.flatMap(({ event }) => (event.kind === "counted" ? event.buckets : []));
    expect(counted[0]).toMatchObject({ version: "1", counts: { requests: 100, errors: 0 } });
  });

  it("turns back when an alarm fires, and says which and why", async () => {
    const platform = quietPlatform();
    const { end, dataDir } = await run(CANARY, platform, {
      each: () => {
        if (platform.state.route.weight === 5000) platform.alarms = { errors: "alarm" };
      },
    });
    expect(end).toMatchObject({ phase: "aborted", finished: { outcome: "rolledBack" } });
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1 2@50", "1"]);
    const { entries } = await readHistory(dataDir, "checkout");
    const turned = entries.flatMap(({ notes }) => notes).find(({ kind }) => kind === "aborting");
    expect(turned).toEqual({
      kind: "aborting",
      text: "turning back: alarm errors is in ALARM: as set",
      evidence: {
        cause: "alarm",
        name: "errors",
        weightBefore: "50%",
        alarm: "errors",
        state: "alarm",
        reason: "as set",
      },
    });
  });

  it("sends the restore in the same tick as the failing verdict", async () => {
    const platform = quietPlatform();
    let failingAtMs = 0;
    const { end, dataDir } = await run(CANARY, platform, {
      each: () => {
        if (platform.state.route.weight === 1000) platform.value = 50;
      },
      onUpdate: ({ rollout }) => {
        if (rollout.phase === "aborting" && failingAtMs === 0) failingAtMs = rollout.updatedAtMs;
      },
    });
    expect(end.abort?.cause).toEqual({ kind: "check", name: "rate" });
    const { entries } = await readHistory(dataDir);
    const restored = entries.find(
      ({ event }) => event.kind === "routeSet" && event.atMs >= failingAtMs,
    );
    expect(restored?.event.atMs).toBe(failingAtMs);
  });

  it("pauses when a check has no data, and gives neither more weight nor a rollback", async () => {
    const platform = quietPlatform();
    platform.value = undefined;
    const { end } = await run(CANARY, platform, {
      stopWhen: ({ phase }) => phase === "paused",
    });
    expect(end.pause).toMatchObject({ why: "inconclusive", check: "rate" });
    expect(platform.state.splits).toEqual(["1", "1 2@10"]);
  });

  it("sleeps over nothing that came due while it was busy", async () => {
    const platform = quietPlatform();
    const spec = specOf(`
strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 5m }] } }
alarms: [errors]
`);
    const clock = new VirtualClock();
    const journal = await openJournal(tempFolder(), clock.nowMs());
    // A busy machine stands still once, for longer than any interval at which something is looked at.
    let lostMs = 0;
    const busy: Clock = {
      nowMs: () => clock.nowMs() + lostMs,
      after: (ms, task) => clock.after(ms, task),
    };
    const world = { journal, drivers: platform.drivers, clock: busy, random: steadyRandom };
    try {
      const stored = await startRollout({ ...world, spec, actor: "tester" });
      const onUpdate: RunOptions["onUpdate"] = ({ rollout, entries }) => {
        const isRead = entries.some(({ event }) => event.kind === "alarmsRead");
        if (rollout.route.weight === 0 || !isRead || lostMs > 0) return;
        lostMs = 8000;
        platform.alarms = { errors: "alarm" };
      };
      const end = await clock.drive(runRollout(stored, { ...world, onUpdate }));
      expect(end.abort?.cause).toMatchObject({ kind: "alarm" });
      expect((end.finished?.atMs ?? Infinity) - end.createdAtMs).toBeLessThan(60_000);
    } finally {
      await journal.close();
    }
  });

  it("holds the weight while an alarm has no data, until the deadline turns it back", async () => {
    const spec = specOf(`
strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 5s }, { setWeight: 50% }] } }
alarms: [errors]
deadline: 2m
`);
    const platform = new Platform();
    platform.alarms = { errors: "insufficientData" };
    const { end } = await run(spec, platform);
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1"]);
    expect(end.finished?.outcome).toBe("timedOut");
    expect(end.abort?.detail).toContain("alarm errors: it has no data");
  });

  it("gives a canary whose hook failed no traffic at all", async () => {
    const platform = quietPlatform();
    platform.hook = "fail";
    const { end } = await run(CANARY, platform);
    expect(end).toMatchObject({ barredBy: "smoke", finished: { outcome: "rolledBack" } });
    expect(platform.state.splits).toEqual(["1"]);
  });

  it("stops and overwrites nothing when somebody else changed the route", async () => {
    const platform = quietPlatform();
    let isDone = false;
    const { end } = await run(CANARY, platform, {
      each: () => {
        if (isDone || platform.state.route.weight !== 1000) return;
        isDone = true;
        platform.meddle({ stable: "1", canary: "2", weight: bps(3000) });
      },
      stopWhen: ({ pause }) => pause?.why === "routeChanged" && pause.reread === "none",
    });
    expect(end.pause?.detail).toBe(
      "the route was changed elsewhere: expected version 1 90%, version 2 10%, found version 1 70%, version 2 30%",
    );
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1 2@30"]);
  });

  it("tries throttled changes again, and gives up on what is refused", async () => {
    const platform = quietPlatform();
    const throttled = new RolloutError("AWS_THROTTLED", "slow down", { hint: "" });
    platform.failures.push({ method: "setWeight", error: throttled });
    platform.failures.push({ method: "promote", error: throttled });
    expect((await run(CANARY, platform)).end.finished?.outcome).toBe("promoted");

    const refused = quietPlatform();
    const error = new RolloutError("CANARY_UNUSABLE", "it does not answer", { hint: "Mend it." });
    refused.failures.push({ method: "prepare", error });
    const { end } = await run(CANARY, refused);
    expect(end.finished?.outcome).toBe("failed");
    expect(end.abort?.detail).toBe("prepare failed: it does not answer");
    expect(refused.state.splits).toEqual(["1"]);
  });

  it("says that it is degraded when it cannot turn back, and goes on until it can", async () => {
    const platform = quietPlatform();
    const denied = new RolloutError("AWS_DENIED", "not allowed", { hint: "Allow it." });
    for (let index = 0; index < 20; index++) {
      platform.failures.push({ method: "restore", error: denied });
    }
    const phases: string[] = [];
    const { end } = await run(CANARY, platform, {
      each: () => {
        if (platform.state.route.weight === 1000) platform.value = 50;
      },
      onUpdate: ({ rollout }) => void phases.push(rollout.phase),
    });
    expect(phases).toContain("degraded");
    expect(end).toMatchObject({ phase: "aborted", weight: 0 });
    expect(platform.state.splits.at(-1)).toBe("1");
  });

  it("says which split is left, and that nobody watches it, when the journal cannot be written", async () => {
    const platform = quietPlatform();
    const clock = new VirtualClock();
    const dataDir = tempFolder();
    const journal = await openJournal(dataDir, clock.nowMs());
    const world = { journal, drivers: platform.drivers, clock, random: steadyRandom };
    const stored = await startRollout({ ...world, spec: CANARY, actor: "tester" });
    let isFull = false;
    const each = () => {
      if (isFull || platform.state.splits.at(-1) !== "1 2@10") return;
      isFull = true;
      const disk = new DatabaseSync(join(dataDir, "journal.db"));
      disk.exec("DROP TABLE entry");
      disk.close();
    };
    await expect(clock.drive(runRollout(stored, world), each)).rejects.toMatchObject({
      code: "JOURNAL_UNUSABLE",
      message: expect.stringMatching(
        /stays at version 1 90%, version 2 10%, and nobody watches it/,
      ),
      hint: expect.stringContaining("then `headgate resume checkout-"),
    });
    await journal.close();
  });

  it("writes a journal that folds to the state it saved", async () => {
    const { end, dataDir } = await run(CANARY, quietPlatform());
    expect(await foldedJournal(dataDir)).toEqual(end);
    expect((await readStatus(dataDir)).rollout).toEqual(end);
  });
});

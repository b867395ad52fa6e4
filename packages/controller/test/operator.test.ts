// Protects the operators' way in: a request reaches the process that runs the rollout, or makes this
// process run it, and is recorded with who asked and why.
import type { Rollout } from "@headgate/core";
import { describe, expect, it } from "vitest";

import {
  openJournal,
  readHistory,
  requestOperator,
  runRollout,
  startRollout,
} from "../src/index.ts";
import type { OperatorRequest } from "../src/journal/request-box.ts";
import { tempFolder } from "./support/folder.ts";
import { Platform } from "./support/platform.ts";
import { specOf } from "./support/specs.ts";
import { steadyRandom, VirtualClock } from "./support/virtual-clock.ts";

const SPEC = specOf(`
strategy:
  canary:
    steps:
      - setWeight: 10%
      - approval: { message: "Looks good?", deadline: 1h }
      - setWeight: 50%
      - pause: 1h
bake: 1h
`);

const WHO = { actor: "alice", reason: "seen enough" } as const;
const isPaused = ({ phase }: Rollout) => phase === "paused";

async function begin() {
  const dataDir = tempFolder();
  const clock = new VirtualClock();
  const platform = new Platform();
  const world = { drivers: platform.drivers, clock, random: steadyRandom };
  const journal = await openJournal(dataDir, clock.nowMs());
  const stored = await startRollout({ ...world, journal, spec: SPEC, actor: "tester" });
  const ask = (
    request: OperatorRequest,
    stopWhen?: (rollout: Rollout) => boolean,
    rollout?: string,
  ) => {
    const createDrivers = () => platform.drivers;
    const optional = {
      ...(stopWhen === undefined ? {} : { stopWhen }),
      ...(rollout === undefined ? {} : { rollout }),
    };
    return requestOperator({ ...world, dataDir, request, createDrivers, ...optional });
  };
  return { dataDir, clock, platform, world, journal, stored, ask };
}

/** Runs until somebody has to approve, then leaves the rollout to whoever asks next. */
async function beginAndLeave() {
  const begun = await begin();
  const { clock, world, journal, stored } = begun;
  const held = await clock.drive(runRollout(stored, { ...world, journal, stopWhen: isPaused }));
  await journal.close();
  return { ...begun, held };
}

describe("a request while nobody runs the rollout", () => {
  it("approves and runs on from there", async () => {
    const { held, ask, clock, platform } = await beginAndLeave();
    expect(held.pause).toMatchObject({
      why: "approval",
      detail: "Looks good? (within 1h, else abort)",
    });
    const answer = await clock.drive(ask({ kind: "resumeRequested", ...WHO }));
    expect(answer).toMatchObject({ isAccepted: true, wasHandedOver: false });
    expect(answer.rollout.finished?.outcome).toBe("promoted");
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1 2@50", "2"]);
  });

  it("aborts, and records who and why", async () => {
    const { ask, clock, platform, dataDir } = await beginAndLeave();
    const answer = await clock.drive(ask({ kind: "abortRequested", ...WHO }));
    expect(answer.rollout.finished?.outcome).toBe("abortedByPerson");
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1"]);
    const { entries } = await readHistory(dataDir);
    const request = entries.find(({ event }) => event.kind === "abortRequested");
    expect(request?.event).toMatchObject(WHO);
    expect(request?.notes[0]?.text).toBe("turning back: aborted by alice: seen enough");
  });

  it("promotes at once when the whole rest is skipped", async () => {
    const { ask, clock, platform } = await beginAndLeave();
    const startedMs = clock.nowMs();
    const request = { kind: "promoteRequested", full: true, ...WHO } as const;
    const { rollout } = await clock.drive(ask(request, ({ phase }) => phase === "baking"));
    expect(rollout.phase).toBe("baking");
    expect(clock.nowMs() - startedMs).toBeLessThan(1000);
    expect(platform.state.splits).toEqual(["1", "1 2@10", "2"]);
  });

  it("retries after an abort, from the beginning", async () => {
    const { ask, clock } = await beginAndLeave();
    await clock.drive(ask({ kind: "abortRequested", ...WHO }));
    const { rollout } = await clock.drive(ask({ kind: "retryRequested", ...WHO }, isPaused));
    expect(rollout).toMatchObject({ attempt: 2, phase: "paused", weight: 1000 });
  });

  it("does not retry beside another rollout of the same target", async () => {
    const { ask, clock, world, dataDir } = await beginAndLeave();
    const { rollout } = await clock.drive(ask({ kind: "abortRequested", ...WHO }));
    const journal = await openJournal(dataDir, clock.nowMs());
    // Another id than the first one's, which began in the same second.
    const random = { next: () => 0.1 };
    await startRollout({ ...world, random, journal, spec: SPEC, actor: "tester" });
    await journal.close();
    const retrying = ask({ kind: "retryRequested", ...WHO }, isPaused, rollout.id);
    await expect(clock.drive(retrying)).rejects.toMatchObject({ code: "ROLLOUT_RUNNING" });
  });

  it("says why it cannot obey", async () => {
    const { ask, clock } = await beginAndLeave();
    const answer = await clock.drive(ask({ kind: "retryRequested", ...WHO }));
    expect(answer.isAccepted).toBe(false);
    expect(answer.notes[0]?.text).toBe(
      "retry by alice: seen enough was refused: a rollout that is paused has not been aborted",
    );
  });

  it("turns back when nobody approves in time", async () => {
    const { clock, stored, world, journal } = await begin();
    const end = await clock.drive(runRollout(stored, { ...world, journal }));
    expect(end.finished?.outcome).toBe("timedOut");
    await journal.close();
  });
});

describe("a request while another process runs the rollout", () => {
  it("is obeyed by that process within 200 ms", async () => {
    const { ask, clock, platform, world, journal, stored } = await begin();
    const phases: [string, number][] = [];
    const running = runRollout(stored, {
      ...world,
      journal,
      onUpdate: ({ rollout }) => void phases.push([rollout.phase, clock.nowMs()]),
    });
    let askedMs = 0;
    let asking: ReturnType<typeof ask> | undefined;
    const end = await clock.drive(running, () => {
      if (asking !== undefined || phases.at(-1)?.[0] !== "paused") return;
      askedMs = clock.nowMs();
      asking = ask({ kind: "abortRequested", ...WHO });
    });
    await journal.close();
    expect(end.finished?.outcome).toBe("abortedByPerson");
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1"]);
    const turned = phases.find(([phase]) => phase === "aborted");
    expect((turned?.[1] ?? Infinity) - askedMs).toBeLessThanOrEqual(200);
    const answer = await clock.drive(asking ?? Promise.reject(new Error("nobody asked")));
    expect(answer).toMatchObject({ isAccepted: true, wasHandedOver: true });
  });
});

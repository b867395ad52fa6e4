// Protects the promise "crash anywhere, start again, and it goes on": the process is lost at every boundary
// of the journal, before and after each commit, and a new one finishes the job on the same files.
import type { RolloutSpec } from "@headgate/core";
import { describe, expect, it } from "vitest";

import { openJournal, resumeRollout, runRollout, startRollout } from "../src/index.ts";
import type { Journal } from "../src/index.ts";
import { foldedJournal } from "./support/folded.ts";
import { tempFolder } from "./support/folder.ts";
import { Platform } from "./support/platform.ts";
import { CANARY, specOf } from "./support/specs.ts";
import { steadyRandom, VirtualClock } from "./support/virtual-clock.ts";

class Crash extends Error {}

/** The process is lost around the `at`-th commit: before it (its effects forgotten) or right after it. */
function crashingJournal(journal: Journal, at: number, moment: "before" | "after"): Journal {
  let commits = 0;
  return {
    ...journal,
    async appendTurn(...args) {
      commits += 1;
      if (commits === at && moment === "before") throw new Crash();
      const stored = await journal.appendTurn(...args);
      if (commits === at) throw new Crash();
      return stored;
    },
  };
}

interface Story {
  readonly spec: RolloutSpec;
  readonly platform: () => Platform;
  /** Called whenever only time can go on. */
  readonly each: (platform: Platform) => void;
}

/** Runs the story with one crash; returns undefined when it ended before the crash. */
async function runWithCrash(story: Story, at: number, moment: "before" | "after") {
  const dataDir = tempFolder();
  const clock = new VirtualClock();
  const platform = story.platform();
  const each = () => story.each(platform);
  const world = { drivers: platform.drivers, clock, random: steadyRandom };
  const first = await openJournal(dataDir, clock.nowMs());
  const stored = await startRollout({ ...world, journal: first, spec: story.spec, actor: "t" });
  const crashing = crashingJournal(first, at, moment);
  try {
    await clock.drive(runRollout(stored, { ...world, journal: crashing }), each);
    await first.close();
    return undefined;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  await first.close();
  const second = await openJournal(dataDir, clock.nowMs());
  const createDrivers = () => platform.drivers;
  const end = await clock.drive(
    resumeRollout({ journal: second, createDrivers, clock, random: steadyRandom }),
    each,
  );
  await second.close();
  expect(await foldedJournal(dataDir)).toEqual(end);
  return { end, platform };
}

async function crashEverywhere(
  story: Story,
  moment: "before" | "after",
  check: (run: NonNullable<Awaited<ReturnType<typeof runWithCrash>>>) => void,
): Promise<number> {
  for (let at = 1; ; at++) {
    const run = await runWithCrash(story, at, moment);
    if (run === undefined) return at - 1;
    check(run);
  }
}

function quietPlatform(): Platform {
  const platform = new Platform();
  platform.alarms = { errors: "ok" };
  return platform;
}

const SHORT = specOf(`
strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 2s }] } }
alarms: [errors]
hooks: [{ name: smoke, when: beforeTraffic, command: [smoke] }]
bake: 2s
poll: { alarms: 1s, route: 2s, traffic: 5s }
`);

describe.each(["before", "after"] as const)("a process lost %s a commit", (moment) => {
  it("still promotes a good canary, through the same weights and no others", async () => {
    const story = { spec: SHORT, platform: quietPlatform, each: () => {} };
    const crashes = await crashEverywhere(story, moment, ({ end, platform }) => {
      expect(end.finished?.outcome).toBe("promoted");
      expect(platform.state.splits).toEqual(["1", "1 2@10", "2"]);
    });
    expect(crashes).toBeGreaterThanOrEqual(12);
  });

  it("still takes a bad canary out, and never gives it more", async () => {
    const story: Story = {
      spec: SHORT,
      platform: quietPlatform,
      each: (platform) => {
        if (platform.state.splits.length > 1) platform.alarms = { errors: "alarm" };
      },
    };
    const crashes = await crashEverywhere(story, moment, ({ end, platform }) => {
      expect(end.finished?.outcome).toBe("rolledBack");
      expect(platform.state.splits).toEqual(["1", "1 2@10", "1"]);
    });
    expect(crashes).toBeGreaterThanOrEqual(8);
  });
});

describe("a process lost for an hour in the middle of a pause", () => {
  it("measures anew before it gives more weight", async () => {
    const dataDir = tempFolder();
    const clock = new VirtualClock();
    const platform = quietPlatform();
    const world = { drivers: platform.drivers, clock, random: steadyRandom };
    const first = await openJournal(dataDir, clock.nowMs());
    const stored = await startRollout({ ...world, journal: first, spec: CANARY, actor: "t" });
    const stopWhen = ({ weight }: { readonly weight: number }) => weight === 1000;
    await clock.drive(runRollout(stored, { ...world, journal: first, stopWhen }));
    await first.close();
    await clock.drive(new Promise<void>((resolve) => void clock.after(3_600_000, resolve)));
    platform.alarms = { errors: "alarm" };
    const second = await openJournal(dataDir, clock.nowMs());
    const createDrivers = () => platform.drivers;
    const end = await clock.drive(
      resumeRollout({ journal: second, createDrivers, clock, random: steadyRandom }),
    );
    await second.close();
    expect(end.finished?.outcome).toBe("rolledBack");
    expect(platform.state.splits).toEqual(["1", "1 2@10", "1"]);
  });
});

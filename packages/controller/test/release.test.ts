// Protects releases over a real journal: several rollouts side by side that wait for each other, all promoted or none,
// and a release whose process died anywhere is gone on with by the next.
import { parseRelease, RolloutError } from "@headgate/core";
import { describe, expect, it } from "vitest";
import {
  openJournal,
  readHistory,
  resumeRollout,
  runRelease,
  startRelease,
  unfinishedRelease,
} from "../src/index.ts";
import type { Journal, ReleaseEnd, RunReleaseOptions } from "../src/index.ts";
import { tempFolder } from "./support/folder.ts";
import { Platform } from "./support/platform.ts";
import { steadyRandom, VirtualClock } from "./support/virtual-clock.ts";

const NAMES = ["db", "api", "web"];

const target = (name: string) => `
    ${name}:
      target: { lambda: { function: ${name}, alias: live } }
      revision: { version: 2 }
      analysis: none
      alarms: [errors]
      strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 10s }] } }`;

const SHOP = parseRelease(
  `name: shop\nrelease:\n  targets:${NAMES.map(target).join("")}\n`,
  "headgate.yaml",
).release;

function shop() {
  const platforms = new Map(
    NAMES.map((name) => {
      const platform = new Platform();
      platform.name = name;
      platform.alarms = { errors: "ok" };
      return [name, platform];
    }),
  );
  const platform = (name: string): Platform => {
    const found = platforms.get(name);
    if (found === undefined) throw new Error(`no platform ${name}`);
    return found;
  };
  const drivers = new Map(NAMES.map((name) => [`shop-${name}`, platform(name).drivers]));
  const clock = new VirtualClock();
  const dataDir = tempFolder();
  const open = () => openJournal(dataDir, clock.nowMs());
  const optionsOver = (journal: Awaited<ReturnType<typeof open>>) => ({
    journal,
    spec: SHOP,
    clock,
    random: steadyRandom,
    actor: "tester",
    driversOf: ({ name }: { readonly name: string }) => {
      const found = drivers.get(name);
      if (found === undefined) throw new Error(`no drivers for ${name}`);
      return found;
    },
  });
  const run = async (
    more: Partial<RunReleaseOptions> = {},
    each: () => void = () => {},
    around: (journal: Journal) => Journal = (journal) => journal,
  ): Promise<ReleaseEnd> => {
    const opened = await open();
    const journal = around(opened);
    try {
      const options = { ...optionsOver(journal), ...more };
      const stored = (await unfinishedRelease(journal, SHOP)) ?? (await startRelease(options));
      return await clock.drive(runRelease(stored, options), each);
    } finally {
      await opened.close();
    }
  };
  return { platform, run, open, optionsOver, dataDir, clock };
}

const splits = (platform: Platform) => platform.state.splits;

describe("a release", () => {
  it("promotes all, one after the other, and ends them together", async () => {
    const { platform, run, dataDir } = shop();
    const order: string[] = [];
    const { rollouts, outcome } = await run({
      onUpdate: (name, { rollout }) => {
        const said = `${name} ${rollout.weight / 100}%`;
        if (rollout.weight > 0 && !order.includes(said)) order.push(said);
      },
    });
    expect(outcome).toBe("promoted");
    expect(order).toEqual(["db 20%", "db 100%", "api 20%", "api 100%", "web 20%", "web 100%"]);
    for (const name of NAMES) expect(splits(platform(name))).toEqual(["1", "1 2@20", "2"]);
    const ids = new Set([...rollouts.values()].map(({ release }) => release?.id));
    expect(ids.size).toBe(1);
    const history = await readHistory(dataDir, rollouts.get("web")?.id);
    expect(history.entries.map(({ event }) => event.kind)).toContain("barrierOpened");
  });

  it("takes all back when the last one fails, the last first", async () => {
    const { platform, run } = shop();
    const back: string[] = [];
    const { rollouts, outcome } = await run({
      onUpdate: (name, { rollout }) => {
        if (rollout.weight > 0 && name === "web") platform("web").alarms = { errors: "alarm" };
        if (rollout.abort?.isRestored === true && !back.includes(name)) back.push(name);
      },
    });
    expect(outcome).toBe("rolledBack");
    expect(back).toEqual(["web", "api", "db"]);
    expect(splits(platform("db"))).toEqual(["1", "1 2@20", "2", "1"]);
    expect(rollouts.get("db")?.abort?.detail).toContain("web of the same release turned back");
  });

  describe("of which a target fails in the moment in which all are through", () => {
    it("turns back as a whole when it failed before the end was written", async () => {
      const { platform, run, clock } = shop();
      let refused = 0;
      const slow = (journal: Journal): Journal => ({
        ...journal,
        requests: {
          ...journal.requests,
          async putTogether(...args) {
            platform("web").alarms = { errors: "alarm" };
            while ((await journal.find("shop-web"))?.rollout.abort === undefined) {
              await new Promise<void>((resolve) => void clock.after(100, resolve));
            }
            const isWritten = await journal.requests.putTogether(...args);
            if (!isWritten) refused += 1;
            return isWritten;
          },
        },
      });
      const { outcome } = await run({}, undefined, slow);
      expect(refused).toBe(1);
      expect(outcome).toBe("rolledBack");
      for (const name of NAMES) expect(splits(platform(name)).at(-1)).toBe("1");
    });

    it("is promoted as a whole when it failed after the end was written", async () => {
      const { platform, run } = shop();
      let write: (() => Promise<void>) | undefined;
      const taken: boolean[] = [];
      const unseen = (journal: Journal): Journal => ({
        ...journal,
        async appendTurn(stored, entries, next, answers) {
          const isTurningBack = next.name === "shop-web" && next.abort !== undefined;
          // The end is written when web has decided to turn back, and has not written that yet.
          if (isTurningBack) await write?.();
          const after = await journal.appendTurn(stored, entries, next, answers);
          if (isTurningBack) taken.push(after !== undefined);
          return after;
        },
        requests: {
          ...journal.requests,
          async putTogether(...args) {
            platform("web").alarms = { errors: "alarm" };
            const written = Promise.withResolvers<boolean>();
            write = async () => written.resolve(await journal.requests.putTogether(...args));
            return await written.promise;
          },
        },
      });
      const { outcome } = await run({}, undefined, unseen);
      expect(taken).toEqual([false]);
      expect(outcome).toBe("promoted");
      for (const name of NAMES) expect(splits(platform(name)).at(-1)).toBe("2");
    });

    it("is promoted as a whole when its process died after the end was written", async () => {
      const { platform, run } = shop();
      const leave = new AbortController();
      const dying = (journal: Journal): Journal => ({
        ...journal,
        requests: {
          ...journal.requests,
          async putTogether(...args) {
            const isWritten = await journal.requests.putTogether(...args);
            platform("web").alarms = { errors: "alarm" };
            leave.abort();
            return isWritten;
          },
        },
      });
      const left = await run({ signal: leave.signal }, undefined, dying);
      expect(left.outcome).toBeUndefined();
      expect((await run()).outcome).toBe("promoted");
      for (const name of NAMES) expect(splits(platform(name)).at(-1)).toBe("2");
    });
  });

  it("changes nothing when one target is not ready, and names it", async () => {
    const { platform, run, open } = shop();
    platform("web").findings = [
      { check: "stable answers", outcome: "problem", detail: "it does not", hint: "Mend it." },
    ];
    const refused = await run().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RolloutError);
    expect(refused).toMatchObject({
      code: "PREFLIGHT_FAILED",
      message: expect.stringContaining("web: stable answers: it does not"),
    });
    for (const name of NAMES) expect(platform(name).state.prepared).toBe(false);
    const journal = await open();
    expect(await journal.list()).toEqual([]);
    await journal.close();
  });

  it("is gone on with after its process was told to leave it", async () => {
    const { platform, run } = shop();
    const leave = new AbortController();
    const left = await run({ signal: leave.signal }, () => {
      if (splits(platform("api")).includes("1 2@20")) leave.abort();
    });
    expect(left.outcome).toBeUndefined();
    const end = await run();
    expect(end.outcome).toBe("promoted");
    for (const name of NAMES) expect(splits(platform(name))).toEqual(["1", "1 2@20", "2"]);
    const started = [...left.rollouts.values()].map(({ id }) => id);
    expect([...end.rollouts.values()].map(({ id }) => id)).toEqual(started);
  });

  describe("of which some targets run already what they are to run", () => {
    const SAME = {
      check: "the revision",
      outcome: "problem",
      detail: "version 1 already runs it",
      hint: "There is nothing to roll out.",
      isUnchanged: true,
    } as const;

    it("is the release of the others, also after its process died", async () => {
      const { platform, run, open } = shop();
      platform("api").findings = [SAME];
      const leave = new AbortController();
      const left = await run({ signal: leave.signal }, () => {
        if (splits(platform("db")).includes("1 2@20")) leave.abort();
      });
      expect([...left.rollouts.keys()]).toEqual(["db", "web"]);
      expect(left.rollouts.get("web")?.release).toMatchObject({ size: 2, needs: ["db"] });
      // What has changed since belongs to the next release.
      platform("api").findings = [];
      const end = await run();
      expect(end.outcome).toBe("promoted");
      expect([...end.rollouts.values()].map(({ id }) => id)).toEqual(
        [...left.rollouts.values()].map(({ id }) => id),
      );
      expect(splits(platform("api"))).toEqual(["1"]);
      expect(splits(platform("web"))).toEqual(["1", "1 2@20", "2"]);
      const journal = await open();
      expect((await journal.list()).map(({ name }) => name).toSorted()).toEqual([
        "shop-db",
        "shop-web",
      ]);
      await journal.close();
    });

    it("is refused when something else is wrong with one of them", async () => {
      const { platform, run } = shop();
      platform("api").findings = [SAME, { ...SAME, detail: "it is broken", isUnchanged: false }];
      await expect(run()).rejects.toMatchObject({ code: "PREFLIGHT_FAILED" });
      for (const name of NAMES) expect(splits(platform(name))).toEqual(["1"]);
    });

    it("is refused when that is so of all", async () => {
      const { platform, run } = shop();
      for (const name of NAMES) platform(name).findings = [SAME];
      await expect(run()).rejects.toMatchObject({
        code: "PREFLIGHT_FAILED",
        message: expect.stringContaining("db: the revision: version 1 already runs it"),
      });
    });
  });

  it("does not let one of its targets go on alone", async () => {
    const { open, optionsOver, clock } = shop();
    const journal = await open();
    const options = optionsOver(journal);
    await startRelease(options);
    const createDrivers = async () => options.driversOf({ name: "shop-api" });
    const alone = { journal, clock, random: steadyRandom, createDrivers, rollout: "shop-api" };
    await expect(resumeRollout(alone)).rejects.toMatchObject({
      code: "ROLLOUT_RUNNING",
      message: expect.stringContaining("api of release shop"),
    });
    await journal.close();
  });
});

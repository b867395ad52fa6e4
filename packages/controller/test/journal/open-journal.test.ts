// Protects the journal's door: one writer at a time, readers beside it, and clear words when it is shut.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { createRollout } from "@headgate/core";
import { describe, expect, it } from "vitest";

import { openJournal, openJournalBeside, readStatus, writerOf } from "../../src/index.ts";
import { isJournalFree } from "../../src/journal/open-journal.ts";
import { tempFolder } from "../support/folder.ts";
import { Platform } from "../support/platform.ts";
import { CANARY } from "../support/specs.ts";
import { START_MS } from "../support/virtual-clock.ts";

async function created(id: string) {
  const { route, ...target } = await new Platform().drivers.traffic.describe();
  const metrics = { lagMs: 0, resolutionMs: 1000 };
  return { id, atMs: START_MS, spec: CANARY, target, route, metrics, actor: "tester" };
}

describe("openJournal", () => {
  it("refuses a second writer and names the first", async () => {
    const dataDir = tempFolder();
    const journal = await openJournal(dataDir, START_MS);
    await expect(openJournal(dataDir, START_MS)).rejects.toMatchObject({
      code: "JOURNAL_LOCKED",
      message: `the journal in ${dataDir} is being written by process ${process.pid}, since 2027-01-15T08:00:00.000Z`,
    });
    expect(await writerOf(dataDir)).toEqual({ pid: process.pid, sinceMs: START_MS });
    await journal.close();
    expect(await writerOf(dataDir)).toBeUndefined();
    await (await openJournal(dataDir, START_MS)).close();
  });

  it("lets others read while it writes", async () => {
    const dataDir = tempFolder();
    const journal = await openJournal(dataDir, START_MS);
    const creation = await created("r1");
    await journal.create(creation, createRollout(creation));
    const { rollout, writer } = await readStatus(dataDir, "checkout");
    expect(rollout).toEqual(createRollout(creation));
    expect(writer?.pid).toBe(process.pid);
    await journal.close();
  });

  it("refuses a second unfinished rollout of one target", async () => {
    const journal = await openJournal(tempFolder(), START_MS);
    const first = await created("r1");
    await journal.create(first, createRollout(first));
    const second = await created("r2");
    await expect(journal.create(second, createRollout(second))).rejects.toMatchObject({
      code: "ROLLOUT_RUNNING",
      message: "rollout r1 of platform live is not finished",
    });
    await journal.close();
  });

  it("refuses to write over what it did not read", async () => {
    const journal = await openJournal(tempFolder(), START_MS);
    const creation = await created("r1");
    const stored = await journal.create(creation, createRollout(creation));
    const tick = [{ event: { kind: "tick", atMs: START_MS } as const, notes: [] }];
    await journal.append(stored, tick, stored.rollout);
    await expect(journal.append(stored, tick, stored.rollout)).rejects.toMatchObject({
      code: "JOURNAL_LOCKED",
    });
    expect(await journal.history("r1")).toHaveLength(1);
    await journal.close();
  });

  it.each([
    ["is a file", (path: string) => writeFileSync(path, "")],
    [
      "holds something else",
      (path: string) => {
        mkdirSync(path);
        writeFileSync(
          join(path, "journal.db"),
          "this is no database, and long enough to be read as one",
        );
      },
    ],
  ])("says so when its folder %s", async (_, make) => {
    const path = join(tempFolder(), "data");
    make(path);
    await expect(openJournal(path, START_MS)).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
  });

  it("says so when its folder cannot be made", async () => {
    const opening = openJournal("/dev/null/journal", START_MS);
    await expect(opening).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
  });

  it("closes when it cannot be written any more: what broke is told, and not that", async () => {
    const dataDir = tempFolder();
    const journal = await openJournal(dataDir, START_MS);
    const vandal = new DatabaseSync(join(dataDir, "journal.db"));
    vandal.exec("DROP TABLE writer; DROP TABLE request;");
    vandal.close();
    const putting = journal.requests.put(
      "r1",
      { kind: "resumeRequested", actor: "a", reason: "" },
      1,
    );
    await expect(putting).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
    await journal.close();
    expect(isJournalFree(dataDir)).toBe(true);
  });

  it("says so when it breaks while it is written, and keeps what it had", async () => {
    const dataDir = tempFolder();
    const journal = await openJournal(dataDir, START_MS);
    const creation = await created("r1");
    const stored = await journal.create(creation, createRollout(creation));
    const vandal = new DatabaseSync(join(dataDir, "journal.db"));
    vandal.exec("DROP TABLE entry");
    vandal.close();
    const tick = [{ event: { kind: "tick", atMs: START_MS } as const, notes: [] }];
    const moved = { ...stored.rollout, phase: "preparing" } as const;
    const writing = journal.append(stored, tick, moved);
    await expect(writing).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
    expect((await journal.load("r1"))?.rollout.phase).toBe("pending");
    await journal.close();
  });
});

describe("openJournalBeside", () => {
  it("finds nothing, and makes nothing, where no journal is", async () => {
    const dataDir = tempFolder();
    expect(await openJournalBeside(dataDir)).toBeUndefined();
    await expect(readStatus(dataDir)).rejects.toMatchObject({ code: "ROLLOUT_NOT_FOUND" });
    expect(await openJournalBeside(dataDir)).toBeUndefined();
  });
});

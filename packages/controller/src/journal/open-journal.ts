import { existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { RolloutError } from "@headgate/core";
import { Kysely } from "kysely";
import { Migrator } from "kysely/migration";

import { journalOver } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { nodeSqliteDialect } from "./node-sqlite-dialect.ts";
import { MIGRATIONS } from "./schema.ts";
import type { JournalTables } from "./schema.ts";
import { unusable } from "./unusable.ts";
import { acquireWriterLock, isWriterAlive } from "./writer-lock.ts";

/** Another process's short transaction is waited for this long. */
const BUSY_TIMEOUT_MS = 5000;

export interface Writer {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/**
 * Opens the journal in `dataDir` for writing, and makes it when there is none. One process at a time; a
 * dead one's place is free at once.
 * @throws {RolloutError} JOURNAL_LOCKED names who writes; JOURNAL_UNUSABLE: not readable, not writable, full.
 */
export async function openJournal(dataDir: string, nowMs: number): Promise<Journal> {
  try {
    mkdirSync(dataDir, { recursive: true });
    const lock = acquireWriterLock(lockPath(dataDir));
    if (lock === undefined) throw await lockedBy(dataDir);
    try {
      const db = await openDatabase(dataDir);
      await migrate(db);
      const writer = { pid: process.pid, since: nowMs, host: hostname() };
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("writer").execute();
        await transaction.insertInto("writer").values(writer).execute();
      });
      return journalOver(db, dataDir, async () => {
        try {
          // Who wrote last is only said while the lock is held: where it cannot be written, what broke is already told.
          await db
            .deleteFrom("writer")
            .execute()
            .catch(() => undefined);
          await db.destroy();
        } finally {
          lock.release();
        }
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/**
 * Opens the journal beside whoever writes it: to read, and to put requests. Undefined when there is none.
 * @throws {RolloutError} JOURNAL_UNUSABLE
 */
export async function openJournalBeside(dataDir: string): Promise<Journal | undefined> {
  if (!hasJournal(dataDir)) return undefined;
  try {
    const db = await openDatabase(dataDir);
    return journalOver(db, dataDir, () => db.destroy());
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

export function hasJournal(dataDir: string): boolean {
  return existsSync(databasePath(dataDir));
}

/** Whether no live process writes the journal. */
export function isJournalFree(dataDir: string): boolean {
  return !existsSync(lockPath(dataDir)) || !isWriterAlive(lockPath(dataDir));
}

/** The live process that writes the journal, if there is one. */
export async function writerOf(dataDir: string): Promise<Writer | undefined> {
  if (isJournalFree(dataDir) || !hasJournal(dataDir)) return undefined;
  const db = await openDatabase(dataDir);
  try {
    const row = await db.selectFrom("writer").selectAll().executeTakeFirst();
    return row === undefined ? undefined : { pid: row.pid, sinceMs: row.since };
  } finally {
    await db.destroy();
  }
}

async function openDatabase(dataDir: string): Promise<Kysely<JournalTables>> {
  const database = new DatabaseSync(databasePath(dataDir), { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  } catch (error) {
    database.close();
    throw error;
  }
  return new Kysely<JournalTables>({ dialect: nodeSqliteDialect(database) });
}

async function migrate(db: Kysely<JournalTables>): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  await db.destroy();
  throw error;
}

async function lockedBy(dataDir: string): Promise<RolloutError> {
  const writer = await writerOf(dataDir);
  const who =
    writer === undefined
      ? "another process"
      : `process ${writer.pid}, since ${new Date(writer.sinceMs).toISOString()}`;
  return new RolloutError(
    "JOURNAL_LOCKED",
    `the journal in ${dataDir} is being written by ${who}`,
    {
      hint: "Wait for it to finish, or ask it: `headgate status`, `headgate abort`, `headgate promote`.",
    },
  );
}

function databasePath(dataDir: string): string {
  return join(dataDir, "journal.db");
}

function lockPath(dataDir: string): string {
  return join(dataDir, "writer.lock");
}

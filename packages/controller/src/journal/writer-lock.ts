import { DatabaseSync } from "node:sqlite";

/**
 * The right to write a journal: an exclusive transaction on an empty database beside it, held open. It is
 * the operating system's lock, so it ends with the process however that ends, `kill -9` included.
 */
export interface WriterLock {
  release(): void;
}

/** A reader that only asks whether the lock is held keeps it for less than this. */
const PATIENCE_MS = 100;
const SQLITE_BUSY = 5;

/** Undefined when another connection holds the lock, in this process or another. */
export function acquireWriterLock(path: string): WriterLock | undefined {
  const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** Whether a live process holds the lock. */
export function isWriterAlive(path: string): boolean {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Reading takes a shared lock for a moment, which an exclusive one refuses.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

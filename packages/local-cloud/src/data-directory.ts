import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "./storage/store.ts";

/**
 * Takes the data directory for this process. The lock is SQLite's own on a file of its own, so the
 * system gives it back when the process dies, however it dies.
 *
 * @returns the way to give it back.
 * @throws {StorageError} when another cloud has it, or the directory cannot be written.
 */
export function lockDataDirectory(directory: string): () => void {
  let lock: DatabaseSync;
  try {
    mkdirSync(directory, { recursive: true });
    lock = new DatabaseSync(join(directory, "lock.sqlite"), { timeout: 0 });
  } catch (cause) {
    throw new StorageError(
      `cannot use the data directory ${directory}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        "Give --data-dir a directory that this user may write.",
      { cause },
    );
  }
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new StorageError(
      `cannot lock the data directory ${directory}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        "If another local cloud uses it, stop that one or give this one a --data-dir of its own.",
      { cause },
    );
  }
  return () => lock.close();
}

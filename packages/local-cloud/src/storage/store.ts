import type { DatabaseSync } from "node:sqlite";
import type { Blobs } from "./blobs.ts";

/** Whose rows these are. Global services (iam, sts) use the region `aws-global`. */
export interface Scope {
  readonly account: string;
  readonly region: string;
  readonly service: string;
}

/**
 * Named rows of one service in one account and region. Values are plain structures that the
 * structured-clone algorithm can copy (Date, Uint8Array and Map included) and are treated as
 * immutable: to change a row, `set` a new value.
 */
export interface Table<Value> {
  get(key: string): Value | undefined;
  has(key: string): boolean;
  /** Durable when it returns. @throws {StorageError} and nothing has changed, in memory or on disk. */
  set(key: string, value: Value): void;
  /** @throws {StorageError} and nothing has changed. */
  delete(key: string): boolean;
  /** In insertion order. */
  values(): IterableIterator<Value>;
  entries(): IterableIterator<[string, Value]>;
  readonly size: number;
}

export interface Store {
  /** The same object for the same scope and name, its rows read from disk at the first call. */
  table<Value>(scope: Scope, name: string): Table<Value>;
  /**
   * Runs `work` so that all its writes happen or none does. Synchronous: `work` must not await.
   * Nested calls join the outer one.
   */
  transaction<Result>(work: () => Result): Result;
  /** Every scope of `service` that holds at least one row. */
  scopes(service: string): Scope[];
  /** Large immutable bytes (function code), named by their SHA-256. */
  readonly blobs: Blobs;
  /** For what rows are wrong for: the append-only logs and metrics. In memory without a data directory. */
  readonly sqlite: DatabaseSync;
  /** The data directory, undefined when everything is in memory. */
  readonly directory: string | undefined;
  /** Forgets everything. */
  reset(): void;
  close(): void;
}

/** The disk refused a write (full, read-only, gone). Carries what a person needs to mend it. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}

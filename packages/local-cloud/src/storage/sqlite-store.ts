import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { type Blobs, directoryBlobs, memoryBlobs } from "./blobs.ts";
import { type Scope, type Store, StorageError, type Table } from "./store.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS rows (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL,
  key TEXT NOT NULL, value BLOB NOT NULL,
  UNIQUE (account, region, service, name, key)
);`;

/**
 * Rows live in memory and are written through to SQLite, so reads cost nothing and an acknowledged
 * write survives kill -9. A failed write leaves memory as it was.
 *
 * synchronous=NORMAL in WAL mode: a commit survives the death of the process, not of the machine's
 * power; a local cloud does not pay an fsync per call for the latter.
 */
export function openStore(directory: string | undefined): Store {
  const sqlite = openDatabase(directory);
  const blobs = directory === undefined ? memoryBlobs() : openBlobs(join(directory, "blobs"));
  const statements = prepare(sqlite);
  const tables = new Map<string, MemoryTable<unknown>>();
  let undo: (() => void)[] | undefined;

  const write = (apply: () => void, revert: () => void, persist: () => void) => {
    guard(persist);
    apply();
    undo?.push(revert);
  };

  const tableOf = (scope: Scope, name: string): MemoryTable<unknown> => {
    const id = JSON.stringify([scope.account, scope.region, scope.service, name]);
    let table = tables.get(id);
    if (table === undefined) {
      table = new MemoryTable(scope, name, statements, write);
      tables.set(id, table);
    }
    return table;
  };

  return {
    directory,
    sqlite,
    blobs,
    // The caller names the row type of its own table; the store never looks inside a value.
    table: <Value>(scope: Scope, name: string) => tableOf(scope, name) as MemoryTable<Value>,
    transaction(work) {
      if (undo !== undefined) return work();
      const log: (() => void)[] = [];
      guard(() => sqlite.exec("BEGIN IMMEDIATE"));
      undo = log;
      try {
        const result = work();
        guard(() => sqlite.exec("COMMIT"));
        return result;
      } catch (error) {
        for (const revert of log.toReversed()) revert();
        if (sqlite.isTransaction) sqlite.exec("ROLLBACK");
        throw error;
      } finally {
        undo = undefined;
      }
    },
    scopes: (service) =>
      statements.scopes.all(service).map((row) => ({
        account: String(row["account"]),
        region: String(row["region"]),
        service,
      })),
    reset() {
      guard(() => statements.clear.run());
      // The tables stay, emptied: whoever holds one goes on with the same.
      for (const table of tables.values()) table.empty();
      guard(() => blobs.reset());
    },
    close: () => sqlite.close(),
  };
}

function openBlobs(directory: string): Blobs {
  const blobs = directoryBlobs(directory);
  return { ...blobs, put: (bytes) => guard(() => blobs.put(bytes)) };
}

interface Statements {
  readonly load: StatementSync;
  readonly upsert: StatementSync;
  readonly remove: StatementSync;
  readonly scopes: StatementSync;
  readonly clear: StatementSync;
}

type Write = (apply: () => void, revert: () => void, persist: () => void) => void;

class MemoryTable<Value> implements Table<Value> {
  readonly #rows = new Map<string, Value>();
  readonly #key: readonly [string, string, string, string];
  readonly #statements: Statements;
  readonly #write: Write;

  constructor(scope: Scope, name: string, statements: Statements, write: Write) {
    this.#key = [scope.account, scope.region, scope.service, name];
    this.#statements = statements;
    this.#write = write;
    for (const row of statements.load.all(...this.#key)) {
      this.#rows.set(String(row["key"]), deserialize(row["value"] as Uint8Array) as Value);
    }
  }

  /** Forgets the rows in memory, when the disk has none any more. */
  empty(): void {
    this.#rows.clear();
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Value | undefined {
    return this.#rows.get(key);
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  set(key: string, value: Value): void {
    const had = this.#rows.has(key);
    const before = this.#rows.get(key);
    this.#write(
      () => this.#rows.set(key, value),
      () => (had ? this.#rows.set(key, before as Value) : this.#rows.delete(key)),
      () => this.#statements.upsert.run(...this.#key, key, serialize(value)),
    );
  }

  delete(key: string): boolean {
    if (!this.#rows.has(key)) return false;
    const before = this.#rows.get(key) as Value;
    this.#write(
      () => this.#rows.delete(key),
      () => this.#rows.set(key, before),
      () => this.#statements.remove.run(...this.#key, key),
    );
    return true;
  }

  values(): IterableIterator<Value> {
    return this.#rows.values();
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#rows.entries();
  }
}

function openDatabase(directory: string | undefined): DatabaseSync {
  try {
    if (directory !== undefined) mkdirSync(directory, { recursive: true });
    const path = directory === undefined ? ":memory:" : join(directory, "cloud.sqlite");
    const sqlite = new DatabaseSync(path, { timeout: 2000 });
    sqlite.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    sqlite.exec(SCHEMA);
    return sqlite;
  } catch (cause) {
    throw new StorageError(
      `cannot open the data directory ${directory}: ${reasonOf(cause)}. ` +
        "Give --data-dir a directory on a disk with free space that this user may write.",
      { cause },
    );
  }
}

function prepare(sqlite: DatabaseSync): Statements {
  return {
    load: sqlite.prepare(
      "SELECT key, value FROM rows WHERE account=? AND region=? AND service=? AND name=? ORDER BY seq",
    ),
    upsert: sqlite.prepare(
      `INSERT INTO rows (account, region, service, name, key, value) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (account, region, service, name, key) DO UPDATE SET value=excluded.value`,
    ),
    remove: sqlite.prepare(
      "DELETE FROM rows WHERE account=? AND region=? AND service=? AND name=? AND key=?",
    ),
    scopes: sqlite.prepare("SELECT DISTINCT account, region FROM rows WHERE service=?"),
    clear: sqlite.prepare("DELETE FROM rows"),
  };
}

function guard<Result>(persist: () => Result): Result {
  try {
    return persist();
  } catch (cause) {
    throw new StorageError(
      `the data directory refused a write: ${reasonOf(cause)}. Nothing was changed. ` +
        "Free some space or make it writable, then try again.",
      { cause },
    );
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import type { EventPosition, EventQuery, LogGroup } from "./log-records.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS log_groups (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  bytes INTEGER NOT NULL, record BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS log_streams (
  id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,
  first_at INTEGER, last_at INTEGER, ingested_at INTEGER
);
CREATE TABLE IF NOT EXISTS log_events (
  id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, stream INTEGER NOT NULL,
  at INTEGER NOT NULL, ingested INTEGER NOT NULL, message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS log_events_by_time ON log_events (grp, at);`;

export interface GroupRow {
  readonly id: number;
  readonly account: string;
  readonly region: string;
  readonly bytes: number;
  readonly record: LogGroup;
}

export interface StreamRow {
  readonly id: number;
  readonly groupId: number;
  readonly name: string;
  readonly createdAtMs: number;
  readonly firstEventAtMs: number | undefined;
  readonly lastEventAtMs: number | undefined;
  readonly lastIngestedAtMs: number | undefined;
}

export interface EventRow {
  readonly id: number;
  readonly group: number;
  readonly stream: number;
  readonly atMs: number;
  readonly ingestedAtMs: number;
  readonly message: string;
}

export interface EventRange {
  readonly group: number;
  readonly stream: number | undefined;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly order: EventQuery["order"];
  readonly after: EventPosition | undefined;
}

const PAGE_ROWS = 1000;
const EVENT_COLUMNS = "id, grp, stream, at, ingested, message";

/** The SQL of the log store, and nothing else: rows in, rows out. */
export class LogTables {
  readonly #sqlite: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(sqlite: DatabaseSync) {
    sqlite.exec(SCHEMA);
    this.#sqlite = sqlite;
    this.#statements = prepare(sqlite);
  }

  loadGroups(): GroupRow[] {
    return this.#statements.loadGroups.all().map((row) => ({
      id: Number(row["id"]),
      account: String(row["account"]),
      region: String(row["region"]),
      bytes: Number(row["bytes"]),
      record: deserialize(row["record"] as Uint8Array) as LogGroup,
    }));
  }

  loadStreams(): StreamRow[] {
    return this.#statements.loadStreams.all().map((row) => ({
      id: Number(row["id"]),
      groupId: Number(row["grp"]),
      name: String(row["name"]),
      createdAtMs: Number(row["created_at"]),
      firstEventAtMs: optionalNumber(row["first_at"]),
      lastEventAtMs: optionalNumber(row["last_at"]),
      lastIngestedAtMs: optionalNumber(row["ingested_at"]),
    }));
  }

  lastEventId(): number {
    return Number(this.#statements.lastEventId.get()?.["id"] ?? 0);
  }

  saveGroup(group: GroupRow): void {
    const { id, account, region, record, bytes } = group;
    this.#statements.saveGroup.run(id, account, region, record.name, bytes, serialize(record));
  }

  saveStream(stream: StreamRow): void {
    this.#statements.saveStream.run(
      stream.id,
      stream.groupId,
      stream.name,
      stream.createdAtMs,
      stream.firstEventAtMs ?? null,
      stream.lastEventAtMs ?? null,
      stream.lastIngestedAtMs ?? null,
    );
  }

  insertEvent(row: EventRow): void {
    const { id, group, stream, atMs, ingestedAtMs, message } = row;
    this.#statements.insertEvent.run(id, group, stream, atMs, ingestedAtMs, message);
  }

  /** Rows of the range in its order, a thousand at a time. */
  *pages(range: EventRange): Generator<EventRow[]> {
    let { after } = range;
    for (;;) {
      const rows = this.#page(range, after);
      if (rows.length > 0) yield rows;
      after = rows.at(-1);
      if (rows.length < PAGE_ROWS) return;
    }
  }

  #page(range: EventRange, after: EventPosition | undefined): EventRow[] {
    const { group, stream = null, fromMs, untilMs, order } = range;
    const all = Number.MAX_SAFE_INTEGER;
    if (order === "oldestFirst") {
      const start = laterOf(after, { atMs: fromMs - 1, id: all });
      return this.#statements.oldestFirst
        .all(group, start.atMs, start.id, untilMs, stream, stream, PAGE_ROWS)
        .map(eventRow);
    }
    const start = earlierOf(after, { atMs: untilMs, id: -1 });
    return this.#statements.newestFirst
      .all(group, start.atMs, start.id, fromMs, stream, stream, PAGE_ROWS)
      .map(eventRow);
  }

  event(group: number, id: number): EventRow | undefined {
    const row = this.#statements.event.get(id, group);
    return row === undefined ? undefined : eventRow(row);
  }

  deleteGroup(id: number): void {
    this.#statements.deleteGroupEvents.run(id);
    this.#statements.deleteGroupStreams.run(id);
    this.#statements.deleteGroup.run(id);
  }

  /** Returns the bytes that are gone, `overhead` counted for each event. */
  deleteStream(group: number, stream: number, overhead: number): number {
    const sum = this.#statements.streamBytes.get(overhead, group, stream);
    this.#statements.deleteStreamEvents.run(group, stream);
    this.#statements.deleteStream.run(stream);
    return Number(sum?.["bytes"] ?? 0);
  }

  /** Returns the bytes that are gone. */
  deleteEventsBefore(group: number, beforeMs: number, overhead: number): number {
    const sum = this.#statements.bytesBefore.get(overhead, group, beforeMs);
    const bytes = Number(sum?.["bytes"] ?? 0);
    if (bytes > 0) this.#statements.deleteBefore.run(group, beforeMs);
    return bytes;
  }

  /** Deletes from the oldest on until `bytes` are gone. Returns the bytes gone by group. */
  deleteOldest(bytes: number, overhead: number): Map<number, number> {
    const last = this.#statements.oldestUpTo.get(overhead, bytes)?.["id"] ?? this.lastEventId();
    const gone = new Map<number, number>();
    for (const row of this.#statements.bytesUpTo.all(overhead, Number(last))) {
      gone.set(Number(row["grp"]), Number(row["bytes"]));
    }
    this.#statements.deleteUpTo.run(Number(last));
    return gone;
  }

  clear(): void {
    this.#sqlite.exec("DELETE FROM log_events; DELETE FROM log_streams; DELETE FROM log_groups;");
  }
}

function prepare(sqlite: DatabaseSync) {
  const bytes = "SUM(octet_length(message) + ?) AS bytes";
  return {
    loadGroups: sqlite.prepare("SELECT id, account, region, bytes, record FROM log_groups"),
    loadStreams: sqlite.prepare("SELECT * FROM log_streams"),
    lastEventId: sqlite.prepare("SELECT max(id) AS id FROM log_events"),
    saveGroup: sqlite.prepare(
      "INSERT OR REPLACE INTO log_groups (id, account, region, name, bytes, record) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    saveStream: sqlite.prepare(
      `INSERT OR REPLACE INTO log_streams (id, grp, name, created_at, first_at, last_at, ingested_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertEvent: sqlite.prepare(
      `INSERT INTO log_events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    oldestFirst: sqlite.prepare(
      `SELECT ${EVENT_COLUMNS} FROM log_events
       WHERE grp = ? AND (at, id) > (?, ?) AND at < ? AND (? IS NULL OR stream = ?)
       ORDER BY at, id LIMIT ?`,
    ),
    newestFirst: sqlite.prepare(
      `SELECT ${EVENT_COLUMNS} FROM log_events
       WHERE grp = ? AND (at, id) < (?, ?) AND at >= ? AND (? IS NULL OR stream = ?)
       ORDER BY at DESC, id DESC LIMIT ?`,
    ),
    event: sqlite.prepare(`SELECT ${EVENT_COLUMNS} FROM log_events WHERE id = ? AND grp = ?`),
    deleteGroup: sqlite.prepare("DELETE FROM log_groups WHERE id = ?"),
    deleteGroupStreams: sqlite.prepare("DELETE FROM log_streams WHERE grp = ?"),
    deleteGroupEvents: sqlite.prepare("DELETE FROM log_events WHERE grp = ?"),
    deleteStream: sqlite.prepare("DELETE FROM log_streams WHERE id = ?"),
    deleteStreamEvents: sqlite.prepare("DELETE FROM log_events WHERE grp = ? AND stream = ?"),
    streamBytes: sqlite.prepare(`SELECT ${bytes} FROM log_events WHERE grp = ? AND stream = ?`),
    bytesBefore: sqlite.prepare(`SELECT ${bytes} FROM log_events WHERE grp = ? AND at < ?`),
    deleteBefore: sqlite.prepare("DELETE FROM log_events WHERE grp = ? AND at < ?"),
    oldestUpTo: sqlite.prepare(
      `SELECT id FROM (
         SELECT id, SUM(octet_length(message) + ?) OVER (ORDER BY id) AS total FROM log_events
       ) WHERE total >= ? LIMIT 1`,
    ),
    bytesUpTo: sqlite.prepare(`SELECT grp, ${bytes} FROM log_events WHERE id <= ? GROUP BY grp`),
    deleteUpTo: sqlite.prepare("DELETE FROM log_events WHERE id <= ?"),
  } satisfies Record<string, StatementSync>;
}

type SqlRow = Record<string, unknown>;

function eventRow(row: SqlRow): EventRow {
  return {
    id: Number(row["id"]),
    group: Number(row["grp"]),
    stream: Number(row["stream"]),
    atMs: Number(row["at"]),
    ingestedAtMs: Number(row["ingested"]),
    message: String(row["message"]),
  };
}

function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

function laterOf(a: EventPosition | undefined, b: EventPosition): EventPosition {
  return a !== undefined && isBefore(b, a) ? a : b;
}

function earlierOf(a: EventPosition | undefined, b: EventPosition): EventPosition {
  return a !== undefined && isBefore(a, b) ? a : b;
}

function isBefore(a: EventPosition, b: EventPosition): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id);
}

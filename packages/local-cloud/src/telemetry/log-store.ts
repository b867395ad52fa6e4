import type { Clock } from "../clock.ts";
import type { Store } from "../storage/store.ts";
import { StorageError } from "../storage/store.ts";
import { LogDirectory, type GroupState, type StreamState } from "./log-directory.ts";
import { recordEmbeddedMetrics } from "./embedded-metrics.ts";
import type { EventQuery, LogGroup, LogStream, StoredEvent } from "./log-records.ts";
import type { LogEvent, LogSink } from "./log-sink.ts";
import { type EventRow, LogTables } from "./log-tables.ts";
import { EVENT_OVERHEAD_BYTES, keptFromMs, LogTrimming } from "./log-trimming.ts";
import type { MetricSink, Place } from "./metric-sink.ts";

/** How long an appended event may wait in memory before it is on disk. Real time. */
const FLUSH_AFTER_MS = 250;
/** How long a disk that refused a flush is left alone. Real time. */
const RETRY_AFTER_MS = 2000;
/** A burst is flushed at once when the buffer holds this much, so the buffer stays small. */
const BUFFER_BYTES_MAX = 4 * 1024 * 1024;
/** While the disk refuses writes the buffer keeps the newest events up to this size. */
const REFUSED_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Log groups, streams and events of every account and region. What is read includes everything
 * appended before, but for what a disk does not take at the moment. Changes by name (`put...`,
 * `delete...`) are durable when they return and throw `StorageError`, having changed nothing, when the
 * disk refuses them.
 */
export interface LogStore extends LogSink {
  /** Ordered by name. */
  groups(place: Place): LogGroup[];
  group(place: Place, name: string): LogGroup | undefined;
  /** Creates the group or replaces what is known of it; its streams and events stay. */
  putGroup(place: Place, group: LogGroup): void;
  /** With its streams and events. False when there is none. */
  deleteGroup(place: Place, name: string): boolean;
  /** Bytes of the group's live events, as AWS counts them: UTF-8 and 26 for each event. */
  storedBytes(place: Place, group: string): number;

  /** Ordered by name. Empty when the group is missing. */
  streams(place: Place, group: string): LogStream[];
  stream(place: Place, group: string, name: string): LogStream | undefined;
  /** The group must exist. */
  createStream(place: Place, group: string, name: string): void;
  /** With its events. False when there is none. */
  deleteStream(place: Place, group: string, name: string): boolean;

  /** Lazily: rows are fetched as they are asked for. Events past the group's retention are left out. */
  read(place: Place, group: string, query: EventQuery): Generator<StoredEvent>;
  /** Makes what was appended durable. @throws {StorageError} and it stays in the buffer. */
  flush(): void;
  /** Appends events that are durable when it returns. @throws {StorageError} and none was appended. */
  appendDurably(place: Place, group: string, stream: string, events: readonly LogEvent[]): void;

  /** By the id of {@link StoredEvent}. */
  event(place: Place, group: string, id: number): StoredEvent | undefined;
}

/** What the owner of a log store does with it, beside using it. */
export interface LogStoreLife {
  /** Forgets everything. */
  reset(): void;
  /** Flushes for the last time and stops the timer. The store itself is closed by its owner. */
  close(): void;
}

export function createLogStore(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: MetricSink;
  /** Hears what a flush on the timer threw: there is no caller to tell. */
  onError(error: unknown): void;
  /** Without a data directory the oldest events of the whole cloud go when their sum passes this. */
  readonly memoryBytesMax?: number | undefined;
}): LogStore & LogStoreLife {
  return new BufferedLogStore(parts);
}

type Parts = Parameters<typeof createLogStore>[0];

/**
 * Appended events wait in a buffer and go to SQLite in one transaction, so that an invocation pays
 * for a few pushes only. Every read and every change by name flushes first.
 *
 * Memory: the buffer is bounded (above), the events themselves are SQLite's. Without a data directory
 * that is memory too, so beyond `memoryBytesMax` the oldest events go.
 */
class BufferedLogStore implements LogStore, LogStoreLife {
  readonly #parts: Parts;
  readonly #tables: LogTables;
  #directory: LogDirectory;
  #buffer: EventRow[] = [];
  #bufferBytes = 0;
  #nextEventId: number;
  readonly #trimming: LogTrimming;
  #timer: NodeJS.Timeout | undefined;
  /** The disk refused the last flush: said once, not every 250 ms. */
  #refused = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#tables = new LogTables(parts.store.sqlite);
    this.#directory = LogDirectory.load(this.#tables);
    this.#nextEventId = this.#tables.lastEventId() + 1;
    this.#trimming = new LogTrimming(this.#tables, {
      clock: parts.clock,
      bytesMax:
        parts.store.directory === undefined
          ? (parts.memoryBytesMax ?? MEMORY_BYTES_MAX)
          : undefined,
    });
  }

  append(place: Place, group: string, stream: string, events: readonly LogEvent[]): void {
    const nowMs = this.#parts.clock.nowMs();
    const target = this.#directory.openStream(place, group, stream, nowMs);
    for (const event of events) this.#push(place, target, event, nowMs);
    if (this.#bufferBytes > BUFFER_BYTES_MAX && !this.#refused) this.#flushUnattended();
    this.#timer ??= setTimeout(() => this.#flushUnattended(), FLUSH_AFTER_MS).unref();
  }

  appendDurably(place: Place, group: string, stream: string, events: readonly LogEvent[]): void {
    // Events that came before keep their order, or none gets in.
    this.flush();
    const nowMs = this.#parts.clock.nowMs();
    const target = this.#directory.openStream(place, group, stream, nowMs);
    const rows = events.map((event) => this.#rowOf(target, event, nowMs));
    this.#write(() => {
      for (const row of rows) this.#tables.insertEvent(row);
    });
    for (const event of events) this.#note(place, target, event, nowMs);
    this.#flushUnattended();
  }

  #push(place: Place, stream: StreamState, event: LogEvent, nowMs: number): void {
    this.#buffer.push(this.#rowOf(stream, event, nowMs));
    this.#bufferBytes += bytesOf(event);
    this.#note(place, stream, event, nowMs);
  }

  #rowOf(stream: StreamState, { atMs, message }: LogEvent, nowMs: number): EventRow {
    const id = this.#nextEventId++;
    return { id, group: stream.group.id, stream: stream.id, atMs, ingestedAtMs: nowMs, message };
  }

  /** What an event means beside itself: its stream's times, and the metrics it carries. */
  #note(place: Place, stream: StreamState, event: LogEvent, nowMs: number): void {
    const { atMs, message } = event;
    this.#directory.noteEvent(stream, atMs, nowMs, bytesOf(event));
    recordEmbeddedMetrics(this.#parts.metrics, place, message, nowMs);
    stream.group.applyMetricFilters?.(this.#parts.metrics, place, event);
  }

  flush(): void {
    // A flush that joined a foreign transaction would be lost with it.
    if (this.#parts.store.sqlite.isTransaction) return;
    if (this.#buffer.length > 0 || this.#directory.isDirty) {
      this.#write(() => {
        this.#directory.save(this.#tables);
        for (const row of this.#buffer) this.#tables.insertEvent(row);
      });
      this.#directory.saved();
      this.#buffer = [];
      this.#bufferBytes = 0;
    }
    this.#stopTimer();
    this.#refused = false;
    this.#trimming.trim(this.#directory, (work) => this.#write(work));
  }

  #flushUnattended(): void {
    this.#stopTimer();
    try {
      this.flush();
    } catch (error) {
      this.#timer = setTimeout(() => this.#flushUnattended(), RETRY_AFTER_MS).unref();
      if (this.#bufferBytes > REFUSED_BYTES_MAX) this.#forgetBuffered();
      if (!this.#refused) this.#parts.onError(error);
      this.#refused = true;
    }
  }

  /** A disk that takes nothing still gives what it has. */
  #flushToRead(): void {
    if (!this.#refused) this.#flushUnattended();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Keeps the newest half of a buffer that nobody takes. */
  #forgetBuffered(): void {
    this.#buffer.splice(0, Math.ceil(this.#buffer.length / 2));
    this.#bufferBytes = this.#buffer.reduce((sum, row) => sum + bytesOf(row), 0);
  }

  #write(work: () => void): void {
    try {
      this.#parts.store.transaction(work);
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StorageError(`the data directory refused log events: ${reason}`, { cause });
    }
  }

  groups(place: Place): LogGroup[] {
    return this.#directory.groups(place).map((group) => group.record);
  }

  group(place: Place, name: string): LogGroup | undefined {
    return this.#directory.group(place, name)?.record;
  }

  putGroup(place: Place, group: LogGroup): void {
    this.flush();
    const before = this.#directory.group(place, group.name);
    const next = { id: before?.id ?? this.#directory.nextGroupId(), bytes: before?.bytes ?? 0 };
    this.#write(() => this.#tables.saveGroup({ ...next, ...place, record: group }));
    this.#directory.putGroup(place, next.id, group);
  }

  deleteGroup(place: Place, name: string): boolean {
    this.flush();
    const group = this.#directory.group(place, name);
    if (group === undefined) return false;
    this.#write(() => this.#tables.deleteGroup(group.id));
    this.#directory.deleteGroup(place, name);
    return true;
  }

  storedBytes(place: Place, group: string): number {
    return this.#directory.group(place, group)?.bytes ?? 0;
  }

  streams(place: Place, group: string): LogStream[] {
    return this.#directory.streams(place, group).map(streamRecord);
  }

  stream(place: Place, group: string, name: string): LogStream | undefined {
    const stream = this.#directory.stream(place, group, name);
    return stream === undefined ? undefined : streamRecord(stream);
  }

  createStream(place: Place, group: string, name: string): void {
    this.#directory.openStream(place, group, name, this.#parts.clock.nowMs());
    try {
      this.flush();
    } catch (error) {
      this.#directory.deleteStream(place, group, name);
      throw error;
    }
  }

  deleteStream(place: Place, group: string, name: string): boolean {
    this.flush();
    const stream = this.#directory.stream(place, group, name);
    if (stream === undefined) return false;
    this.#write(() => {
      const bytes = this.#tables.deleteStream(stream.group.id, stream.id, EVENT_OVERHEAD_BYTES);
      this.#directory.forgetBytes(stream.group.id, bytes);
    });
    this.#directory.deleteStream(place, group, name);
    return true;
  }

  *read(place: Place, groupName: string, query: EventQuery): Generator<StoredEvent> {
    this.#flushToRead();
    const group = this.#directory.group(place, groupName);
    if (group === undefined) return;
    const pages = this.#tables.pages({
      group: group.id,
      stream: onlyStream(group, query.streams),
      fromMs: Math.max(query.fromMs ?? 0, this.#keptFromMs(group)),
      untilMs: query.untilMs ?? Number.MAX_SAFE_INTEGER,
      order: query.order,
      after: query.after,
    });
    for (const page of pages) {
      for (const row of page) {
        const event = storedEvent(group, row);
        if (query.streams?.has(event.stream) ?? true) yield event;
      }
    }
  }

  event(place: Place, groupName: string, id: number): StoredEvent | undefined {
    this.#flushToRead();
    const group = this.#directory.group(place, groupName);
    if (group === undefined) return undefined;
    const row = this.#tables.event(group.id, id);
    if (row === undefined || row.atMs < this.#keptFromMs(group)) return undefined;
    return storedEvent(group, row);
  }

  #keptFromMs(group: GroupState): number {
    return keptFromMs(group.record, this.#parts.clock.nowMs());
  }

  reset(): void {
    this.#stopTimer();
    this.#buffer = [];
    this.#bufferBytes = 0;
    this.#write(() => this.#tables.clear());
    this.#directory = LogDirectory.load(this.#tables);
  }

  close(): void {
    this.#flushUnattended();
    this.#stopTimer();
  }
}

/** As AWS counts them. */
function bytesOf({ message }: Pick<LogEvent, "message">): number {
  return Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
}

function streamRecord(stream: StreamState): LogStream {
  const { name, createdAtMs, firstEventAtMs, lastEventAtMs, lastIngestedAtMs } = stream;
  return { name, createdAtMs, firstEventAtMs, lastEventAtMs, lastIngestedAtMs };
}

function storedEvent(group: GroupState, row: EventRow): StoredEvent {
  const { id, atMs, ingestedAtMs, message } = row;
  return { id, stream: group.streamNames.get(row.stream) ?? "", atMs, ingestedAtMs, message };
}

/** The id to ask SQLite for when one stream is wanted; several are picked from the group's rows. */
function onlyStream(group: GroupState, names: ReadonlySet<string> | undefined): number | undefined {
  if (names?.size !== 1) return undefined;
  const [name = ""] = names;
  return group.streams.get(name)?.id ?? -1;
}

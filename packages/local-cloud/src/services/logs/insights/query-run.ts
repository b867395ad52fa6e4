import type { LogStore } from "../../../telemetry/log-store.ts";
import type { StoredEvent } from "../../../telemetry/log-records.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { EVENT_OVERHEAD_BYTES, QUERY_RESULTS_MAX } from "../limits.ts";
import { eventPointer } from "./event-pointer.ts";
import { parseQuery, type Query } from "./parse-query.ts";
import { EventRow, type Row } from "./row.ts";
import { textOf } from "./value.ts";

/** Events that are read before other work of the process gets its turn. */
const SLICE_EVENTS = 5000;

export interface QueryRequest {
  readonly place: Place;
  readonly groups: readonly string[];
  readonly text: string;
  /** Inclusive. */
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
  /** Used when the query has no `limit` of its own. */
  readonly limit: number | undefined;
}

export type QueryStatus = "Running" | "Complete" | "Failed" | "Cancelled";

export interface ResultField {
  readonly field: string;
  readonly value: string;
}

/** One started query: runs in slices, and can be looked at and cancelled between them. */
export class QueryRun {
  status: QueryStatus = "Running";
  readonly request: QueryRequest;
  recordsScanned = 0;
  recordsMatched = 0;
  bytesScanned = 0;
  readonly #logs: LogStore;
  readonly #query: Query;
  readonly #limit: number;
  /** The stage before which an event counts as matched: the first that keeps rows back, or the end. */
  readonly #countedAt: number;
  readonly #rows: Row[] = [];

  /** @throws {AwsError} MalformedQueryException */
  constructor(logs: LogStore, request: QueryRequest) {
    this.#logs = logs;
    this.request = request;
    this.#query = parseQuery(request.text);
    const { stages } = this.#query;
    const keeper = stages.findIndex((stage) => stage.end !== undefined);
    this.#countedAt = keeper === -1 ? stages.length : keeper;
    this.#limit = this.#query.limit ?? request.limit ?? QUERY_RESULTS_MAX;
  }

  get results(): ResultField[][] {
    return this.#rows.map((row) => this.#resultOf(row));
  }

  get resultCount(): number {
    return this.#rows.length;
  }

  cancel(): void {
    this.status = "Cancelled";
  }

  /** Resolves when the query is complete or cancelled; a small one before it first yields. */
  async run(): Promise<void> {
    try {
      await this.#scan();
      if (this.status === "Running") this.#end();
    } catch (error) {
      this.status = "Failed";
      throw error;
    }
  }

  async #scan(): Promise<void> {
    const { place, groups } = this.request;
    for (const group of groups) {
      const log = `${place.account}:${group}`;
      for (const event of this.#events(group)) {
        this.#count(event);
        this.#push(0, new EventRow(event, log));
        if (this.recordsScanned % SLICE_EVENTS !== 0) continue;
        await nextTurn();
        if (this.status !== "Running") return;
      }
    }
  }

  #events(group: string): Iterable<StoredEvent> {
    const { place, fromMs, toMs } = this.request;
    return this.#logs.read(place, group, { fromMs, untilMs: toMs + 1, order: "newestFirst" });
  }

  #count(event: StoredEvent): void {
    this.recordsScanned++;
    this.bytesScanned += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
  }

  #push(index: number, row: Row): void {
    if (index === this.#countedAt) this.recordsMatched++;
    const stage = this.#query.stages[index];
    if (stage !== undefined) {
      stage.push(row, (next) => this.#push(index + 1, next));
      return;
    }
    if (this.#rows.length < this.#limit) this.#rows.push(row);
  }

  #end(): void {
    this.#query.stages.forEach((stage, index) => {
      stage.end?.((row) => this.#push(index + 1, row));
    });
    this.status = "Complete";
  }

  #resultOf(row: Row): ResultField[] {
    const fields = this.#query.columns.flatMap((field) => {
      const value = row.get(field);
      return value === undefined ? [] : [{ field, value: textOf(value) }];
    });
    if (row instanceof EventRow) {
      const pointer = eventPointer(row.log, row.event.id);
      fields.push({ field: "@ptr", value: pointer });
    }
    return fields;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

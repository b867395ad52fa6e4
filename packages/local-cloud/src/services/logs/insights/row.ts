import type { StoredEvent } from "../../../telemetry/log-records.ts";
import type { Value } from "./value.ts";

/** One record of a query on its way through the commands. */
export interface Row {
  get(field: string): Value;
  set(field: string, value: Value): void;
}

/** The rows that `stats` makes. */
export function aggregateRow(): Row {
  const values = new Map<string, Value>();
  return {
    get: (field) => values.get(field),
    set: (field, value) => void values.set(field, value),
  };
}

/** A log event: fields of its message are discovered when one is asked for that nobody has set. */
export class EventRow implements Row {
  readonly event: StoredEvent;
  /** "account:group" */
  readonly log: string;
  readonly #values = new Map<string, Value>();
  #discovered: ReadonlyMap<string, Value> | undefined;

  constructor(event: StoredEvent, log: string) {
    this.event = event;
    this.log = log;
  }

  get(field: string): Value {
    if (this.#values.has(field)) return this.#values.get(field);
    switch (field) {
      case "@message":
        return this.event.message;
      case "@timestamp":
        return { timeMs: this.event.atMs };
      case "@ingestionTime":
        return { timeMs: this.event.ingestedAtMs };
      case "@logStream":
        return this.event.stream;
      case "@log":
        return this.log;
      default:
        this.#discovered ??= discoverFields(this.event.message);
        return this.#discovered.get(field);
    }
  }

  set(field: string, value: Value): void {
    this.#values.set(field, value);
  }

  discoveredNames(): Iterable<string> {
    this.#discovered ??= discoverFields(this.event.message);
    return this.#discovered.keys();
  }
}

/** How many fields of one event are discovered. Source: AWS docs, CWL_AnalyzeLogData-discoverable-fields. */
const DISCOVERED_MAX = 200;
/** Ours: a line of nothing but brackets must not end the stack. */
const DEPTH_MAX = 50;

/** Fields of Lambda's own lines, and of the first JSON object in the message. */
export function discoverFields(message: string): Map<string, Value> {
  const fields = new Map<string, Value>();
  discoverLambda(message, fields);
  const start = message.indexOf("{");
  if (start >= 0) discoverJson(message, start, fields);
  return fields;
}

const PLATFORM_LINE = /^(START|END|REPORT) RequestId: ([\w-]+)/;
/** Lines of the Node and Python runtimes: time, request id, level; or level, time, request id. */
const RUNTIME_LINE = /^(?:\[\w+\]\t)?[\d-]+T[\d:.]+Z\t([\da-f]{8}-[\da-f-]{27})\t/;

/** In the units of CloudWatch: milliseconds, and bytes of a decimal megabyte. */
const REPORT_FIELDS: readonly (readonly [field: string, label: RegExp, scale: number])[] = [
  ["@duration", /\tDuration: ([\d.]+) ms/, 1],
  ["@billedDuration", /\tBilled Duration: ([\d.]+) ms/, 1],
  ["@memorySize", /\tMemory Size: (\d+) MB/, 1_000_000],
  ["@maxMemoryUsed", /\tMax Memory Used: (\d+) MB/, 1_000_000],
  ["@initDuration", /\tInit Duration: ([\d.]+) ms/, 1],
];

function discoverLambda(message: string, fields: Map<string, Value>): void {
  const platform = PLATFORM_LINE.exec(message);
  if (platform === null) {
    const requestId = RUNTIME_LINE.exec(message)?.[1];
    if (requestId !== undefined) fields.set("@requestId", requestId);
    return;
  }
  fields.set("@type", platform[1]);
  fields.set("@requestId", platform[2]);
  if (platform[1] !== "REPORT") return;
  for (const [field, label, scale] of REPORT_FIELDS) {
    const text = label.exec(message)?.[1];
    if (text !== undefined) fields.set(field, Number(text) * scale);
  }
  const traceId = /\tXRAY TraceId: (\S+)/.exec(message)?.[1];
  if (traceId !== undefined) fields.set("@xrayTraceId", traceId);
}

function discoverJson(message: string, start: number, fields: Map<string, Value>): void {
  const end = message.lastIndexOf("}");
  if (end <= start) return;
  let root: unknown;
  try {
    root = JSON.parse(message.slice(start, end + 1));
  } catch {
    return;
  }
  flatten("", root, fields, 0);
}

function flatten(path: string, value: unknown, fields: Map<string, Value>, depth: number): void {
  if (fields.size >= DISCOVERED_MAX || depth > DEPTH_MAX || value === null) return;
  if (typeof value === "object") {
    for (const [key, child] of Object.entries(value)) {
      flatten(path === "" ? key : `${path}.${key}`, child, fields, depth + 1);
    }
    return;
  }
  if (fields.has(path)) return;
  if (typeof value === "string" || typeof value === "number") fields.set(path, value);
  else if (typeof value === "boolean") fields.set(path, value ? 1 : 0);
}

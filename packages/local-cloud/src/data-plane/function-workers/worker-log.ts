import { StringDecoder } from "node:string_decoder";
import type { Clock } from "../../clock.ts";
import type { WorkerCloud } from "./worker-cloud.ts";
import type { LogEvent, LogSink } from "../../telemetry/log-sink.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { FunctionVersion } from "./function-workers.ts";
import { LOG_EVENT_BYTES_MAX, LOG_TAIL_BYTES } from "./limits.ts";

/** What the bootstraps write for a line feed inside one log event. */
const LINE_BREAK_INSIDE_EVENT = "\x1e";
/** A function that floods its log is written out before its invocation ends. */
const HELD_BYTES_MAX = 1024 * 1024;

export interface LogTarget extends Place {
  readonly group: string;
  readonly stream: string;
}

/**
 * One worker's log stream. Lines are held until the invocation ends and then sent together, so that a
 * request costs one call. What a function writes between invocations goes out with the next one.
 */
export class WorkerLog {
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #target: LogTarget;
  readonly #decoder = new StringDecoder("utf8");
  #events: LogEvent[] = [];
  #heldBytes = 0;
  #line = "";
  /** The invocation's text so far that is no longer in `#events`. */
  #tail = "";
  /** Index in `#events` where this invocation starts. */
  #start = 0;

  constructor(sink: LogSink, clock: Clock, target: LogTarget) {
    this.#sink = sink;
    this.#clock = clock;
    this.#target = target;
  }

  /** "2026/11/21/[3]0123456789abcdef0123456789abcdef" */
  get stream(): string {
    return this.#target.stream;
  }

  /** Bytes of the function's standard output and error. */
  output(chunk: Buffer): void {
    const text = this.#line + this.#decoder.write(chunk);
    let from = 0;
    for (let to = text.indexOf("\n"); to !== -1; to = text.indexOf("\n", from)) {
      this.#addLine(text.slice(from, to + 1));
      from = to + 1;
    }
    this.#line = text.slice(from);
    if (this.#line.length > LOG_EVENT_BYTES_MAX) this.#endLine();
  }

  /** A line of the platform's own; it ends with a line feed. */
  platform(message: string): void {
    if (this.#line !== "") this.#endLine();
    this.#add(message);
  }

  /** From here on lines belong to the next invocation's tail. */
  beginInvocation(): void {
    if (this.#line !== "") this.#endLine();
    this.#start = this.#events.length;
    this.#tail = "";
  }

  /** Sends what is held. Returns the last 4 KB of the invocation's text. */
  endInvocation(): string {
    const tail = this.#takeTail();
    this.flush();
    return tail;
  }

  flush(): void {
    if (this.#line !== "") this.#endLine();
    if (this.#events.length === 0) return;
    const { group, stream } = this.#target;
    this.#sink.append(this.#target, group, stream, this.#events);
    this.#events = [];
    this.#heldBytes = 0;
    this.#start = 0;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = "";
    this.#addLine(`${line}\n`);
  }

  #addLine(line: string): void {
    const message = line.includes(LINE_BREAK_INSIDE_EVENT)
      ? line.replaceAll(LINE_BREAK_INSIDE_EVENT, "\n")
      : line;
    // Most lines are far below the limit: a UTF-16 unit is at most three bytes.
    if (message.length * 3 <= LOG_EVENT_BYTES_MAX) this.#add(message);
    else for (const part of cutToBytes(message, LOG_EVENT_BYTES_MAX)) this.#add(part);
  }

  #add(message: string): void {
    this.#events.push({ atMs: this.#clock.nowMs(), message });
    this.#heldBytes += message.length;
    if (this.#heldBytes > HELD_BYTES_MAX) {
      const tail = this.#takeTail();
      this.flush();
      this.#tail = tail;
    }
  }

  #takeTail(): string {
    let text = "";
    let index = this.#events.length - 1;
    for (; index >= this.#start && text.length < LOG_TAIL_BYTES; index--) {
      text = (this.#events[index] as LogEvent).message + text;
    }
    if (text.length < LOG_TAIL_BYTES) text = this.#tail + text;
    this.#tail = "";
    return lastBytes(text, LOG_TAIL_BYTES);
  }
}

/** The log of a new worker, in a stream of its own. */
export function openWorkerLog(cloud: WorkerCloud, version: FunctionVersion): WorkerLog {
  const day = new Date(cloud.clock.nowMs()).toISOString().slice(0, 10).replaceAll("-", "/");
  return new WorkerLog(cloud.logs, cloud.clock, {
    account: version.account,
    region: version.region,
    group: version.logGroup,
    stream: `${day}/[${version.version}]${cloud.random.hex(32)}`,
  });
}

function lastBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let start = bytes.length - limit;
  // Never begin inside a character.
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString("utf8", start);
}

function* cutToBytes(text: string, limit: number): Generator<string> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length;) {
    let end = Math.min(start + limit, bytes.length);
    while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
    yield bytes.toString("utf8", start, end);
    start = end;
  }
}

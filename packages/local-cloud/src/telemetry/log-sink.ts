import type { Place } from "./metric-sink.ts";

export interface LogEvent {
  readonly atMs: number;
  readonly message: string;
}

/**
 * Where functions and doors send log lines. Implemented in `log-store.ts`. Creates the group and the
 * stream when they are missing; lines in the embedded metric format also become metrics.
 */
export interface LogSink {
  append(place: Place, group: string, stream: string, events: readonly LogEvent[]): void;
}

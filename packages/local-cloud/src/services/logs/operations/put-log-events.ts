import type { Cloud } from "../../../service.ts";
import type { LogGroup } from "../../../telemetry/log-records.ts";
import type { LogEvent } from "../../../telemetry/log-sink.ts";
import { invalidParameter, noLogStream } from "../errors.ts";
import {
  BATCH_BYTES_MAX,
  BATCH_SPAN_MAX_MS,
  EVENT_BYTES_MAX,
  EVENT_OVERHEAD_BYTES,
  NEWEST_EVENT_MS,
  OLDEST_EVENT_MS,
} from "../limits.ts";
import { existingGroup } from "../log-group-name.ts";
import type { LogsHandlers, LogsInput } from "../sdk.ts";
import { UPLOAD_SEQUENCE_TOKEN } from "./log-stream.ts";

const DAY_MS = 24 * 3600 * 1000;

export function putLogEventsOperations({ logs, clock }: Cloud) {
  return {
    PutLogEvents(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      const stream = logs.stream(context, group.name, input.logStreamName ?? "");
      if (stream === undefined) throw noLogStream();
      const events = eventsOf(input);
      checkBatch(events);
      const { accepted, rejected } = sortOut(events, group, clock.nowMs());
      if (accepted.length > 0) logs.appendDurably(context, group.name, stream.name, accepted);
      return {
        nextSequenceToken: UPLOAD_SEQUENCE_TOKEN,
        ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
      };
    },
  } satisfies LogsHandlers;
}

function eventsOf(input: LogsInput<"PutLogEvents">): LogEvent[] {
  return (input.logEvents ?? []).map((event) => ({
    atMs: event.timestamp ?? 0,
    message: event.message ?? "",
  }));
}

function checkBatch(events: readonly LogEvent[]): void {
  let batchBytes = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, message } of events) {
    const bytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (bytes > EVENT_BYTES_MAX) {
      throw invalidParameter(
        `Log event too large: ${bytes} bytes exceeds limit of ${EVENT_BYTES_MAX}`,
      );
    }
    if (atMs < lastMs) {
      throw invalidParameter(
        "Log events in a single PutLogEvents request must be in chronological order.",
      );
    }
    batchBytes += bytes;
    lastMs = atMs;
  }
  if (batchBytes > BATCH_BYTES_MAX) {
    throw invalidParameter(
      `Upload too large: ${batchBytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`,
    );
  }
  if (lastMs - (events[0]?.atMs ?? lastMs) > BATCH_SPAN_MAX_MS) {
    throw invalidParameter(
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    );
  }
}

/** Events are in order of time, so what is refused is a head and a tail. */
function sortOut(events: readonly LogEvent[], group: LogGroup, nowMs: number) {
  const { retentionDays } = group;
  const expiredMs = retentionDays === undefined ? 0 : nowMs - retentionDays * DAY_MS;
  const tooOldEnd = indexFrom(events, nowMs - OLDEST_EVENT_MS);
  const expiredEnd = indexFrom(events, expiredMs);
  const tooNewStart = indexFrom(events, nowMs + NEWEST_EVENT_MS + 1);
  const accepted = events.slice(Math.max(tooOldEnd, expiredEnd), tooNewStart);
  if (accepted.length === events.length) return { accepted, rejected: undefined };
  // The end indexes are exclusive, the start index is inclusive. Source: model, RejectedLogEventsInfo.
  const rejected = {
    ...(tooNewStart < events.length ? { tooNewLogEventStartIndex: tooNewStart } : {}),
    ...(tooOldEnd > 0 ? { tooOldLogEventEndIndex: tooOldEnd } : {}),
    ...(expiredEnd > 0 ? { expiredLogEventEndIndex: expiredEnd } : {}),
  };
  return { accepted, rejected };
}

/** Index of the first event at or after `fromMs`. */
function indexFrom(events: readonly LogEvent[], fromMs: number): number {
  const index = events.findIndex(({ atMs }) => atMs >= fromMs);
  return index < 0 ? events.length : index;
}

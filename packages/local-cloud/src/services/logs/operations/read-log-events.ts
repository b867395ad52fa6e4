import type { Cloud, RequestContext } from "../../../service.ts";
import { type FilterPattern, parseFilterPattern } from "../../../telemetry/filter-pattern.ts";
import { FilterPatternError } from "../../../telemetry/filter-regex.ts";
import type { EventPosition, StoredEvent } from "../../../telemetry/log-records.ts";
import { badToken, invalidParameter, noLogStream } from "../errors.ts";
import { eventId, positionOf } from "../event-id.ts";
import {
  BATCH_BYTES_MAX,
  EVENT_OVERHEAD_BYTES,
  EVENTS_MAX,
  SEARCHED_EVENTS_MAX,
} from "../limits.ts";
import { chosenGroup } from "../log-group-name.ts";
import type { LogsHandlers, LogsInput } from "../sdk.ts";

export function readLogEventsOperations(cloud: Cloud) {
  const { logs } = cloud;
  return {
    GetLogEvents(input, context) {
      const group = chosenGroup(logs, context, input);
      const name = input.logStreamName ?? "";
      if (logs.stream(context, group.name, name) === undefined) throw noLogStream();
      const token = input.nextToken === undefined ? undefined : streamToken(input.nextToken);
      const forward = token?.forward ?? input.startFromHead ?? false;
      const found = logs.read(context, group.name, {
        streams: new Set([name]),
        fromMs: input.startTime,
        untilMs: input.endTime,
        order: forward ? "oldestFirst" : "newestFirst",
        after: token?.position,
      });
      const events = takePage(found, input.limit ?? EVENTS_MAX).items;
      if (!forward) events.reverse();
      return {
        events: events.map(({ atMs, message, ingestedAtMs }) => ({
          timestamp: atMs,
          message,
          ingestionTime: ingestedAtMs,
        })),
        ...tokensAround(events, token, input.startTime ?? 0),
      };
    },

    FilterLogEvents(input, context) {
      const group = chosenGroup(logs, context, input);
      const pattern = checkedPattern(input.filterPattern ?? "");
      const streams = wantedStreams(cloud, context, group.name, input);
      const found = logs.read(context, group.name, {
        streams,
        fromMs: input.startTime,
        // AWS includes endTime here and excludes it in GetLogEvents.
        untilMs: input.endTime === undefined ? undefined : input.endTime + 1,
        order: "oldestFirst",
        after: input.nextToken === undefined ? undefined : pagePosition(input.nextToken),
      });
      const matches = (event: StoredEvent) => pattern.match(event.message) !== undefined;
      const page = takePage(found, input.limit ?? EVENTS_MAX, matches);
      return {
        events: page.items.map((event) => ({
          logStreamName: event.stream,
          timestamp: event.atMs,
          message: event.message,
          ingestionTime: event.ingestedAtMs,
          eventId: eventId(event),
        })),
        searchedLogStreams: [],
        nextToken: page.last === undefined ? undefined : pageToken(page.last),
      };
    },
  } satisfies LogsHandlers;
}

/** @throws {AwsError} InvalidParameterException */
export function checkedPattern(text: string): FilterPattern {
  try {
    return parseFilterPattern(text);
  } catch (error) {
    if (error instanceof FilterPatternError) {
      throw invalidParameter(`Invalid filter pattern: ${error.message}`);
    }
    throw error;
  }
}

interface EventPage {
  readonly items: StoredEvent[];
  /** Where to go on; undefined when nothing follows. */
  readonly last: StoredEvent | undefined;
}

/**
 * As many events as fit in one answer. The search ends after a number of events, found or not: a page
 * may hold nothing and still have a token, as on AWS, and no request holds up the others for long.
 */
function takePage(
  events: Iterable<StoredEvent>,
  limit: number,
  matches?: (event: StoredEvent) => boolean,
): EventPage {
  const items: StoredEvent[] = [];
  let bytes = 0;
  let searched = 0;
  let last: StoredEvent | undefined;
  for (const event of events) {
    if (searched++ === SEARCHED_EVENTS_MAX) return { items, last };
    if (matches?.(event) ?? true) {
      bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
      const full = items.length === limit || (items.length > 0 && bytes > BATCH_BYTES_MAX);
      if (full) return { items, last };
      items.push(event);
    }
    last = event;
  }
  return { items, last: undefined };
}

function wantedStreams(
  { logs }: Cloud,
  context: RequestContext,
  group: string,
  input: LogsInput<"FilterLogEvents">,
): ReadonlySet<string> | undefined {
  const { logStreamNames: names, logStreamNamePrefix: prefix } = input;
  if (names !== undefined && prefix !== undefined) {
    throw invalidParameter(
      "LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.",
    );
  }
  if (prefix !== undefined) {
    const streams = logs.streams(context, group).map(({ name }) => name);
    return new Set(streams.filter((name) => name.startsWith(prefix)));
  }
  if (names === undefined) return undefined;
  for (const name of names) {
    if (logs.stream(context, group, name) === undefined) throw noLogStream();
  }
  return new Set(names);
}

/**
 * A token is a boundary between events: "f/<id>/s" goes on after the event, "b/<id>/s" before it. At
 * the end of a stream the boundary stays, so the token given is the token returned.
 */
function streamToken(text: string): StreamToken {
  const match = /^([fb])\/(\d+)\/s$/.exec(text);
  const position = positionOf(match?.[2] ?? "");
  if (match === null || position === undefined) throw badToken();
  return { forward: match[1] === "f", position };
}

interface StreamToken {
  readonly forward: boolean;
  readonly position: EventPosition;
}

function tokensAround(
  events: readonly StoredEvent[],
  token: StreamToken | undefined,
  startMs: number,
) {
  const { atMs, id } = token?.position ?? { atMs: startMs, id: 0 };
  // An empty page stands beside the event its token names; the way back leads over that event.
  const before = events[0] ?? { atMs, id: token?.forward === true ? id + 1 : id };
  const after = events.at(-1) ?? { atMs, id: token?.forward === false ? id - 1 : id };
  return { nextForwardToken: `f/${eventId(after)}/s`, nextBackwardToken: `b/${eventId(before)}/s` };
}

function pageToken(position: EventPosition): string {
  return Buffer.from(eventId(position)).toString("base64url");
}

function pagePosition(token: string): EventPosition {
  const position = positionOf(Buffer.from(token, "base64url").toString());
  if (position === undefined) throw badToken();
  return position;
}

import type { Cloud } from "../../../service.ts";
import type { LogStream } from "../../../telemetry/log-records.ts";
import { pageOf } from "../../paging.ts";
import { alreadyExists, badToken, invalidParameter, noLogStream } from "../errors.ts";
import { PAGE_ITEMS_MAX } from "../limits.ts";
import { chosenGroup, existingGroup, logGroupArn } from "../log-group-name.ts";
import type { LogsHandlers, LogsInput } from "../sdk.ts";

export function logStreamOperations({ logs }: Cloud) {
  return {
    CreateLogStream(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      const name = input.logStreamName ?? "";
      if (logs.stream(context, group.name, name) !== undefined) throw alreadyExists("log stream");
      logs.createStream(context, group.name, name);
      return {};
    },

    DescribeLogStreams(input, context) {
      const group = chosenGroup(logs, context, input);
      const page = pageOf(orderedStreams(logs.streams(context, group.name), input), {
        keyOf: (stream) => stream.name,
        token: input.nextToken,
        limit: input.limit ?? PAGE_ITEMS_MAX,
        badToken,
      });
      const groupArn = logGroupArn(context, group.name);
      return {
        logStreams: page.items.map((stream) => describeStream(groupArn, stream)),
        nextToken: page.nextToken,
      };
    },

    DeleteLogStream(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      if (!logs.deleteStream(context, group.name, input.logStreamName ?? "")) throw noLogStream();
      return {};
    },
  } satisfies LogsHandlers;
}

function orderedStreams(
  byName: readonly LogStream[],
  input: LogsInput<"DescribeLogStreams">,
): LogStream[] {
  const { logStreamNamePrefix: prefix, orderBy = "LogStreamName", descending = false } = input;
  if (orderBy === "LastEventTime" && prefix !== undefined) {
    throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const streams = byName.filter(({ name }) => prefix === undefined || name.startsWith(prefix));
  if (orderBy === "LastEventTime") {
    streams.sort((a, b) => (a.lastEventAtMs ?? 0) - (b.lastEventAtMs ?? 0));
  }
  return descending ? streams.reverse() : streams;
}

function describeStream(groupArn: string, stream: LogStream) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAtMs,
    firstEventTimestamp: stream.firstEventAtMs,
    lastEventTimestamp: stream.lastEventAtMs,
    lastIngestionTime: stream.lastIngestedAtMs,
    uploadSequenceToken: UPLOAD_SEQUENCE_TOKEN,
    arn: `${groupArn}:log-stream:${stream.name}`,
    // AWS stopped counting the bytes of single streams in 2019 and answers 0.
    storedBytes: 0,
  };
}

/** Clients may still ask for one; PutLogEvents has ignored it since 2023. */
export const UPLOAD_SEQUENCE_TOKEN = "4".padEnd(56, "9");

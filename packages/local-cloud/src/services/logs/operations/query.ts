import type { Cloud, RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import {
  badToken,
  invalidParameter,
  limitExceeded,
  malformedQuery,
  noLogGroup,
  noQueriedLogGroup,
  noQuery,
} from "../errors.ts";
import { eventOfPointer } from "../insights/event-pointer.ts";
import { type QueryRequest, QueryRun } from "../insights/query-run.ts";
import { EventRow } from "../insights/row.ts";
import { textOf } from "../insights/value.ts";
import { CONCURRENT_QUERIES_MAX, KEPT_QUERIES_MAX, KEPT_RESULTS_MAX } from "../limits.ts";
import { groupNameOf } from "../log-group-name.ts";
import type { LogsHandlers, LogsInput } from "../sdk.ts";

interface StartedQuery {
  readonly id: string;
  readonly startedAtMs: number;
  readonly run: QueryRun;
}

/** Logs Insights. Queries and their results live in memory only: they are gone after a restart. */
export function queryOperations(cloud: Cloud) {
  const { logs, clock, random } = cloud;
  const queries = new Map<string, StartedQuery>();

  const queryOf = (context: RequestContext, id: string | undefined): StartedQuery => {
    const query = queries.get(id ?? "");
    if (query === undefined || !isAt(context, query)) throw noQuery();
    return query;
  };

  return {
    StartQuery(input, context) {
      const running = [...queries.values()].filter(
        (query) => query.run.status === "Running" && isAt(context, query),
      );
      if (running.length >= CONCURRENT_QUERIES_MAX) throw limitExceeded();
      const run = new QueryRun(logs, queryRequest(cloud, context, input));
      const query = { id: random.uuid(), startedAtMs: clock.nowMs(), run };
      queries.set(query.id, query);
      forgetOldest(queries);
      run.run().catch((error: unknown) => cloud.warn(`query ${query.id} failed: ${String(error)}`));
      return { queryId: query.id };
    },

    GetQueryResults(input, context) {
      const { run } = queryOf(context, input.queryId);
      return {
        queryLanguage: "CWLI",
        status: run.status,
        results: run.results,
        statistics: {
          recordsMatched: run.recordsMatched,
          recordsScanned: run.recordsScanned,
          bytesScanned: run.bytesScanned,
          estimatedRecordsSkipped: 0,
          estimatedBytesSkipped: 0,
          logGroupsScanned: run.request.groups.length,
        },
      };
    },

    StopQuery(input, context) {
      const { run } = queryOf(context, input.queryId);
      if (run.status !== "Running") {
        // Unverified: the text.
        throw invalidParameter("The specified query is not running.");
      }
      run.cancel();
      return { success: true };
    },

    DescribeQueries(input, context) {
      const group = input.logGroupName;
      const rows = [...queries.values()].filter(
        (query) =>
          isAt(context, query) &&
          (group === undefined || query.run.request.groups.includes(group)) &&
          (input.status === undefined || query.run.status === input.status),
      );
      const page = pageOf(rows.reverse(), {
        keyOf: (query) => query.id,
        token: input.nextToken,
        limit: input.maxResults ?? 1000,
        badToken,
      });
      return { queries: page.items.map(describeQuery), nextToken: page.nextToken };
    },

    GetLogRecord(input, context) {
      const pointer = eventOfPointer(input.logRecordPointer ?? "");
      const event =
        pointer?.account === context.account
          ? logs.event(context, pointer.group, pointer.id)
          : undefined;
      if (pointer === undefined || event === undefined) {
        // Unverified: the text.
        throw invalidParameter("The specified log record pointer is invalid.");
      }
      const row = new EventRow(event, `${pointer.account}:${pointer.group}`);
      const names = ["@message", "@timestamp", "@ingestionTime", "@logStream", "@log"];
      const logRecord: Record<string, string> = {};
      for (const name of [...names, ...row.discoveredNames()]) {
        logRecord[name] = textOf(row.get(name));
      }
      return { logRecord };
    },
  } satisfies LogsHandlers;
}

function isAt({ account, region }: RequestContext, { run }: StartedQuery): boolean {
  const { place } = run.request;
  return place.account === account && place.region === region;
}

function queryRequest(
  { logs }: Cloud,
  context: RequestContext,
  input: LogsInput<"StartQuery">,
): QueryRequest {
  const groups = queriedGroups(input);
  const [fromSeconds, toSeconds] = [input.startTime ?? 0, input.endTime ?? 0];
  if (fromSeconds > toSeconds) {
    // Unverified: the text.
    throw invalidParameter("Start time should not be greater than end time.");
  }
  const createdAtMs = groups.map((name) => {
    const group = logs.group(context, name);
    if (group === undefined) throw noQueriedLogGroup(name, context.account);
    return group.createdAtMs;
  });
  if (toSeconds * 1000 + 999 < Math.min(...createdAtMs)) {
    throw malformedQuery(
      "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings",
    );
  }
  return {
    place: { account: context.account, region: context.region },
    groups,
    text: input.queryString ?? "",
    fromMs: fromSeconds * 1000,
    // The end is a whole second, and inclusive.
    toMs: toSeconds * 1000 + 999,
    limit: input.limit,
  };
}

function queriedGroups(input: LogsInput<"StartQuery">): string[] {
  const { logGroupName, logGroupNames, logGroupIdentifiers } = input;
  const ways = [logGroupName && [logGroupName], logGroupNames, logGroupIdentifiers];
  const given = ways.filter((way) => way !== undefined && way !== "");
  if (given.length > 1) {
    throw invalidParameter(
      "Only one of logGroupName, logGroupNames or logGroupIdentifiers can be specified.",
    );
  }
  const groups = [...new Set((given[0] || []).map(groupNameOf))];
  if (groups.length === 0) throw noLogGroup();
  return groups;
}

/** Maps keep the order of insertion, so the first ones are the oldest. */
function forgetOldest(queries: Map<string, StartedQuery>): void {
  let results = 0;
  for (const { run } of queries.values()) results += run.resultCount;
  for (const [id, { run }] of queries) {
    if (queries.size <= KEPT_QUERIES_MAX && results <= KEPT_RESULTS_MAX) return;
    if (run.status === "Running") continue;
    results -= run.resultCount;
    queries.delete(id);
  }
}

function describeQuery({ id, startedAtMs, run }: StartedQuery) {
  return {
    queryLanguage: "CWLI" as const,
    queryId: id,
    queryString: run.request.text,
    status: run.status,
    createTime: startedAtMs,
    ...(run.request.groups[0] === undefined ? {} : { logGroupName: run.request.groups[0] }),
  };
}

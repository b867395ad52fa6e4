import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeQueriesCommand,
  GetLogRecordCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects Logs Insights: commands, functions, discovered fields, and where a bad query is wrong.

const MINUTE_MS = 60_000;
const FIRST_ID = "8f507cfc-bfd0-4c5a-9d5e-0c5c0e0f0a01";
let cloud: TestCloud;
let logs: CloudWatchLogsClient;
/** A whole hour, so that bins are known. */
let startMs: number;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  logs = cloud.client(CloudWatchLogsClient);
  startMs = Math.ceil(cloud.nowMs() / (60 * MINUTE_MS)) * 60 * MINUTE_MS;
  await cloud.advance(startMs - cloud.nowMs());
  await write("/aws/lambda/pay", "live", [
    `START RequestId: ${FIRST_ID} Version: 2`,
    `2026-11-21T12:00:00.000Z\t${FIRST_ID}\tINFO\tpaying`,
    `END RequestId: ${FIRST_ID}`,
    report(FIRST_ID, 100, 36),
    report("8f507cfc-bfd0-4c5a-9d5e-0c5c0e0f0a02", 300, 40),
  ]);
  await write("app", "json", [
    '{"level":"info","status":200,"ms":10,"user":{"id":"u1"},"tags":["a","b"]}',
    '{"level":"error","status":500,"ms":30,"user":{"id":"u2"}}',
    '{"level":"info","status":200,"ms":20,"user":{"id":"u1"}}',
    "plain user=u3, ms=7 done",
  ]);
});
afterAll(() => cloud.close());

function report(requestId: string, ms: number, usedMb: number): string {
  return `REPORT RequestId: ${requestId}\tDuration: ${ms}.50 ms\tBilled Duration: ${ms + 1} ms\tMemory Size: 128 MB\tMax Memory Used: ${usedMb} MB\t`;
}

/** One event a minute. */
async function write(logGroupName: string, logStreamName: string, messages: readonly string[]) {
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const logEvents = messages.map((message, index) => ({
    timestamp: startMs + index * MINUTE_MS,
    message,
  }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

function start(queryString: string, logGroupName = "app") {
  const startTime = startMs / 1000;
  return logs.send(
    new StartQueryCommand({ logGroupName, queryString, startTime, endTime: startTime + 3600 }),
  );
}

async function query(queryString: string, logGroupName?: string) {
  const { queryId } = await start(queryString, logGroupName);
  const answer = await logs.send(new GetQueryResultsCommand({ queryId }));
  expect(answer.status).toBe("Complete");
  return (answer.results ?? []).map((row) =>
    Object.fromEntries(
      row.filter(({ field }) => field !== "@ptr").map(({ field, value }) => [field, value]),
    ),
  );
}

const minute = (index: number) =>
  new Date(startMs + index * MINUTE_MS).toISOString().replace("T", " ").replace("Z", "");

describe("events", () => {
  it("come newest first, with time and message when no fields are named", async () => {
    const rows = await query("limit 2");
    expect(rows).toEqual([
      { "@timestamp": minute(3), "@message": "plain user=u3, ms=7 done" },
      { "@timestamp": minute(2), "@message": expect.stringContaining('"ms":20') },
    ]);
  });

  it("leave out fields they do not have", async () => {
    expect(await query("fields level, user.id, tags.1 | sort @timestamp asc")).toEqual([
      { level: "info", "user.id": "u1", "tags.1": "b" },
      { level: "error", "user.id": "u2" },
      { level: "info", "user.id": "u1" },
      {},
    ]);
  });

  it("have a pointer that leads to the whole record", async () => {
    const { queryId } = await start("fields ms | filter ms = 30");
    const { results } = await logs.send(new GetQueryResultsCommand({ queryId }));
    const pointer = results?.[0]?.find(({ field }) => field === "@ptr")?.value;
    const found = await logs.send(new GetLogRecordCommand({ logRecordPointer: pointer }));
    expect(found.logRecord).toMatchObject({ level: "error", "@logStream": "json" });
  });
});

describe("filter", () => {
  it.each([
    ['level = "error"', 1],
    ['level != "error"', 2],
    ["ms >= 20", 2],
    ["ms > 5 and ms < 25", 2],
    ['level = "error" or ms = 10', 2],
    ['not (level = "error")', 3],
    ["status in [200, 404]", 2],
    ["status not in [200, 404]", 2],
    ["@message like /U[12]/", 0],
    ["@message like /(?i)U[12]/", 3],
    ['@message like "plain"', 1],
    ["@message =~ /u3/", 1],
    ['@message not like "plain"', 3],
    ["ispresent(user.id)", 3],
    ["ms * 2 + 10 = 50", 1],
    ["ms % 20 = 10", 2],
    ["2 ^ 3 = 8 and ms = 10", 1],
    ["strlen(level) = 5", 1],
    ["`user.id` = 'u2'", 1],
  ])("%s: %i", async (condition, count) => {
    expect(await query(`filter ${condition}`)).toHaveLength(count);
  });
});

describe("fields, display and functions", () => {
  it("compute under an alias or as written", async () => {
    const rows = await query(
      "fields ms * 2 as twice, toupper(level), concat(level, '-', ms) as joined | filter ms = 10",
    );
    expect(rows).toEqual([{ twice: "20", "toupper(level)": "INFO", joined: "info-10" }]);
  });

  it("show only what display names", async () => {
    expect(await query("fields ms, level | filter ms = 10 | display level")).toEqual([
      { level: "info" },
    ]);
  });

  it("round times", async () => {
    const rows = await query("fields bin(2m) as two, datefloor(@timestamp, 5m) | sort two, ms");
    expect(rows.map(({ two }) => two)).toEqual([minute(0), minute(0), minute(2), minute(2)]);
    expect(rows[0]).toHaveProperty("datefloor(@timestamp, 5m)", minute(0));
  });
});

describe("parse", () => {
  it("takes fields out with a glob", async () => {
    const rows = await query(
      'parse @message "user=*, ms=* done" as who, took | filter ispresent(who) | display who, took',
    );
    expect(rows).toEqual([{ who: "u3", took: "7" }]);
  });

  it("takes fields out with a regular expression", async () => {
    const rows = await query(
      "parse @message /user=(?<who>\\w+), ms=(?<took>\\d+)/ | stats sum(took) as total by who | filter ispresent(who)",
    );
    expect(rows).toEqual([{ who: "u3", total: "7" }]);
  });
});

describe("stats", () => {
  it("aggregates everything", async () => {
    const rows = await query(
      "stats count(*), count(ms) as withMs, count_distinct(user.id) as users, sum(ms), avg(ms), min(ms), max(ms), pct(ms, 50) as median",
    );
    expect(rows).toEqual([
      {
        "count(*)": "4",
        withMs: "3",
        users: "2",
        "sum(ms)": "60",
        "avg(ms)": "20",
        "min(ms)": "10",
        "max(ms)": "30",
        median: "20",
      },
    ]);
  });

  it("groups, and sorts by a column as it is called", async () => {
    const rows = await query(
      "stats count(*), sum(ms) / count(*) as mean by level | sort count(*) desc",
    );
    expect(rows[0]).toEqual({ level: "info", "count(*)": "2", mean: "15" });
    expect(rows).toHaveLength(3);
  });

  it("groups by time", async () => {
    const rows = await query("stats count(*) as n by bin(3m) | sort bin(3m) asc");
    expect(rows).toEqual([
      { "bin(3m)": minute(0), n: "3" },
      { "bin(3m)": minute(3), n: "1" },
    ]);
  });

  it("gives the earliest and the latest value", async () => {
    const rows = await query("stats earliest(level) as first, latest(ms) as last");
    expect(rows).toEqual([{ first: "info", last: "20" }]);
  });
});

describe("sort, limit and dedup", () => {
  it("sort numbers as numbers, rows without the field last", async () => {
    const rows = await query("fields ms | sort ms desc");
    expect(rows).toEqual([{ ms: "30" }, { ms: "20" }, { ms: "10" }, {}]);
  });

  it("keep the first of each", async () => {
    const rows = await query(
      "fields level, ms | filter ispresent(level) | sort ms asc | dedup level",
    );
    expect(rows).toEqual([
      { level: "info", ms: "10" },
      { level: "error", ms: "30" },
    ]);
  });
});

describe("Lambda's lines", () => {
  it("have their own fields", async () => {
    const rows = await query(
      'filter @type = "REPORT" | fields @requestId, @duration, @billedDuration, @memorySize / 1000000 as size, @maxMemoryUsed | sort @duration asc | limit 1',
      "/aws/lambda/pay",
    );
    expect(rows).toEqual([
      {
        "@requestId": FIRST_ID,
        "@duration": "100.5",
        "@billedDuration": "101",
        size: "128",
        "@maxMemoryUsed": "36000000",
      },
    ]);
  });

  it("are found by their request", async () => {
    expect(await query(`filter @requestId = "${FIRST_ID}"`, "/aws/lambda/pay")).toHaveLength(4);
  });
});

describe("a query that cannot be read", () => {
  it.each([
    ["fields @message | flter ms > 1", 18, "flter"],
    ["filter ms >", 11, "<end>"],
    ["filter (ms > 1", 14, "<end>"],
    ["stats ms by level", 9, "by"],
    ["fields nofunction(ms)", 7, "nofunction"],
    ["filter ms > 1 ~ 2", 14, "~"],
  ])("%s", async (text, position, symbol) => {
    await expect(start(text)).rejects.toMatchObject({
      name: "MalformedQueryException",
      message: `unexpected symbol found ${symbol} at line 1 and position ${position}`,
      queryCompileError: { location: { startCharOffset: position } },
    });
  });
});

describe("the life of a query", () => {
  it("is described with its results and statistics", async () => {
    const { queryId } = await start("filter ms > 15");
    const answer = await logs.send(new GetQueryResultsCommand({ queryId }));
    expect(answer.statistics).toMatchObject({ recordsMatched: 2, recordsScanned: 4 });
    const { queries } = await logs.send(new DescribeQueriesCommand({ logGroupName: "app" }));
    expect(queries?.[0]).toMatchObject({
      queryId,
      queryString: "filter ms > 15",
      status: "Complete",
      logGroupName: "app",
    });
    await expect(logs.send(new StopQueryCommand({ queryId }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  it("needs an existing group and query", async () => {
    await expect(start("limit 1", "none")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Log group 'none' does not exist for account ID '000000000000'",
    });
    const queryId = "00000000-0000-4000-8000-000000000000";
    await expect(logs.send(new GetQueryResultsCommand({ queryId }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

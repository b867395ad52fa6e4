import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  GetQueryResultsCommand,
  paginateFilterLogEvents,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects writing and reading events: what is refused, what pages say, what filters find.

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
let cloud: TestCloud;
let logs: CloudWatchLogsClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  logs = cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "app" }));
  await createStream("one");
});
afterEach(() => cloud.close());

const createStream = (logStreamName: string) =>
  logs.send(new CreateLogStreamCommand({ logGroupName: "app", logStreamName }));
const put = (logStreamName: string, events: readonly [atMs: number, message: string][]) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName: "app",
      logStreamName,
      logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
    }),
  );
const get = (input: Partial<GetLogEventsCommandInput> = {}) =>
  logs.send(new GetLogEventsCommand({ logGroupName: "app", logStreamName: "one", ...input }));
const filter = async (input: Partial<FilterLogEventsCommandInput>) => {
  const found = await logs.send(new FilterLogEventsCommand({ logGroupName: "app", ...input }));
  return found.events?.map(({ message }) => message);
};
const texts = ({ events = [] }: { events?: { message?: string | undefined }[] | undefined }) =>
  events.map(({ message }) => message);

describe("PutLogEvents", () => {
  it("keeps time, message and time of ingestion", async () => {
    const atMs = cloud.nowMs() - 5;
    await put("one", [[atMs, "hello"]]);
    expect((await get()).events).toEqual([
      { timestamp: atMs, message: "hello", ingestionTime: cloud.nowMs() },
    ]);
  });

  it("refuses a head that is too old and a tail that is too new, and keeps the rest", async () => {
    const nowMs = cloud.nowMs();
    const old = await put("one", [
      [nowMs - 14 * DAY_MS - 1, "too old"],
      [nowMs - 14 * DAY_MS, "just in"],
    ]);
    expect(old.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    const young = await put("one", [
      [nowMs + 2 * HOUR_MS, "just in too"],
      [nowMs + 2 * HOUR_MS + 1, "too new"],
    ]);
    expect(young.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 });
    expect(texts(await get())).toEqual(["just in", "just in too"]);
  });

  it("refuses what the group's retention would delete at once", async () => {
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: "app", retentionInDays: 1 }));
    const answer = await put("one", [
      [cloud.nowMs() - DAY_MS - 1, "expired"],
      [cloud.nowMs() - DAY_MS + 1, "kept"],
    ]);
    expect(answer.rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 });
    expect(texts(await get())).toEqual(["kept"]);
  });

  it("refuses a batch out of order, over 24 hours or over 1 MiB, whole", async () => {
    const nowMs = cloud.nowMs();
    const refused = (message: string) => ({ name: "InvalidParameterException", message });
    await expect(
      put("one", [
        [nowMs, "b"],
        [nowMs - 1, "a"],
      ]),
    ).rejects.toMatchObject(
      refused("Log events in a single PutLogEvents request must be in chronological order."),
    );
    await expect(
      put("one", [
        [nowMs - DAY_MS - 1, "a"],
        [nowMs, "b"],
      ]),
    ).rejects.toMatchObject(
      refused(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
      ),
    );
    const half = "x".repeat(524_288);
    await expect(
      put("one", [
        [nowMs, half],
        [nowMs, half],
      ]),
    ).rejects.toMatchObject(refused("Upload too large: 1048628 bytes exceeds limit of 1048576"));
    expect(texts(await get())).toEqual([]);
  });

  it("needs the stream", async () => {
    await expect(put("two", [[cloud.nowMs(), "x"]])).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
  });
});

describe("GetLogEvents", () => {
  beforeEach(async () => {
    const nowMs = cloud.nowMs();
    await put(
      "one",
      [0, 1, 2, 3, 4].map((index) => [nowMs + index, String(index)]),
    );
  });

  it("gives the newest events, oldest first, unless asked from the head", async () => {
    expect(texts(await get({ limit: 2 }))).toEqual(["3", "4"]);
    expect(texts(await get({ limit: 2, startFromHead: true }))).toEqual(["0", "1"]);
  });

  it("goes forward until the token stays the same, and on when there is more", async () => {
    const seen: (string | undefined)[] = [];
    let page = await get({ limit: 2, startFromHead: true });
    for (let token = ""; token !== page.nextForwardToken;) {
      seen.push(...texts(page));
      token = page.nextForwardToken ?? "";
      page = await get({ limit: 2, nextToken: token, startFromHead: true });
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4"]);
    await put("one", [[cloud.nowMs() + 9, "later"]]);
    expect(texts(await get({ nextToken: page.nextForwardToken }))).toEqual(["later"]);
  });

  it("goes backward until the token stays the same, and forward again from there", async () => {
    const last = await get({ limit: 2 });
    const middle = await get({ limit: 2, nextToken: last.nextBackwardToken });
    expect(texts(middle)).toEqual(["1", "2"]);
    expect(texts(await get({ limit: 2, nextToken: middle.nextForwardToken }))).toEqual(["3", "4"]);
    const first = await get({ limit: 2, nextToken: middle.nextBackwardToken });
    expect(texts(first)).toEqual(["0"]);
    const end = await get({ limit: 2, nextToken: first.nextBackwardToken });
    expect(end.nextBackwardToken).toBe(first.nextBackwardToken);
    expect(texts(await get({ limit: 2, nextToken: end.nextForwardToken }))).toEqual(["0", "1"]);
  });

  it("includes the start and excludes the end", async () => {
    const startTime = cloud.nowMs() + 1;
    expect(texts(await get({ startTime, endTime: startTime + 2 }))).toEqual(["1", "2"]);
  });

  it("refuses a token that is not its own", async () => {
    await expect(get({ nextToken: "f/12/s" })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "The specified nextToken is invalid.",
    });
  });
});

describe("FilterLogEvents", () => {
  beforeEach(async () => {
    const nowMs = cloud.nowMs();
    await createStream("two");
    await put("one", [
      [nowMs, "ERROR pay"],
      [nowMs + 2, '{"level":"error","ms":40}'],
    ]);
    await put("two", [
      [nowMs + 1, "INFO pay"],
      [nowMs + 3, '{"level":"info","ms":4}'],
    ]);
  });

  it("interleaves streams by time", async () => {
    expect(await filter({})).toEqual([
      "ERROR pay",
      "INFO pay",
      '{"level":"error","ms":40}',
      '{"level":"info","ms":4}',
    ]);
    expect(await filter({ logStreamNamePrefix: "tw" })).toHaveLength(2);
    expect(await filter({ logStreamNames: ["one"] })).toHaveLength(2);
  });

  it("filters by terms and by JSON fields", async () => {
    expect(await filter({ filterPattern: "?ERROR ?INFO" })).toEqual(["ERROR pay", "INFO pay"]);
    expect(await filter({ filterPattern: "pay -INFO" })).toEqual(["ERROR pay"]);
    expect(await filter({ filterPattern: '{ $.level = "error" && $.ms > 30 }' })).toEqual([
      '{"level":"error","ms":40}',
    ]);
  });

  it("includes both ends of the time range", async () => {
    const startTime = cloud.nowMs() + 1;
    expect(await filter({ startTime, endTime: startTime + 1 })).toEqual([
      "INFO pay",
      '{"level":"error","ms":40}',
    ]);
  });

  it("pages without losing or repeating events", async () => {
    const ids = new Set<string | undefined>();
    let pages = 0;
    const input = { logGroupName: "app" };
    for await (const page of paginateFilterLogEvents({ client: logs, pageSize: 3 }, input)) {
      pages++;
      for (const { eventId } of page.events ?? []) ids.add(eventId);
    }
    expect(pages).toBe(2);
    expect(ids.size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^\d{56}$/);
  });

  it("says what is wrong", async () => {
    await expect(filter({ filterPattern: "{ $.a = }" })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringMatching(/^Invalid filter pattern/),
    });
    await expect(filter({ logStreamNames: ["none"] })).rejects.toMatchObject({
      message: "The specified log stream does not exist.",
    });
    await expect(filter({ logGroupName: "none" })).rejects.toMatchObject({
      message: "The specified log group does not exist.",
    });
  });
});

describe("a large group", () => {
  it("is searched over several pages, and queried in slices", async () => {
    const nowMs = cloud.nowMs();
    const lines = Array.from({ length: 10_000 }, (): [number, string] => [nowMs, "hay"]);
    for (let batch = 0; batch < 5; batch++) await put("one", lines);
    await put("one", [[nowMs, "needle"]]);

    const first = await logs.send(
      new FilterLogEventsCommand({ logGroupName: "app", filterPattern: "needle" }),
    );
    expect(first.events).toEqual([]);
    const rest = { logGroupName: "app", filterPattern: "needle", nextToken: first.nextToken };
    const second = await logs.send(new FilterLogEventsCommand(rest));
    expect(texts(second)).toEqual(["needle"]);
    expect(second.nextToken).toBeUndefined();

    const seconds = Math.floor(nowMs / 1000);
    const { queryId } = await logs.send(
      new StartQueryCommand({
        logGroupName: "app",
        queryString: "stats count(*) as n by @message | sort n desc",
        startTime: seconds,
        endTime: seconds + 1,
      }),
    );
    let answer = await logs.send(new GetQueryResultsCommand({ queryId }));
    while (answer.status === "Running") {
      answer = await logs.send(new GetQueryResultsCommand({ queryId }));
    }
    expect(answer.status).toBe("Complete");
    expect(answer.results?.map((row) => row.map(({ value }) => value))).toEqual([
      ["hay", "50000"],
      ["needle", "1"],
    ]);
    expect(cloud.warnings).toEqual([]);
  });
});

import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteMetricFilterCommand,
  DescribeLogGroupsCommand,
  DescribeMetricFiltersCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  type PutMetricFilterCommandInput,
  TestMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects the two ways from a log line to a metric: metric filters and the embedded metric format.

let cloud: TestCloud;
let logs: CloudWatchLogsClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  logs = cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "app" }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: "app", logStreamName: "one" }));
});
afterEach(() => cloud.close());

const putFilter = (changes: Partial<PutMetricFilterCommandInput> = {}) =>
  logs.send(
    new PutMetricFilterCommand({
      logGroupName: "app",
      filterName: "slow",
      filterPattern: "{ $.ms > 100 }",
      metricTransformations: [
        { metricName: "SlowMs", metricNamespace: "Shop", metricValue: "$.ms" },
      ],
      ...changes,
    }),
  );
const write = (message: string) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName: "app",
      logStreamName: "one",
      logEvents: [{ timestamp: cloud.nowMs(), message }],
    }),
  );
const statistics = async (
  MetricName: string,
  Dimensions: { Name: string; Value: string }[] = [],
) => {
  const answer = await cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: "Shop",
      MetricName,
      Dimensions,
      Period: 60,
      StartTime: new Date(cloud.nowMs() - 3_600_000),
      EndTime: new Date(cloud.nowMs() + 60_000),
      Statistics: ["Sum", "SampleCount"],
    }),
  );
  return answer.Datapoints?.[0];
};

describe("metric filters", () => {
  it("turn matching lines into samples", async () => {
    await putFilter();
    await write('{"ms": 250}');
    await write('{"ms": 50}');
    await write('{"ms": 150}');
    expect(await statistics("SlowMs")).toMatchObject({ Sum: 400, SampleCount: 2 });
  });

  it("are stored, listed and deleted", async () => {
    await putFilter();
    const group = (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.[0];
    expect(group?.metricFilterCount).toBe(1);
    const listed = await logs.send(new DescribeMetricFiltersCommand({ logGroupName: "app" }));
    expect(listed.metricFilters).toEqual([
      {
        filterName: "slow",
        filterPattern: "{ $.ms > 100 }",
        logGroupName: "app",
        creationTime: cloud.nowMs(),
        metricTransformations: [
          { metricName: "SlowMs", metricNamespace: "Shop", metricValue: "$.ms" },
        ],
      },
    ]);
    const filter = { logGroupName: "app", filterName: "slow" };
    await logs.send(new DeleteMetricFilterCommand(filter));
    await expect(logs.send(new DeleteMetricFilterCommand(filter))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The specified metric filter does not exist.",
    });
    await write('{"ms": 250}');
    expect(await statistics("SlowMs")).toBeUndefined();
  });

  it("refuse a pattern that cannot be read", async () => {
    await expect(putFilter({ filterPattern: "{ $.ms > }" })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  it("can be tried on lines first", async () => {
    const answer = await logs.send(
      new TestMetricFilterCommand({
        filterPattern: "{ $.ms > 100 }",
        logEventMessages: ['{"ms": 1}', '{"ms": 101}'],
      }),
    );
    expect(answer.matches).toEqual([
      { eventNumber: 2, eventMessage: '{"ms": 101}', extractedValues: { "$.ms": "101" } },
    ]);
  });
});

describe("the embedded metric format", () => {
  it("becomes a metric with its dimensions", async () => {
    const metadata = {
      Timestamp: cloud.nowMs(),
      CloudWatchMetrics: [
        {
          Namespace: "Shop",
          Dimensions: [["Version"]],
          Metrics: [{ Name: "Paid", Unit: "Count" }],
        },
      ],
    };
    await write(JSON.stringify({ _aws: metadata, Version: "2", Paid: [1, 4] }));
    expect(await statistics("Paid", [{ Name: "Version", Value: "2" }])).toMatchObject({
      Sum: 5,
      SampleCount: 2,
      Unit: "Count",
    });
  });
});

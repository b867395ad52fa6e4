import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  ListTagsForResourceCommand,
  PutAnomalyDetectorCommand,
  type PutMetricAlarmCommandInput,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NAMESPACE, START_MS, startWatchedCloud, type WatchedCloud } from "./support.ts";

// Protects the life of a metric alarm apart from its evaluation: what is accepted, kept and shown.

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await startWatchedCloud();
});
afterEach(() => cloud.close());

const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";

async function described(name: string) {
  const { MetricAlarms = [] } = await cloud.watch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name] }),
  );
  return MetricAlarms[0];
}

function metric(Id: string, more: object = {}) {
  const Metric = { Namespace: NAMESPACE, MetricName: Id };
  return { Id, MetricStat: { Metric, Period: 60, Stat: "Sum" }, ...more };
}

describe("PutMetricAlarm", () => {
  it("makes an alarm that knows nothing yet", async () => {
    await cloud.putAlarm("errors", { Period: 60 });
    const now = new Date(START_MS);
    expect(await described("errors")).toEqual({
      AlarmName: "errors",
      AlarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
      ActionsEnabled: true,
      AlarmActions: [],
      OKActions: [],
      InsufficientDataActions: [],
      AlarmConfigurationUpdatedTimestamp: now,
      ComparisonOperator: "GreaterThanThreshold",
      Dimensions: [],
      EvaluationPeriods: 1,
      MetricName: "Errors",
      Namespace: NAMESPACE,
      Period: 60,
      StateReason: "Unchecked: Initial alarm creation",
      StateTransitionedTimestamp: now,
      StateUpdatedTimestamp: now,
      StateValue: "INSUFFICIENT_DATA",
      Statistic: "Sum",
      Threshold: 10,
    });
  });

  it("keeps the state of an alarm that is changed", async () => {
    await cloud.putAlarm("errors", { Period: 60 });
    await cloud.watch.send(
      new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" }),
    );
    await cloud.advance(500);
    await cloud.putAlarm("errors", { Period: 60, Threshold: 20 });
    expect(await described("errors")).toMatchObject({
      Threshold: 20,
      StateValue: "ALARM",
      StateReason: "drill",
      StateUpdatedTimestamp: new Date(START_MS),
      AlarmConfigurationUpdatedTimestamp: new Date(START_MS + 500),
    });
  });

  type Changes = Partial<PutMetricAlarmCommandInput>;
  const band = { ComparisonOperator: "GreaterThanUpperThreshold" } as const;
  // prettier-ignore
  it.each<[string, Changes, string]>([
    ["a period of 45", { Period: 45 }, "Period must be 10, 20, 30 or a multiple of 60"],
    ["no metric name", { MetricName: undefined }, "MetricName must not be null"],
    ["no namespace", { Namespace: undefined }, "Namespace must not be null"],
    ["no period", { Period: undefined }, "Period must not be null"],
    ["no comparison", { ComparisonOperator: undefined }, "ComparisonOperator must not be null"],
    ["no evaluation periods", { EvaluationPeriods: undefined }, "EvaluationPeriods must not be null"],
    ["M above N", { DatapointsToAlarm: 2 }, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"],
    ["more than a day", { Period: 60, EvaluationPeriods: 1441 }, "EvaluationPeriods * Period must be <= 86400"],
    ["more than a week", { Period: 3600, EvaluationPeriods: 169 }, "EvaluationPeriods * Period must be <= 604800"],
    ["no threshold", { Threshold: undefined }, "PutMetricAlarm request should have valid Threshold parameter"],
    ["two thresholds", { ThresholdMetricId: "b1" }, "Threshold and ThresholdMetricId cannot both be set"],
    ["odd missing data", { TreatMissingData: "no" }, "The value no is not supported for TreatMissingData parameter. Supported values are [breaching, notBreaching, ignore, missing]."],
    ["an odd low sample option", { Statistic: undefined, ExtendedStatistic: "p99", EvaluateLowSampleCountPercentile: "no" }, "Option no is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore."],
    ["a low sample option on a sum", { EvaluateLowSampleCountPercentile: "ignore" }, "Option evaluateLowSampleCountPercentile can not be applied with statistic Sum."],
    ["p101", { Statistic: undefined, ExtendedStatistic: "p101" }, "The value p101 for parameter ExtendedStatistic is not supported."],
    ["an action that is no ARN", { AlarmActions: ["on-call"] }, "Invalid arn syntax: on-call"],
    ["an action on SQS", { OKActions: ["arn:aws:sqs:us-east-1:000000000000:q"] }, "Unsupported AWS vendor sqs"],
    ["an action in another region", { AlarmActions: [TOPIC.replace("east", "west")] }, "Invalid region us-west-1 specified. Only us-east-1 is supported."],
    ["a statistic beside Metrics", { Metrics: [metric("m1")], Statistic: "Sum" }, "Statistic should not be set if list of Metrics is set."],
    ["a unit beside Metrics", { Metrics: [metric("m1")], Unit: "Count" }, "Unit should not be set if list of Metrics is set."],
    ["two that return data", { Metrics: [metric("m1"), metric("m2")] }, "Exactly one element of the metrics list should return data."],
    ["none that returns data", { Metrics: [metric("m1", { ReturnData: false })] }, "Exactly one element of the metrics list should return data."],
    ["both kinds in one query", { Metrics: [metric("m1", { Expression: "1" })] }, "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified both."],
    ["an empty query", { Metrics: [{ Id: "e1" }] }, "Period must not be null"],
    ["eleven metrics", { Metrics: Array.from({ length: 11 }, (_, index) => metric(`m${index}`, { ReturnData: index === 0 })) }, "Too many metrics in alarm, maximum is 10"],
    ["a bad expression", { Metrics: [metric("m1", { ReturnData: false }), { Id: "e1", Expression: "m1 +" }] }, "Error in expression 'e1': Invalid syntax"],
    ["several series", { Metrics: [metric("m1", { ReturnData: false }), { Id: "e1", Expression: "METRICS()" }] }, "Metrics expression that return multi time series are only allowed for MetricsInsights expression with an ORDER BY clause"],
    ["anomaly detection", { ...band, Threshold: undefined, ThresholdMetricId: "b1" }, "Anomaly detection alarms are not available in the local cloud."],
  ])("refuses %s", async (_what, changes, message) => {
    await expect(cloud.putAlarm("errors", changes)).rejects.toMatchObject({ message });
    expect(await described("errors")).toBeUndefined();
  });
});

describe("SetAlarmState", () => {
  it("refuses unknown alarms and states as recorded", async () => {
    const set = (AlarmName: string, StateValue: string) =>
      cloud.watch.send(
        new SetAlarmStateCommand({
          AlarmName,
          StateValue: StateValue as "OK",
          StateReason: "because",
        }),
      );
    await expect(set("none", "OK")).rejects.toMatchObject({
      name: "ResourceNotFound",
      $metadata: { httpStatusCode: 404 },
    });
    await expect(set("none", "INVALID")).rejects.toThrow(
      "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
    );
  });

  it("lasts until the next evaluation, takes the actions and writes the history", async () => {
    await cloud.putAlarm("errors", { AlarmActions: [TOPIC], TreatMissingData: "notBreaching" });
    await cloud.watch.send(
      new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" }),
    );
    expect(await described("errors")).toMatchObject({ StateValue: "ALARM", StateReason: "drill" });
    await cloud.advance(11_000);
    expect((await described("errors"))?.StateValue).toBe("OK");
    const { AlarmHistoryItems = [] } = await cloud.watch.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "errors", ScanBy: "TimestampAscending" }),
    );
    expect(
      AlarmHistoryItems.map(({ HistoryItemType, HistorySummary }) => [
        HistoryItemType,
        HistorySummary,
      ]),
    ).toEqual([
      ["ConfigurationUpdate", 'Alarm "errors" created'],
      ["StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"],
      ["Action", `Successfully executed action ${TOPIC}`],
      ["StateUpdate", "Alarm updated from ALARM to OK"],
    ]);
    expect(JSON.parse(AlarmHistoryItems[0]?.HistoryData ?? "")).toMatchObject({
      version: "1.0",
      type: "Create",
      createdAlarm: { alarmName: "errors", okactions: [], stateValue: "INSUFFICIENT_DATA" },
    });
  });
});

describe("actions", () => {
  it("are not taken while they are disabled", async () => {
    await cloud.putAlarm("errors", { AlarmActions: [TOPIC] });
    const names = { AlarmNames: ["errors", "unknown"] };
    const actions = async () => {
      await cloud.watch.send(
        new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "OK", StateReason: "reset" }),
      );
      await cloud.watch.send(
        new SetAlarmStateCommand({
          AlarmName: "errors",
          StateValue: "ALARM",
          StateReason: "drill",
        }),
      );
      const { AlarmHistoryItems } = await cloud.watch.send(
        new DescribeAlarmHistoryCommand({ AlarmName: "errors", HistoryItemType: "Action" }),
      );
      return AlarmHistoryItems?.length;
    };
    await cloud.watch.send(new DisableAlarmActionsCommand(names));
    expect((await described("errors"))?.ActionsEnabled).toBe(false);
    expect(await actions()).toBe(0);
    await cloud.watch.send(new EnableAlarmActionsCommand(names));
    expect(await actions()).toBe(1);
  });
});

describe("DescribeAlarms", () => {
  it("finds by prefix, state, action and metric, in pages", async () => {
    const Dimensions = [{ Name: "Stage", Value: "prod" }];
    await cloud.putAlarm("a-1");
    await cloud.putAlarm("a-2", { AlarmActions: [TOPIC], Dimensions });
    await cloud.putAlarm("b-1", { MetricName: "Latency" });
    await cloud.watch.send(
      new SetAlarmStateCommand({ AlarmName: "b-1", StateValue: "ALARM", StateReason: "drill" }),
    );
    const names = async (filter: object) => {
      const found = await cloud.watch.send(new DescribeAlarmsCommand(filter));
      return found.MetricAlarms?.map(({ AlarmName }) => AlarmName);
    };
    expect(await names({ AlarmNamePrefix: "a-" })).toEqual(["a-1", "a-2"]);
    expect(await names({ StateValue: "ALARM" })).toEqual(["b-1"]);
    expect(await names({ ActionPrefix: "arn:aws:sns" })).toEqual(["a-2"]);
    const first = await cloud.watch.send(new DescribeAlarmsCommand({ MaxRecords: 2 }));
    expect(first.MetricAlarms).toHaveLength(2);
    expect(await names({ MaxRecords: 2, NextToken: first.NextToken })).toEqual(["b-1"]);
    await expect(names({ NextToken: "x" })).rejects.toMatchObject({ name: "InvalidNextToken" });
    const forMetric = async (more: object) => {
      const { MetricAlarms } = await cloud.watch.send(
        new DescribeAlarmsForMetricCommand({ Namespace: NAMESPACE, MetricName: "Errors", ...more }),
      );
      return MetricAlarms?.map(({ AlarmName }) => AlarmName);
    };
    expect(await forMetric({ Dimensions })).toEqual(["a-2"]);
    expect(await forMetric({ Period: 60 })).toEqual([]);
  });
});

describe("DeleteAlarms", () => {
  it("deletes what is there and keeps its history", async () => {
    await cloud.putAlarm("errors");
    await cloud.watch.send(new DeleteAlarmsCommand({ AlarmNames: ["errors", "unknown"] }));
    expect(await described("errors")).toBeUndefined();
    const { AlarmHistoryItems } = await cloud.watch.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "errors" }),
    );
    expect(AlarmHistoryItems?.[0]?.HistorySummary).toBe('Alarm "errors" deleted');
    // No alarm, nothing to evaluate: time passes without a timer.
    await cloud.advance(3_600_000);
    expect(cloud.warnings).toEqual([]);
  });
});

describe("DescribeAlarmHistory", () => {
  it("pages from the newest, and what comes meanwhile does not shift the pages", async () => {
    await cloud.putAlarm("errors");
    for (const Threshold of [1, 2, 3]) await cloud.putAlarm("errors", { Threshold });
    const page = async (NextToken?: string) => {
      const found = await cloud.watch.send(
        new DescribeAlarmHistoryCommand({ AlarmName: "errors", MaxRecords: 2, NextToken }),
      );
      const thresholds = found.AlarmHistoryItems?.map(({ HistoryData }) => {
        const data = JSON.parse(HistoryData ?? "") as Record<string, { threshold?: number }>;
        return (data["updatedAlarm"] ?? data["createdAlarm"])?.threshold;
      });
      return { thresholds, next: found.NextToken };
    };
    const first = await page();
    expect(first.thresholds).toEqual([3, 2]);
    await cloud.putAlarm("errors", { Threshold: 4 });
    const second = await page(first.next);
    expect(second).toEqual({ thresholds: [1, 10], next: undefined });
  });
});

describe("tags", () => {
  it("come with the alarm, change and go", async () => {
    await cloud.putAlarm("errors", { Tags: [{ Key: "Environment", Value: "Production" }] });
    const ResourceARN = (await described("errors"))?.AlarmArn;
    const tags = async () =>
      (await cloud.watch.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;
    await cloud.watch.send(
      new TagResourceCommand({ ResourceARN, Tags: [{ Key: "a", Value: "1" }] }),
    );
    expect(await tags()).toEqual([
      { Key: "Environment", Value: "Production" },
      { Key: "a", Value: "1" },
    ]);
    await cloud.watch.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["Environment"] }));
    expect(await tags()).toEqual([{ Key: "a", Value: "1" }]);
    await cloud.watch.send(new DeleteAlarmsCommand({ AlarmNames: ["errors"] }));
    expect(await tags()).toEqual([]);
    const late = new TagResourceCommand({ ResourceARN, Tags: [] });
    await expect(cloud.watch.send(late)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("what is not there", () => {
  it("answers 501 and says which operation", async () => {
    const detector = new PutAnomalyDetectorCommand({
      Namespace: NAMESPACE,
      MetricName: "Errors",
      Stat: "Sum",
    });
    await expect(cloud.watch.send(detector)).rejects.toMatchObject({
      message: expect.stringContaining("PutAnomalyDetector") as string,
      $metadata: { httpStatusCode: 501 },
    });
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeAlarmHistoryCommand, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NAMESPACE, START_MS, startWatchedCloud, type WatchedCloud } from "./support.ts";

// Protects what alarms do on the cloud's clock: when they react, what they say, what they send.

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await startWatchedCloud();
});
const directories: string[] = [];
afterEach(async () => {
  await cloud.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";
const SECOND = 1000;

async function alarm(name = "errors") {
  const { MetricAlarms = [] } = await cloud.watch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name] }),
  );
  return MetricAlarms[0];
}

async function state(name?: string) {
  return (await alarm(name))?.StateValue;
}

/** Puts a value into each 10-second period, undefined for none; ends a second after the last. */
async function periods(...values: (number | undefined)[]) {
  for (const value of values) {
    if (value !== undefined) await cloud.put("Errors", value);
    await cloud.advance(10 * SECOND);
  }
  await cloud.advance(SECOND);
}

describe("a 10-second alarm", () => {
  it("reacts 11 seconds after a period that breaches began, and says why", async () => {
    await cloud.putAlarm("errors", { AlarmActions: [TOPIC], Unit: "None" });
    await cloud.put("Errors", 21.5);
    await cloud.advance(10 * SECOND);
    expect(await state()).toBe("INSUFFICIENT_DATA");
    await cloud.advance(SECOND);
    const found = await alarm();
    expect(found).toMatchObject({
      StateValue: "ALARM",
      StateReason:
        "Threshold Crossed: 1 datapoint [21.5 (20/11/26 10:00:00)] was greater than the threshold (10.0).",
      StateTransitionedTimestamp: new Date(START_MS + 11 * SECOND),
    });
    expect(JSON.parse(found?.StateReasonData ?? "")).toEqual({
      version: "1.0",
      queryDate: "2026-11-20T10:00:11.000+0000",
      startDate: "2026-11-20T10:00:00.000+0000",
      unit: "None",
      statistic: "Sum",
      period: 10,
      recentDatapoints: [21.5],
      threshold: 10,
      evaluatedDatapoints: [
        { timestamp: "2026-11-20T10:00:00.000+0000", sampleCount: 1, value: 21.5 },
      ],
    });
  });

  it("sends the message that SNS would deliver", async () => {
    await cloud.putAlarm("errors", {
      AlarmActions: [TOPIC],
      AlarmDescription: "too many errors",
      TreatMissingData: "ignore",
    });
    await periods(11);
    const { AlarmHistoryItems = [] } = await cloud.watch.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "errors", HistoryItemType: "Action" }),
    );
    const action = JSON.parse(AlarmHistoryItems[0]?.HistoryData ?? "") as Record<string, string>;
    expect(action).toMatchObject({ actionState: "Succeeded", notificationResource: TOPIC });
    const { default: message } = JSON.parse(action["publishedMessage"] ?? "") as Record<
      string,
      string
    >;
    expect(JSON.parse(message ?? "")).toEqual({
      AlarmName: "errors",
      AlarmDescription: "too many errors",
      AWSAccountId: "000000000000",
      AlarmConfigurationUpdatedTimestamp: "2026-11-20T10:00:00.000+0000",
      NewStateValue: "ALARM",
      NewStateReason:
        "Threshold Crossed: 1 datapoint [11.0 (20/11/26 10:00:00)] was greater than the threshold (10.0).",
      StateChangeTime: "2026-11-20T10:00:11.000+0000",
      Region: "US East (N. Virginia)",
      AlarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
      OldStateValue: "INSUFFICIENT_DATA",
      ActionExecutedAfterMuteWindow: false,
      OKActions: [],
      AlarmActions: [TOPIC],
      InsufficientDataActions: [],
      Trigger: {
        MetricName: "Errors",
        Namespace: NAMESPACE,
        StatisticType: "Statistic",
        Statistic: "SUM",
        Unit: null,
        Dimensions: [],
        Period: 10,
        EvaluationPeriods: 1,
        ComparisonOperator: "GreaterThanThreshold",
        Threshold: 10,
        TreatMissingData: "ignore",
        EvaluateLowSampleCountPercentile: "",
      },
    });
  });

  it("goes back to OK on a good value, and to INSUFFICIENT_DATA when none comes", async () => {
    await cloud.putAlarm("errors");
    await periods(11);
    expect(await state()).toBe("ALARM");
    await cloud.put("Errors", 3);
    await cloud.advance(10 * SECOND);
    expect(await alarm()).toMatchObject({
      StateValue: "OK",
      StateReason:
        "Threshold Crossed: 1 datapoint [3.0 (20/11/26 10:00:10)] was not greater than the threshold (10.0).",
    });
    // The value stays in the evaluation range of three periods.
    await cloud.advance(20 * SECOND);
    expect(await state()).toBe("OK");
    await cloud.advance(10 * SECOND);
    expect(await alarm()).toMatchObject({
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Insufficient Data: 1 datapoint was unknown.",
    });
  });

  it("needs M of N", async () => {
    await cloud.putAlarm("errors", { EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    await periods(11, 1, 12);
    expect(await alarm()).toMatchObject({
      StateValue: "ALARM",
      StateReason:
        "Threshold Crossed: 2 out of the last 3 datapoints [12.0 (20/11/26 10:00:20), 11.0 (20/11/26 10:00:00)] were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
    });
    await cloud.advance(9 * SECOND);
    await periods(1, 1);
    expect(await alarm()).toMatchObject({
      StateValue: "OK",
      StateReason: expect.stringMatching(
        /^Threshold Crossed: 2 out of the last 3 datapoints \[.*\] were not greater than the threshold \(10\.0\) \(minimum 2 datapoints for ALARM -> OK transition\)\.$/,
      ) as string,
    });
  });

  it("treats missing data as breaching, as recorded", async () => {
    await cloud.putAlarm("errors", { EvaluationPeriods: 2, TreatMissingData: "breaching" });
    await cloud.advance(SECOND);
    const found = await alarm();
    expect(found).toMatchObject({
      StateValue: "ALARM",
      StateReason:
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
    });
    const data = JSON.parse(found?.StateReasonData ?? "") as Record<string, unknown>;
    expect(data).toMatchObject({ recentDatapoints: [], period: 10, threshold: 10 });
    expect(data).not.toHaveProperty("startDate");
    expect(data["evaluatedDatapoints"]).toEqual([
      { timestamp: "2026-11-20T09:59:50.000+0000" },
      { timestamp: "2026-11-20T09:59:40.000+0000" },
    ]);
  });

  it("names missing data beside real data", async () => {
    await cloud.putAlarm("errors", {
      EvaluationPeriods: 3,
      DatapointsToAlarm: 1,
      TreatMissingData: "notBreaching",
    });
    await periods(613);
    expect((await alarm())?.StateReason).toBe(
      "Threshold Crossed: 1 out of the last 3 datapoints [613.0 (20/11/26 10:00:00)] was greater than the threshold (10.0) and 2 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).",
    );
  });

  it("waits on percentiles of too few samples when told to", async () => {
    const percentile = { Statistic: undefined, ExtendedStatistic: "p90" } as const;
    await cloud.putAlarm("patient", { ...percentile, EvaluateLowSampleCountPercentile: "ignore" });
    await cloud.putAlarm("hasty", { ...percentile, EvaluateLowSampleCountPercentile: "evaluate" });
    // p90 needs 10 / (1 - 0.9) = 100 samples.
    await periods(50);
    expect([await state("patient"), await state("hasty")]).toEqual(["INSUFFICIENT_DATA", "ALARM"]);
    for (let sample = 0; sample < 100; sample++) await cloud.put("Errors", 50);
    await cloud.advance(10 * SECOND);
    expect(await state("patient")).toBe("ALARM");
  });
});

describe("a 60-second alarm", () => {
  it("looks at complete minutes only, a second after each", async () => {
    await cloud.putAlarm("errors", { Period: 60 });
    await cloud.put("Errors", 11);
    await cloud.advance(60 * SECOND);
    expect(await state()).toBe("INSUFFICIENT_DATA");
    await cloud.advance(SECOND);
    expect(await state()).toBe("ALARM");
  });

  it("slides longer periods by the minute", async () => {
    await cloud.putAlarm("errors", { Period: 300 });
    await cloud.advance(120 * SECOND);
    await cloud.put("Errors", 11);
    await cloud.advance(61 * SECOND);
    expect(await alarm()).toMatchObject({
      StateValue: "ALARM",
      StateReason:
        "Threshold Crossed: 1 datapoint [11.0 (20/11/26 09:58:00)] was greater than the threshold (10.0).",
    });
  });
});

describe("a metric-math alarm", () => {
  it("watches the expression", async () => {
    const stat = (MetricName: string) => ({
      Metric: { Namespace: NAMESPACE, MetricName },
      Period: 10,
      Stat: "Sum",
    });
    await cloud.putAlarm("errors", {
      Threshold: 5,
      Metrics: [
        { Id: "errors", MetricStat: stat("Errors"), ReturnData: false },
        { Id: "requests", MetricStat: stat("Requests"), ReturnData: false },
        { Id: "rate", Expression: "100 * FILL(errors, 0) / requests", Label: "Error rate" },
      ],
    });
    await cloud.put("Requests", 100);
    await periods();
    await cloud.advance(9 * SECOND);
    await cloud.advance(SECOND);
    expect(await state()).toBe("OK");
    await cloud.put("Requests", 100);
    await cloud.put("Errors", 6);
    await cloud.advance(10 * SECOND);
    expect(await alarm()).toMatchObject({
      StateValue: "ALARM",
      StateReason:
        "Threshold Crossed: 1 datapoint [6.0 (20/11/26 10:00:10)] was greater than the threshold (5.0).",
    });
  });
});

describe("a restart", () => {
  it("keeps alarms, states and data, and evaluation goes on", async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-alarms-"));
    directories.push(dataDirectory);
    const first = await startWatchedCloud({ dataDirectory });
    await first.putAlarm("errors", { Tags: [{ Key: "team", Value: "shop" }] });
    await first.put("Errors", 11);
    await first.advance(11 * SECOND);
    await first.close();
    await cloud.close();
    cloud = await startWatchedCloud({ dataDirectory, startMs: START_MS + 12 * SECOND });
    expect(await alarm()).toMatchObject({
      StateValue: "ALARM",
      StateTransitionedTimestamp: new Date(START_MS + 11 * SECOND),
    });
    await cloud.put("Errors", 1);
    await cloud.advance(9 * SECOND);
    expect(await state()).toBe("OK");
  });
});

// Protects what a rollout believes of its alarms: their state as CloudWatch has it, and before the
// start whether they exist, watch this target and ever had data.
import { CloudWatch, type PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import { describe, expect, it, onTestFinished } from "vitest";
import { cloudWatchAlarms } from "../../src/alarms/cloudwatch.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { ACCESS, ALIAS, FUNCTION_NAME, type LambdaCloud } from "../support/lambda-cloud.ts";

const TARGET = { functionName: FUNCTION_NAME, alias: ALIAS };

async function alarmCloud() {
  const cloud = await cloudWithFunction();
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const put = (name: string, overrides: Partial<PutMetricAlarmCommandInput> = {}) =>
    cloudWatch.putMetricAlarm({
      AlarmName: name,
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [{ Name: "FunctionName", Value: FUNCTION_NAME }],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      ...overrides,
    });
  return { cloud, cloudWatch, put, alarms: cloudWatchAlarms({ ...cloud, target: TARGET }) };
}

async function invoke(cloud: LambdaCloud) {
  await cloud.lambda.invoke({ FunctionName: FUNCTION_NAME, Qualifier: ALIAS });
  await cloud.advance(60_000);
}

describe("an alarm's state", () => {
  it("is read for every name, in the order asked, missing ones too", async () => {
    const { cloudWatch, put, alarms } = await alarmCloud();
    await put("errors");
    await put("throttles");
    await cloudWatch.setAlarmState({
      AlarmName: "errors",
      StateValue: "ALARM",
      StateReason: "for the test",
    });
    expect(await alarms.read(["throttles", "missing", "errors", "throttles"])).toEqual([
      expect.objectContaining({ name: "throttles", state: "insufficientData" }),
      { name: "missing", state: undefined, reason: "there is no such alarm" },
      { name: "errors", state: "alarm", reason: "for the test" },
      expect.objectContaining({ name: "throttles", state: "insufficientData" }),
    ]);
  });

  it("is read of composite alarms too", async () => {
    const { cloudWatch, put, alarms } = await alarmCloud();
    await put("errors");
    await cloudWatch.putCompositeAlarm({ AlarmName: "any", AlarmRule: 'ALARM("errors")' });
    await cloudWatch.setAlarmState({ AlarmName: "any", StateValue: "OK", StateReason: "fine" });
    expect(await alarms.read(["any"])).toMatchObject([{ name: "any", state: "ok" }]);
  });

  it("is read of more alarms than one request takes", async () => {
    const { cloud, put, alarms } = await alarmCloud();
    const names = Array.from({ length: 101 }, (_, index) => `alarm-${index}`);
    for (const name of names) await put(name);
    const before = cloud.proxy.seen.length;
    const readings = await alarms.read(names);
    expect(readings.map(({ name }) => name)).toEqual(names);
    expect(readings.every(({ state }) => state === "insufficientData")).toBe(true);
    expect(cloud.proxy.seen.length - before).toBe(2);
  });

  it("of no alarms costs no request", async () => {
    const { cloud, alarms } = await alarmCloud();
    expect(await alarms.read([])).toEqual([]);
    expect(cloud.proxy.seen).toEqual([]);
  });
});

describe("preflight", () => {
  it("refuses an alarm that does not exist", async () => {
    const { alarms } = await alarmCloud();
    const findings = await alarms.preflight(["missing"]);
    expect(findings).toMatchObject([{ check: "alarm missing exists", outcome: "problem" }]);
  });

  it("is content with one that watches the function and had data", async () => {
    const { cloud, put, alarms } = await alarmCloud();
    await put("errors");
    await invoke(cloud);
    const findings = await alarms.preflight(["errors"]);
    const data = findings.find(({ check }) => check === "alarm errors has received data");
    expect(data).toMatchObject({ outcome: "ok" });
    const scope = findings.find(({ check }) => check === "alarm errors watches checkout:live");
    expect(scope).toMatchObject({ outcome: "ok" });
  });

  it("warns of one that never had data", async () => {
    const { put, alarms } = await alarmCloud();
    await put("errors");
    const findings = await alarms.preflight(["errors"]);
    expect(findings.filter(({ outcome }) => outcome === "warning")).toEqual([
      expect.objectContaining({ check: "alarm errors has data now" }),
      expect.objectContaining({ check: "alarm errors has received data" }),
    ]);
  });

  it.each([
    ["another function", [{ Name: "FunctionName", Value: "other" }], "function other"],
    ["all functions", [], "all functions"],
    [
      "another alias",
      [
        { Name: "FunctionName", Value: FUNCTION_NAME },
        { Name: "Resource", Value: `${FUNCTION_NAME}:other` },
      ],
      "checkout:other",
    ],
  ])("warns of one that watches %s", async (_, Dimensions, said) => {
    const { put, alarms } = await alarmCloud();
    await put("errors", { Dimensions });
    const findings = await alarms.preflight(["errors"]);
    const scope = findings.find(({ check }) => check === "alarm errors watches checkout:live");
    expect(scope).toMatchObject({ outcome: "warning" });
    expect(scope?.detail).toContain(said);
  });

  it("leaves one that fires already to the user's rule for it", async () => {
    const { cloudWatch, put, alarms } = await alarmCloud();
    await put("errors");
    const StateReason = "7 errors";
    await cloudWatch.setAlarmState({ AlarmName: "errors", StateValue: "ALARM", StateReason });
    const findings = await alarms.preflight(["errors"]);
    expect(findings.filter(({ check }) => check.includes("data now"))).toEqual([]);
    expect(findings.every(({ outcome }) => outcome !== "problem")).toBe(true);
  });
});

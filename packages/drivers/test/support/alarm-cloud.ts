import {
  CloudWatch,
  type MetricDatum,
  type PutMetricAlarmCommandInput,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { onTestFinished } from "vitest";
import { cloudWatchAlarms } from "../../src/alarms/cloudwatch.ts";
import { lambdaScope } from "../../src/alarms/lambda-scope.ts";
import { cloudWithFunction } from "./alias-driver.ts";
import { ACCESS, ALIAS, FUNCTION_NAME } from "./lambda-cloud.ts";

/** A cloud with the function on version 1, and alarms on it. */
export async function alarmCloud() {
  const cloud = await cloudWithFunction();
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const target = { functionName: FUNCTION_NAME, alias: ALIAS };
  return {
    cloud,
    cloudWatch,
    alarms: cloudWatchAlarms({ ...cloud, scopeOf: lambdaScope(target) }),
    /** By default on the function's errors, one minute above 0. */
    put: (name: string, overrides: Partial<PutMetricAlarmCommandInput> = {}) =>
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
      }),
    /** Until the cloud evaluates it again, which is at the next whole minute. */
    setState: (name: string, state: StateValue, reason = "as the test has it") =>
      cloudWatch.setAlarmState({ AlarmName: name, StateValue: state, StateReason: reason }),
    /** One call through the alias, counted and evaluated. */
    async invoke() {
      await cloud.lambda.invoke({ FunctionName: FUNCTION_NAME, Qualifier: ALIAS });
      await cloud.advance(90_000);
    },
    /** A data point of a metric in the namespace Shop, as of now. */
    async publish(dimensions: Readonly<Record<string, string>>, datum: Partial<MetricDatum> = {}) {
      await cloudWatch.putMetricData({
        Namespace: "Shop",
        MetricData: [
          {
            MetricName: "Failures",
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            Value: 0,
            Timestamp: new Date(cloud.clock.nowMs()),
            ...datum,
          },
        ],
      });
    },
  };
}

export type AlarmCloud = Awaited<ReturnType<typeof alarmCloud>>;

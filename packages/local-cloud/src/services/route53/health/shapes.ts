import {
  type CloudWatchAlarmConfiguration,
  type ComparisonOperator,
  type HealthCheck,
  type HealthCheckObservation,
  type HealthCheckRegion,
  type Statistic,
} from "@aws-sdk/client-route-53";
import type { AlarmView } from "../../../data-plane/ports.ts";
import type { HealthCheckRow } from "../state.ts";

export function healthCheckShape(row: HealthCheckRow, alarm: AlarmView | undefined): HealthCheck {
  return {
    Id: row.id,
    CallerReference: row.callerReference,
    HealthCheckConfig: { ...row.config },
    HealthCheckVersion: row.version,
    CloudWatchAlarmConfiguration: alarm?.metric && alarmShape(alarm.metric),
  };
}

function alarmShape(metric: NonNullable<AlarmView["metric"]>): CloudWatchAlarmConfiguration {
  return {
    EvaluationPeriods: metric.evaluationPeriods,
    Threshold: metric.threshold,
    ComparisonOperator: COMPARISONS.find((one) => one === metric.comparisonOperator),
    Period: metric.periodSeconds,
    MetricName: metric.metricName,
    Namespace: metric.namespace,
    Statistic: STATISTICS.find((one) => one === metric.statistic),
    Dimensions: metric.dimensions.map((dimension) => ({ ...dimension })),
  };
}

const COMPARISONS: readonly ComparisonOperator[] = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanOrEqualToThreshold",
  "LessThanThreshold",
];

const STATISTICS: readonly Statistic[] = ["Average", "Maximum", "Minimum", "SampleCount", "Sum"];

/** The regions of AWS's checkers. Source: API reference, HealthCheckConfig, Regions. */
const CHECKER_REGIONS: readonly HealthCheckRegion[] = [
  "us-east-1",
  "us-west-1",
  "us-west-2",
  "eu-west-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-northeast-1",
  "sa-east-1",
];

/** One look stands for those of every region that the check asks for. Empty before the first. */
export function observations(
  { config }: HealthCheckRow,
  seen: { readonly status: string; readonly atMs: number } | undefined,
): HealthCheckObservation[] {
  if (seen === undefined) return [];
  const { Regions = [] } = config;
  return (Regions.length > 0 ? Regions : CHECKER_REGIONS).map((Region) => ({
    Region,
    IPAddress: "127.0.0.1",
    StatusReport: { Status: seen.status, CheckedTime: new Date(seen.atMs) },
  }));
}

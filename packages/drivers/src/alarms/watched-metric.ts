import type { Metric, MetricAlarm } from "@aws-sdk/client-cloudwatch";

/** A metric that an alarm reads. */
export interface WatchedMetric {
  readonly metric: Metric;
  readonly periodSeconds: number;
  /** An alarm that names a unit sees only data of that unit. */
  readonly unit: MetricAlarm["Unit"];
  /** Another account's metric, in an alarm across accounts. */
  readonly accountId: string | undefined;
}

/** The metrics an alarm reads: its own, or those under its expression. */
export function metricsOf(alarm: MetricAlarm): readonly WatchedMetric[] {
  const { Namespace, MetricName, Dimensions, Period = 60, Unit } = alarm;
  if (MetricName !== undefined) {
    const metric = { Namespace, MetricName, Dimensions };
    return [{ metric, periodSeconds: Period, unit: Unit, accountId: undefined }];
  }
  return (alarm.Metrics ?? []).flatMap(({ MetricStat, AccountId }) =>
    MetricStat?.Metric === undefined
      ? []
      : [
          {
            metric: MetricStat.Metric,
            periodSeconds: MetricStat.Period ?? 60,
            unit: MetricStat.Unit,
            accountId: AccountId,
          },
        ],
  );
}

/** "AWS/Lambda Errors (FunctionName=checkout)". */
export function metricText(metric: Metric): string {
  return `${metric.Namespace ?? ""} ${metric.MetricName ?? ""} (${dimensionText(metric)})`;
}

export function dimensionText({ Dimensions = [] }: Metric): string {
  if (Dimensions.length === 0) return "no dimensions";
  return Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(", ");
}

/** The names alone, in one order: what tells one way of publishing from another. */
export function dimensionNames({ Dimensions = [] }: Metric): string {
  return Dimensions.map(({ Name = "" }) => Name)
    .sort()
    .join(", ");
}

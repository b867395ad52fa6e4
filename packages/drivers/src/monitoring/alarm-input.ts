import type {
  MetricAlarm,
  MetricDataQuery,
  PutMetricAlarmCommandInput,
} from "@aws-sdk/client-cloudwatch";
import {
  type AlarmDefinition,
  changeBetween,
  type Change,
  type MathRow,
  type NamedMetric,
} from "@headgate/core";

/** The alarm as PutMetricAlarm takes it. Tags count when it is made only. Source: AWS docs, API_PutMetricAlarm. */
export function alarmInput(
  definition: AlarmDefinition,
  tags: Readonly<Record<string, string>>,
): PutMetricAlarmCommandInput {
  const { name, description, measure, threshold, periods, datapoints, actions } = definition;
  const common = {
    AlarmName: name,
    AlarmDescription: description,
    ActionsEnabled: true,
    AlarmActions: [...actions],
    OKActions: [...actions],
    EvaluationPeriods: periods,
    DatapointsToAlarm: datapoints,
    Threshold: threshold,
    ComparisonOperator: "GreaterThanThreshold" as const,
    TreatMissingData: "notBreaching",
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
  if (measure.kind === "percentile") {
    return {
      ...common,
      ...namesOf(measure.metric),
      ExtendedStatistic: measure.statistic,
      Period: definition.periodSeconds,
      EvaluateLowSampleCountPercentile: "ignore",
    };
  }
  const last = measure.rows.at(-1);
  return {
    ...common,
    Metrics: measure.rows.map((row) => queryOf(row, definition.periodSeconds, row === last)),
  };
}

function queryOf(row: MathRow, Period: number, ReturnData: boolean): MetricDataQuery {
  const { id: Id, label: Label } = row;
  if (row.kind === "expression") {
    return { Id, Label, ReturnData, Expression: row.expression, Period };
  }
  return {
    Id,
    Label,
    ReturnData,
    MetricStat: { Metric: namesOf(row.metric), Stat: row.statistic, Period },
  };
}

function namesOf({ namespace, metricName, dimensions }: NamedMetric) {
  return {
    Namespace: namespace,
    MetricName: metricName,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}

/** What putting `wanted` changes about the alarm that is there. */
export function alarmChange(
  before: MetricAlarm | undefined,
  wanted: PutMetricAlarmCommandInput,
): Change {
  return changeBetween(before && factsOf(before), factsOf(wanted));
}

type Facts = Pick<
  MetricAlarm & PutMetricAlarmCommandInput,
  | "Threshold"
  | "Period"
  | "Metrics"
  | "EvaluationPeriods"
  | "DatapointsToAlarm"
  | "TreatMissingData"
  | "AlarmActions"
  | "AlarmDescription"
  | "Namespace"
  | "MetricName"
  | "Dimensions"
  | "Statistic"
  | "ExtendedStatistic"
  | "ComparisonOperator"
  | "ActionsEnabled"
>;

function factsOf(alarm: Facts): Readonly<Record<string, string>> {
  const periodSeconds =
    alarm.Period ?? alarm.Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period;
  const actions = alarm.ActionsEnabled === false ? "switched off" : listed(alarm.AlarmActions);
  return {
    watches: alarm.Metrics === undefined ? singleText(alarm) : mathText(alarm.Metrics),
    threshold: `${alarm.ComparisonOperator ?? ""} ${alarm.Threshold ?? ""}`,
    period: `${periodSeconds ?? ""} s`,
    rule: `${alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods} of ${alarm.EvaluationPeriods}`,
    "missing data": alarm.TreatMissingData ?? "missing",
    tells: actions,
    description: alarm.AlarmDescription ?? "",
  };
}

function listed(values: readonly string[] = []): string {
  return values.length === 0 ? "nobody" : values.join(", ");
}

function singleText(alarm: Facts): string {
  const statistic = alarm.Statistic ?? alarm.ExtendedStatistic ?? "";
  return `${statistic} of ${metricText(alarm)}`;
}

function mathText(queries: readonly MetricDataQuery[]): string {
  return queries
    .map(({ Id, Expression, MetricStat }) =>
      MetricStat === undefined
        ? `${Id} = ${Expression}`
        : `${Id} = ${MetricStat.Stat} of ${metricText(MetricStat.Metric ?? {})}`,
    )
    .join("; ");
}

function metricText({
  Namespace,
  MetricName,
  Dimensions = [],
}: Pick<Facts, "Namespace" | "MetricName" | "Dimensions">): string {
  const named = Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort();
  return `${Namespace} ${MetricName} (${named.join(", ")})`;
}

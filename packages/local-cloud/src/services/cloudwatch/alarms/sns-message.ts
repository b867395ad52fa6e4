import type { Place } from "../../../telemetry/metric-sink.ts";
import { isoWithOffset } from "../../dates.ts";
import type { DimensionInput } from "../metric-reader.ts";
import type { Alarm, AlarmState, CompositeAlarmRow, MetricAlarmRow } from "../state.ts";
import { regionName } from "./region-names.ts";

/** SNS takes no longer subject. */
const SUBJECT_MAX = 100;

export function subjectOf(alarm: Alarm, { region }: Place): string {
  const subject = `${alarm.state.value}: "${alarm.name}" in ${regionName(region)}`;
  return subject.length > SUBJECT_MAX ? `${subject.slice(0, SUBJECT_MAX - 3)}...` : subject;
}

/**
 * The JSON text that an SNS action publishes.
 * Source: recorded AWS answers (LocalStack snapshots test_put_metric_alarm, test_breaching_alarm_actions).
 */
export function messageOf(alarm: Alarm, old: AlarmState, place: Place): string {
  const { config, state } = alarm;
  return JSON.stringify({
    AlarmName: alarm.name,
    AlarmDescription: config.AlarmDescription ?? null,
    ...(alarm.kind === "CompositeAlarm" && { AlarmRule: alarm.config.AlarmRule }),
    AWSAccountId: place.account,
    AlarmConfigurationUpdatedTimestamp: isoWithOffset(alarm.configuredAtMs),
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: isoWithOffset(state.updatedAtMs),
    Region: regionName(place.region),
    AlarmArn: alarm.arn,
    OldStateValue: old.value,
    ActionExecutedAfterMuteWindow: false,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    ...(alarm.kind === "MetricAlarm"
      ? { Trigger: triggerOf(alarm) }
      : { TriggeringChildren: triggeringChildren(alarm) }),
  });
}

function triggerOf({ config }: MetricAlarmRow): object {
  const condition = {
    EvaluationPeriods: config.EvaluationPeriods,
    DatapointsToAlarm: config.DatapointsToAlarm,
    ComparisonOperator: config.ComparisonOperator,
    Threshold: config.Threshold,
    TreatMissingData: config.TreatMissingData ?? "",
    EvaluateLowSampleCountPercentile: config.EvaluateLowSampleCountPercentile ?? "",
  };
  if (config.Metrics !== undefined) {
    return { ...condition, Metrics: config.Metrics.map(queryOf) };
  }
  const statistic =
    config.Statistic === undefined
      ? { StatisticType: "ExtendedStatistic", ExtendedStatistic: config.ExtendedStatistic }
      : { StatisticType: "Statistic", Statistic: upperSnake(config.Statistic) };
  return {
    MetricName: config.MetricName,
    Namespace: config.Namespace,
    ...statistic,
    Unit: config.Unit ?? null,
    Dimensions: lowerCase(config.Dimensions),
    Period: config.Period,
    ...condition,
  };
}

function queryOf(query: NonNullable<MetricAlarmRow["config"]["Metrics"]>[number]): object {
  const stat = query.MetricStat;
  return {
    Id: query.Id,
    Expression: query.Expression,
    Label: query.Label,
    ...(stat !== undefined && {
      MetricStat: {
        Metric: {
          Dimensions: lowerCase(stat.Metric?.Dimensions),
          MetricName: stat.Metric?.MetricName,
          Namespace: stat.Metric?.Namespace,
        },
        Period: stat.Period,
        Stat: stat.Stat,
        Unit: stat.Unit,
      },
    }),
    ReturnData: query.ReturnData ?? true,
  };
}

function triggeringChildren({ state }: CompositeAlarmRow): object[] {
  const data = JSON.parse(state.reasonData ?? "{}") as {
    triggeringAlarms?: { arn: string; state: { value: string; timestamp: string } }[];
  };
  return (data.triggeringAlarms ?? []).map(({ arn, state: { value, timestamp } }) => ({
    Arn: arn,
    State: { Value: value, Timestamp: timestamp },
  }));
}

function lowerCase(dimensions: readonly DimensionInput[] | undefined): object[] {
  return (dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name }));
}

/** "SampleCount" -> "SAMPLE_COUNT" */
function upperSnake(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

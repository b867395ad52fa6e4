import type { Place } from "../../../telemetry/metric-sink.ts";
import { isoWithOffset } from "../../dates.ts";
import type { MetricStatInput } from "../metric-reader.ts";
import type { Alarm, AlarmState, MetricAlarmRow } from "../state.ts";

/**
 * What a Lambda action is invoked with. `newId` names the metric of an alarm that has only one.
 * Source: recorded AWS answer (LocalStack snapshot test_alarm_lambda_target); AWS docs, "Lambda
 * alarm actions".
 */
export function lambdaEventOf(
  alarm: Alarm,
  old: AlarmState,
  place: Place,
  newId: () => string,
): unknown {
  return {
    source: "aws.cloudwatch",
    alarmArn: alarm.arn,
    accountId: place.account,
    time: isoWithOffset(alarm.state.updatedAtMs),
    region: place.region,
    alarmData: alarmDataOf(alarm, old, newId),
  };
}

/**
 * A change of state as EventBridge tells it, too.
 * Source: AWS docs, "Alarm events and EventBridge".
 */
export function alarmDataOf(alarm: Alarm, old: AlarmState, newId: () => string) {
  const { config, state } = alarm;
  return {
    alarmName: alarm.name,
    state: stateData(state),
    previousState: stateData(old),
    configuration: {
      ...(config.AlarmDescription !== undefined && { description: config.AlarmDescription }),
      ...(alarm.kind === "MetricAlarm"
        ? { metrics: metricsOf(alarm.config, newId) }
        : { alarmRule: alarm.config.AlarmRule }),
    },
  };
}

function stateData({ value, reason, reasonData, updatedAtMs }: AlarmState): object {
  return {
    value,
    reason,
    ...(reasonData !== undefined && { reasonData }),
    timestamp: isoWithOffset(updatedAtMs),
  };
}

function metricsOf(config: MetricAlarmRow["config"], newId: () => string): object[] {
  if (config.Metrics === undefined) {
    const stat = {
      Metric: config,
      Period: config.Period,
      Stat: config.Statistic ?? config.ExtendedStatistic,
      Unit: config.Unit,
    };
    return [{ id: newId(), metricStat: statData(stat), returnData: true }];
  }
  return config.Metrics.map(({ Id, Expression, Label, MetricStat, ReturnData = true }) => ({
    id: Id,
    ...(Expression !== undefined && { expression: Expression }),
    ...(Label !== undefined && { label: Label }),
    ...(MetricStat !== undefined && { metricStat: statData(MetricStat) }),
    returnData: ReturnData,
  }));
}

function statData({ Metric, Period, Stat, Unit }: MetricStatInput): object {
  return {
    metric: {
      namespace: Metric?.Namespace,
      name: Metric?.MetricName,
      dimensions: Object.fromEntries(
        (Metric?.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]),
      ),
    },
    period: Period,
    stat: Stat,
    ...(Unit !== undefined && { unit: Unit }),
  };
}

import type { Alarms, AlarmView } from "../../../data-plane/ports.ts";
import type { Cloud } from "../../../service.ts";
import { type Alarm, stateOf } from "../state.ts";

/** What other services may know of alarms. */
export function createAlarmPort(cloud: Cloud): Alarms {
  return {
    find({ account, region, alarmName }) {
      const alarm = stateOf(cloud, { account, region }).alarms.get(alarmName);
      return alarm && { state: alarm.state.value, metric: metricOf(alarm) };
    },
  };
}

function metricOf(alarm: Alarm): AlarmView["metric"] {
  if (alarm.kind !== "MetricAlarm") return undefined;
  const { Namespace, MetricName, Dimensions = [], Statistic, Period, Threshold } = alarm.config;
  if (Namespace === undefined || MetricName === undefined) return undefined;
  return {
    namespace: Namespace,
    metricName: MetricName,
    dimensions: Dimensions.map(({ Name = "", Value = "" }) => ({ Name, Value })),
    statistic: Statistic,
    periodSeconds: Period ?? 0,
    evaluationPeriods: alarm.config.EvaluationPeriods ?? 0,
    threshold: Threshold ?? 0,
    comparisonOperator: alarm.config.ComparisonOperator ?? "",
  };
}

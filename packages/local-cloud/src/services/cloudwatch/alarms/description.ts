import type { CloudWatchOutput } from "../sdk.ts";
import type { Alarm, CompositeAlarmRow, MetricAlarmRow } from "../state.ts";

export type MetricAlarmShape = NonNullable<
  CloudWatchOutput<"DescribeAlarms">["MetricAlarms"]
>[number];
export type CompositeAlarmShape = NonNullable<
  CloudWatchOutput<"DescribeAlarms">["CompositeAlarms"]
>[number];

/**
 * An alarm as DescribeAlarms shows it. Lists are always there, what was not set is not.
 * Source: recorded AWS answer (LocalStack snapshot test_describe_minimal_metric_alarm).
 */
export function describeMetricAlarm(alarm: MetricAlarmRow): MetricAlarmShape {
  return {
    ...alarm.config,
    ...common(alarm),
    ...(alarm.config.Metrics === undefined && { Dimensions: alarm.config.Dimensions ?? [] }),
  };
}

export function describeCompositeAlarm(alarm: CompositeAlarmRow): CompositeAlarmShape {
  const { suppression } = alarm;
  return {
    ...alarm.config,
    ...common(alarm),
    ...(suppression !== undefined && {
      ActionsSuppressedBy: suppression.by,
      ActionsSuppressedReason: `Actions suppressed by ${suppression.by}`,
    }),
  };
}

export function describeAlarm(alarm: Alarm): MetricAlarmShape | CompositeAlarmShape {
  return alarm.kind === "MetricAlarm" ? describeMetricAlarm(alarm) : describeCompositeAlarm(alarm);
}

function common({ name, arn, config, configuredAtMs, state }: Alarm) {
  return {
    AlarmName: name,
    AlarmArn: arn,
    AlarmConfigurationUpdatedTimestamp: new Date(configuredAtMs),
    ActionsEnabled: config.ActionsEnabled ?? true,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData !== undefined && { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: new Date(state.updatedAtMs),
    StateTransitionedTimestamp: new Date(state.transitionedAtMs),
  };
}

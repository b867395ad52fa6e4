import type { Cloud, RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import {
  type CompositeAlarmShape,
  describeAlarm,
  describeCompositeAlarm,
  describeMetricAlarm,
  type MetricAlarmShape,
} from "../alarms/description.ts";
import { childrenOf, parentsOf } from "../alarms/transitions.ts";
import { alarmNotFound, invalidNextToken, validationError } from "../errors.ts";
import { ALARM_HISTORY_PAGE, DESCRIBE_ALARMS_PAGE } from "../limits.ts";
import { dimensionsOf } from "../metric-reader.ts";
import type { CloudWatchHandlers, CloudWatchInput } from "../sdk.ts";
import {
  type Alarm,
  alarmNameOf,
  type CompositeAlarmRow,
  type HistoryItem,
  type MetricAlarmRow,
  stateOf,
} from "../state.ts";

type Filter = CloudWatchInput<"DescribeAlarms">;
type HistoryFilter = CloudWatchInput<"DescribeAlarmHistory">;

/** Reading alarms and their history. */
export function alarmDescriptionOperations(cloud: Cloud) {
  return {
    DescribeAlarms(input, place) {
      const page = pageOf(alarmsFor(cloud, place, input), {
        keyOf: ({ kind, name }) => `${kind}:${name}`,
        token: input.NextToken,
        limit: input.MaxRecords ?? DESCRIBE_ALARMS_PAGE,
        badToken: invalidNextToken,
      });
      const isRelation =
        input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined;
      const { metric, composite } = split(page.items);
      return {
        MetricAlarms: metric.map((alarm) =>
          isRelation ? summary(alarm) : describeMetricAlarm(alarm),
        ),
        CompositeAlarms: composite.map((alarm) =>
          isRelation ? summary(alarm) : describeCompositeAlarm(alarm),
        ),
        LogAlarms: [],
        NextToken: page.nextToken,
      };
    },

    DescribeAlarmsForMetric(input, place) {
      const { metric } = split([...stateOf(cloud, place).alarms.values()]);
      return {
        MetricAlarms: metric.filter((alarm) => watches(alarm, input)).map(describeMetricAlarm),
      };
    },

    DescribeAlarmHistory(input, place) {
      // Counted from the oldest: what is added between two pages does not move the others.
      const numbered = [...historyFor(cloud, place, input).entries()];
      if (input.ScanBy !== "TimestampAscending") numbered.reverse();
      const page = pageOf(numbered, {
        keyOf: ([index]) => String(index).padStart(9, "0"),
        token: input.NextToken,
        limit: input.MaxRecords ?? ALARM_HISTORY_PAGE,
        badToken: invalidNextToken,
      });
      return { AlarmHistoryItems: page.items.map(([, item]) => item), NextToken: page.nextToken };
    },
  } satisfies CloudWatchHandlers;
}

function split(alarms: readonly Alarm[]): {
  readonly metric: MetricAlarmRow[];
  readonly composite: CompositeAlarmRow[];
} {
  return {
    metric: alarms.filter((alarm) => alarm.kind === "MetricAlarm"),
    composite: alarms.filter((alarm) => alarm.kind === "CompositeAlarm"),
  };
}

/** Composite alarms first, then by name. Without AlarmTypes only metric alarms are meant. */
function alarmsFor(cloud: Cloud, place: RequestContext, filter: Filter): Alarm[] {
  const { AlarmNames, AlarmNamePrefix, ChildrenOfAlarmName, ParentsOfAlarmName } = filter;
  if (AlarmNames !== undefined && AlarmNamePrefix !== undefined) {
    // Unverified: the text.
    throw validationError("AlarmNames and AlarmNamePrefix cannot both be specified.");
  }
  const all = [...stateOf(cloud, place).alarms.values()].sort(byKindAndName);
  if (ChildrenOfAlarmName !== undefined) return childrenOfNamed(all, ChildrenOfAlarmName);
  if (ParentsOfAlarmName !== undefined) {
    return parentsOf(all, namedAlarm(all, ParentsOfAlarmName).name);
  }
  const types = filter.AlarmTypes ?? ["MetricAlarm"];
  return all.filter(
    (alarm) =>
      types.includes(alarm.kind) &&
      (AlarmNames === undefined || AlarmNames.includes(alarm.name)) &&
      alarm.name.startsWith(AlarmNamePrefix ?? "") &&
      (filter.StateValue === undefined || alarm.state.value === filter.StateValue) &&
      hasAction(alarm, filter.ActionPrefix),
  );
}

function byKindAndName(left: Alarm, right: Alarm): number {
  if (left.kind !== right.kind) return left.kind < right.kind ? -1 : 1;
  return left.name < right.name ? -1 : 1;
}

function childrenOfNamed(all: readonly Alarm[], nameOrArn: string): Alarm[] {
  const parent = namedAlarm(all, nameOrArn);
  const children = parent.kind === "CompositeAlarm" ? childrenOf(parent) : [];
  return all.filter(({ name }) => children.includes(name));
}

function namedAlarm(all: readonly Alarm[], nameOrArn: string): Alarm {
  const found = all.find(({ name }) => name === alarmNameOf(nameOrArn));
  if (found === undefined) throw alarmNotFound();
  return found;
}

function hasAction({ config }: Alarm, prefix: string | undefined): boolean {
  if (prefix === undefined) return true;
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = config;
  const actions = [...OKActions, ...AlarmActions, ...InsufficientDataActions];
  return actions.some((action) => action.startsWith(prefix));
}

/** Relations are shown in short. Source: AWS API reference, DescribeAlarms, ChildrenOfAlarmName. */
function summary(alarm: Alarm): MetricAlarmShape & CompositeAlarmShape {
  const { AlarmName, AlarmArn, StateValue, StateUpdatedTimestamp } = describeAlarm(alarm);
  return { AlarmName, AlarmArn, StateValue, StateUpdatedTimestamp };
}

/** Alarms on metric math are not found by the metrics they use. */
function watches(
  { config }: MetricAlarmRow,
  wanted: CloudWatchInput<"DescribeAlarmsForMetric">,
): boolean {
  const members = ["Statistic", "ExtendedStatistic", "Period", "Unit"] as const;
  return (
    config.MetricName === wanted.MetricName &&
    config.Namespace === wanted.Namespace &&
    members.every((key) => wanted[key] === undefined || wanted[key] === config[key]) &&
    (wanted.Dimensions === undefined ||
      dimensionKey(wanted.Dimensions) === dimensionKey(config.Dimensions))
  );
}

function dimensionKey(dimensions: Parameters<typeof dimensionsOf>[0]): string {
  const pairs = dimensionsOf(dimensions).map(({ Name, Value }) => JSON.stringify([Name, Value]));
  return pairs.sort().join();
}

/** Oldest first. */
function historyFor(cloud: Cloud, place: RequestContext, filter: HistoryFilter): HistoryItem[] {
  const { history } = stateOf(cloud, place);
  const types = filter.AlarmTypes ?? ["MetricAlarm"];
  const all =
    filter.AlarmName === undefined ? [...history.values()].flat() : history.get(filter.AlarmName);
  const within = (at: number) =>
    at >= (filter.StartDate?.getTime() ?? -Infinity) &&
    at <= (filter.EndDate?.getTime() ?? Infinity);
  return (all ?? [])
    .filter(
      (item) =>
        types.includes(item.AlarmType ?? "MetricAlarm") &&
        (filter.HistoryItemType === undefined || item.HistoryItemType === filter.HistoryItemType) &&
        within(item.Timestamp?.getTime() ?? 0),
    )
    .sort((left, right) => (left.Timestamp?.getTime() ?? 0) - (right.Timestamp?.getTime() ?? 0));
}

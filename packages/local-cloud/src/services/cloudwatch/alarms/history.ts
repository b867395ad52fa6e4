import type { Place } from "../../../telemetry/metric-sink.ts";
import type { Cloud } from "../../../service.ts";
import { isoWithOffset } from "../../dates.ts";
import { ALARM_HISTORY_AGE_MS } from "../limits.ts";
import { type Alarm, type AlarmState, type HistoryItem, stateOf } from "../state.ts";
import { describeAlarm } from "./description.ts";

/** Appends to an alarm's history and forgets what is older than AWS keeps. */
function addHistory(
  cloud: Cloud,
  place: Place,
  alarm: Alarm,
  item: Pick<HistoryItem, "HistoryItemType" | "HistorySummary" | "HistoryData">,
): void {
  const nowMs = cloud.clock.nowMs();
  const { history } = stateOf(cloud, place);
  const kept = (history.get(alarm.name) ?? []).filter(
    ({ Timestamp }) => (Timestamp?.getTime() ?? 0) > nowMs - ALARM_HISTORY_AGE_MS,
  );
  const added = {
    AlarmName: alarm.name,
    AlarmType: alarm.kind,
    Timestamp: new Date(nowMs),
    ...item,
  };
  history.set(alarm.name, [...kept, added]);
}

const CONFIGURATION_KEYS = {
  Create: "createdAlarm",
  Update: "updatedAlarm",
  Delete: "deletedAlarm",
} as const;

/** Source: history data quoted in public repositories. */
export function addConfigurationHistory(
  cloud: Cloud,
  place: Place,
  alarm: Alarm,
  type: keyof typeof CONFIGURATION_KEYS,
): void {
  addHistory(cloud, place, alarm, {
    HistoryItemType: "ConfigurationUpdate",
    HistorySummary: `Alarm "${alarm.name}" ${type.toLowerCase()}d`,
    HistoryData: JSON.stringify({
      version: "1.0",
      type,
      [CONFIGURATION_KEYS[type]]: lowerKeys(describeAlarm(alarm)),
    }),
  });
}

/** Source: recorded AWS answer (LocalStack snapshot test_put_metric_alarm). */
export function addStateHistory(cloud: Cloud, place: Place, alarm: Alarm, old: AlarmState): void {
  addHistory(cloud, place, alarm, {
    HistoryItemType: "StateUpdate",
    HistorySummary: `Alarm updated from ${old.value} to ${alarm.state.value}`,
    HistoryData: JSON.stringify({
      version: "1.0",
      oldState: stateData(old),
      newState: stateData(alarm.state),
    }),
  });
}

/** What became of an action; `error` is told as CloudWatch heard it. */
export type ActionOutcome =
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly error: string };

/**
 * Source of the summaries: AWS re:Post, "SNS notification for CloudWatch alarm", and histories that public
 * repositories quote. Unverified: members of the data other than actionState and notificationResource.
 */
export function addActionHistory(
  cloud: Cloud,
  place: Place,
  alarm: Alarm,
  action: { readonly arn: string; readonly message: string; readonly outcome: ActionOutcome },
): void {
  const { arn, message, outcome } = action;
  const hasFailed = outcome.kind === "failed";
  addHistory(cloud, place, alarm, {
    HistoryItemType: "Action",
    HistorySummary: hasFailed
      ? `Failed to execute action ${arn}. Received error: "${outcome.error}"`
      : `Successfully executed action ${arn}`,
    HistoryData: JSON.stringify({
      actionState: hasFailed ? "Failed" : "Succeeded",
      stateUpdateTimestamp: alarm.state.updatedAtMs,
      notificationResource: arn,
      publishedMessage: JSON.stringify({ default: message }),
      ...(hasFailed && { error: outcome.error }),
    }),
  });
}

function stateData({ value, reason, reasonData }: AlarmState): object {
  return {
    stateValue: value,
    stateReason: reason,
    ...(reasonData !== undefined && { stateReasonData: JSON.parse(reasonData) as unknown }),
  };
}

/** AWS's own spelling of members inside history data: "alarmName", and "okactions". */
function lowerKeys(value: unknown): unknown {
  if (value instanceof Date) return isoWithOffset(value.getTime());
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [lowerKey(key), lowerKeys(member)]),
  );
}

function lowerKey(key: string): string {
  return key === "OKActions" ? "okactions" : key.charAt(0).toLowerCase() + key.slice(1);
}

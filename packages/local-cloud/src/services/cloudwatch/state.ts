import type { Cloud } from "../../service.ts";
import type { Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { CloudWatchInput, CloudWatchOutput } from "./sdk.ts";

export const SERVICE = "monitoring";

export type StateValue = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** What an alarm says now, and since when. */
export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  /** A JSON text. */
  readonly reasonData?: string | undefined;
  /** When anything of this last changed, and when `value` did. */
  readonly updatedAtMs: number;
  readonly transitionedAtMs: number;
}

export type MetricAlarmConfig = Omit<CloudWatchInput<"PutMetricAlarm">, "Tags">;
export type CompositeAlarmConfig = Omit<CloudWatchInput<"PutCompositeAlarm">, "Tags">;

interface AlarmRow {
  readonly name: string;
  readonly arn: string;
  readonly configuredAtMs: number;
  readonly state: AlarmState;
}

export interface MetricAlarmRow extends AlarmRow {
  readonly kind: "MetricAlarm";
  readonly config: MetricAlarmConfig;
}

/** Actions that wait for, or are held back by, the suppressor alarm. */
export interface Suppression {
  readonly by: "WaitPeriod" | "ExtensionPeriod" | "Alarm";
  /** When a wait or an extension ends. */
  readonly untilMs?: number | undefined;
  /** The state whose actions have not been taken. */
  readonly pending: StateValue;
  /** The state before it. */
  readonly old: AlarmState;
}

export interface CompositeAlarmRow extends AlarmRow {
  readonly kind: "CompositeAlarm";
  readonly config: CompositeAlarmConfig;
  readonly suppression?: Suppression | undefined;
}

export type Alarm = MetricAlarmRow | CompositeAlarmRow;

export type HistoryItem = NonNullable<
  CloudWatchOutput<"DescribeAlarmHistory">["AlarmHistoryItems"]
>[number];

export interface Dashboard {
  readonly name: string;
  readonly body: string;
  readonly modifiedAtMs: number;
}

export type Tags = Readonly<Record<string, string>>;

/** Actions that a change of state calls for and that have not all been taken. */
export interface PendingActions {
  readonly id: string;
  /** As it was after the change. */
  readonly alarm: Alarm;
  /** The state before it. */
  readonly old: AlarmState;
}

/** The rows of one account and region. */
export interface State {
  /** By name. */
  readonly alarms: Table<Alarm>;
  /** By alarm name, oldest item first; kept after the alarm is deleted. */
  readonly history: Table<readonly HistoryItem[]>;
  /** By ARN. */
  readonly tags: Table<Tags>;
  /** By id. */
  readonly pendingActions: Table<PendingActions>;
}

export function stateOf(cloud: Cloud, { account, region }: Place): State {
  const scope = { account, region, service: SERVICE };
  return {
    alarms: cloud.store.table<Alarm>(scope, "alarms"),
    history: cloud.store.table<readonly HistoryItem[]>(scope, "alarm-history"),
    tags: cloud.store.table<Tags>(scope, "tags"),
    pendingActions: cloud.store.table<PendingActions>(scope, "pending-actions"),
  };
}

/** Dashboards belong to the account, not to a region: their ARN has none. */
export function dashboardsOf(cloud: Cloud, account: string): Table<Dashboard> {
  return cloud.store.table<Dashboard>(
    { account, region: "aws-global", service: SERVICE },
    "dashboards",
  );
}

export function alarmArn({ account, region }: Place, name: string): string {
  return `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
}

/** The alarm that a name or an ARN means. */
export function alarmNameOf(nameOrArn: string): string {
  return /^arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:(.+)$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

import {
  alarmNameOf,
  type Alarm,
  type AlarmState,
  type CompositeAlarmRow,
  type StateValue,
  type Suppression,
} from "../state.ts";

/**
 * A composite alarm's actions and its suppressor alarm. After a change of state the actions wait
 * WaitPeriod for the suppressor to go to ALARM; while it is there they are held back, and for
 * ExtensionPeriod after it left. What is still due then is taken.
 * Source: AWS docs, "Suppressing composite alarm actions".
 */

/** How the actions of a change of state start out; undefined: they are taken at once. */
export function suppressionOf(
  alarm: CompositeAlarmRow,
  old: AlarmState,
  suppressor: Alarm | undefined,
  nowMs: number,
): Suppression | undefined {
  if (alarm.config.ActionsSuppressor === undefined) return undefined;
  const before = alarm.suppression;
  // Back where it was before anything was announced: there is nothing left to announce.
  if (before?.old.value === alarm.state.value) return undefined;
  const pending: Pick<Suppression, "pending" | "old"> = {
    pending: alarm.state.value,
    old: before?.old ?? old,
  };
  if (suppressor?.state.value === "ALARM") return { by: "Alarm", ...pending };
  if (before !== undefined) return { ...before, ...pending };
  const untilMs = nowMs + (alarm.config.ActionsSuppressorWaitPeriod ?? 0) * 1000;
  return { by: "WaitPeriod", untilMs, ...pending };
}

/** What a change of the suppressor's state makes of actions that wait. */
export function afterSuppressorChange(
  alarm: CompositeAlarmRow,
  suppressorState: StateValue,
  nowMs: number,
): Suppression | undefined {
  const { suppression } = alarm;
  if (suppression === undefined) return undefined;
  const { pending, old } = suppression;
  if (suppressorState === "ALARM") return { by: "Alarm", pending, old };
  if (suppression.by !== "Alarm") return suppression;
  const untilMs = nowMs + (alarm.config.ActionsSuppressorExtensionPeriod ?? 0) * 1000;
  return { by: "ExtensionPeriod", untilMs, pending, old };
}

export function isSuppressedBy(alarm: Alarm, name: string): alarm is CompositeAlarmRow {
  return (
    alarm.kind === "CompositeAlarm" && alarmNameOf(alarm.config.ActionsSuppressor ?? "") === name
  );
}

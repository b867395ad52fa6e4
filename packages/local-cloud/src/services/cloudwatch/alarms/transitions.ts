import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { isoWithOffset } from "../../dates.ts";
import {
  type Alarm,
  alarmNameOf,
  type AlarmState,
  type CompositeAlarmRow,
  stateOf,
  type StateValue,
} from "../state.ts";
import type { AlarmCloud } from "./actions.ts";
import { alarmsIn, evaluateRule, parseRule } from "./composite-rule.ts";
import { addStateHistory } from "./history.ts";
import { alarmDataOf } from "./lambda-event.ts";
import { afterSuppressorChange, isSuppressedBy, suppressionOf } from "./suppression.ts";
import { longTime } from "./texts.ts";

/** A state that an alarm is to take. */
interface NextState {
  readonly value: StateValue;
  readonly reason: string;
  readonly reasonData?: string | undefined;
}

/**
 * Puts an alarm into a state. A change is written to the history, takes the actions and reaches the
 * composite alarms above, all in one transaction; the same state again only renews the reason.
 */
export function setAlarmState(
  cloud: AlarmCloud,
  place: Place,
  alarm: Alarm,
  next: NextState,
): void {
  const nowMs = cloud.clock.nowMs();
  const old = alarm.state;
  const isChange = next.value !== old.value;
  const state: AlarmState = {
    ...next,
    updatedAtMs: nowMs,
    transitionedAtMs: isChange ? nowMs : old.transitionedAtMs,
  };
  cloud.store.transaction(() => {
    const changed = { ...alarm, state };
    stateOf(cloud, place).alarms.set(alarm.name, changed);
    if (!isChange) return;
    const { account, region } = place;
    cloud.bus.publish({ kind: "alarmStateChanged", account, region, alarmName: alarm.name });
    cloud.bus.publish({
      kind: "stateChanged",
      account,
      region,
      source: "aws.cloudwatch",
      detailType: "CloudWatch Alarm State Change",
      resources: [alarm.arn],
      detail: alarmDataOf(changed, old, () => cloud.random.uuid()),
    });
    addStateHistory(cloud, place, changed, old);
    if (changed.kind === "CompositeAlarm") startActions(cloud, place, changed, old);
    else cloud.actions.run(place, changed, old);
    evaluateParents(cloud, place, changed);
    informSuppressed(cloud, place, changed);
  });
}

/** Evaluates a composite alarm that was just made or changed. */
export function evaluateSaved(
  cloud: AlarmCloud,
  place: Place,
  alarm: CompositeAlarmRow,
  what: "created" | "updated",
): void {
  const { alarms } = stateOf(cloud, place);
  const rule = parseRule(alarm.config.AlarmRule ?? "");
  const value = ruleState(cloud, place, alarm);
  if (value === alarm.state.value) return;
  const children = alarmsIn(rule).flatMap((name) => alarms.get(name) ?? []);
  setAlarmState(cloud, place, alarm, {
    value,
    reason: `${alarm.arn} was ${what} and its alarm rule evaluates to ${value}`,
    reasonData: triggeringData(children),
  });
}

/** Takes the actions whose wait has ended. Returns when the next wait ends. */
export function endWaits(cloud: AlarmCloud, place: Place): number | undefined {
  const nowMs = cloud.clock.nowMs();
  const { alarms } = stateOf(cloud, place);
  let nextMs: number | undefined;
  for (const alarm of alarms.values()) {
    const suppression = alarm.kind === "CompositeAlarm" ? alarm.suppression : undefined;
    if (suppression?.untilMs === undefined) continue;
    if (suppression.untilMs > nowMs) {
      nextMs = Math.min(nextMs ?? Infinity, suppression.untilMs);
      continue;
    }
    const freed = { ...alarm, suppression: undefined };
    cloud.store.transaction(() => {
      alarms.set(alarm.name, freed);
      cloud.actions.run(place, freed, suppression.old);
    });
  }
  return nextMs;
}

function startActions(
  cloud: AlarmCloud,
  place: Place,
  alarm: CompositeAlarmRow,
  old: AlarmState,
): void {
  const { alarms } = stateOf(cloud, place);
  const suppressor = alarms.get(alarmNameOf(alarm.config.ActionsSuppressor ?? ""));
  const suppression = suppressionOf(alarm, old, suppressor, cloud.clock.nowMs());
  const hadWaiting = alarm.suppression !== undefined;
  alarms.set(alarm.name, { ...alarm, suppression });
  if (suppression === undefined && !hadWaiting) cloud.actions.run(place, alarm, old);
}

function evaluateParents(cloud: AlarmCloud, place: Place, child: Alarm): void {
  for (const parent of parentsOf(stateOf(cloud, place).alarms.values(), child.name)) {
    const value = ruleState(cloud, place, parent);
    if (value === parent.state.value) continue;
    // Source: AWS messages quoted in public repositories.
    const at = longTime(child.state.transitionedAtMs);
    setAlarmState(cloud, place, parent, {
      value,
      reason: `${child.arn} transitioned to ${child.state.value} at ${at}`,
      reasonData: triggeringData([child]),
    });
  }
}

/** The composite alarms whose rule names the alarm. */
export function parentsOf(alarms: Iterable<Alarm>, name: string): CompositeAlarmRow[] {
  return [...alarms].filter(
    (alarm): alarm is CompositeAlarmRow =>
      alarm.kind === "CompositeAlarm" && childrenOf(alarm).includes(name),
  );
}

export function childrenOf(alarm: CompositeAlarmRow): string[] {
  return alarmsIn(parseRule(alarm.config.AlarmRule ?? ""));
}

function informSuppressed(cloud: Cloud, place: Place, suppressor: Alarm): void {
  const { alarms } = stateOf(cloud, place);
  const nowMs = cloud.clock.nowMs();
  for (const alarm of alarms.values()) {
    if (!isSuppressedBy(alarm, suppressor.name) || alarm.suppression === undefined) continue;
    const suppression = afterSuppressorChange(alarm, suppressor.state.value, nowMs);
    alarms.set(alarm.name, { ...alarm, suppression });
  }
}

/** A composite alarm is never INSUFFICIENT_DATA once evaluated. */
function ruleState(cloud: Cloud, place: Place, alarm: CompositeAlarmRow): StateValue {
  const { alarms } = stateOf(cloud, place);
  const rule = parseRule(alarm.config.AlarmRule ?? "");
  return evaluateRule(rule, (name) => alarms.get(name)?.state.value) ? "ALARM" : "OK";
}

/** Source: recorded AWS answer (LocalStack snapshot test_trigger_composite_alarm). */
function triggeringData(children: readonly Alarm[]): string {
  return JSON.stringify({
    triggeringAlarms: children.map(({ arn, state }) => ({
      arn,
      state: { value: state.value, timestamp: isoWithOffset(state.transitionedAtMs) },
    })),
  });
}

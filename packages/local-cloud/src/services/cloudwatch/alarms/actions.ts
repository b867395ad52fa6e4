import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { Alarm, AlarmState, StateValue } from "../state.ts";
import { addActionHistory } from "./history.ts";
import { lambdaEventOf } from "./lambda-event.ts";
import { messageOf, subjectOf } from "./sns-message.ts";

const ACTIONS_OF = {
  OK: "OKActions",
  ALARM: "AlarmActions",
  INSUFFICIENT_DATA: "InsufficientDataActions",
} as const satisfies Record<StateValue, keyof Alarm["config"]>;

/**
 * Sends an alarm's actions for the state it is in now to whoever listens on the bus.
 * An action counts as executed when it has been sent: who receives it reports its own failures.
 */
export function runActions(cloud: Cloud, place: Place, alarm: Alarm, old: AlarmState): void {
  if (alarm.config.ActionsEnabled === false) return;
  const subject = subjectOf(alarm, place);
  const message = messageOf(alarm, old, place);
  for (const actionArn of alarm.config[ACTIONS_OF[alarm.state.value]] ?? []) {
    const event = {
      kind: "alarmAction" as const,
      account: place.account,
      region: place.region,
      actionArn,
      alarmArn: alarm.arn,
      oldState: old.value,
      newState: alarm.state.value,
      subject,
      message,
      lambdaEvent: lambdaEventOf(alarm, old, place, () => cloud.random.uuid()),
    };
    // The state changes inside a transaction; who listens must run outside it.
    queueMicrotask(() => cloud.bus.publish(event));
    addActionHistory(cloud, place, alarm, { arn: actionArn, message });
  }
}

import type { AlarmCloud } from "../alarms/actions.ts";
import { alarmsIn, parseRule } from "../alarms/composite-rule.ts";
import { addConfigurationHistory } from "../alarms/history.ts";
import type { AlarmScheduler } from "../alarms/scheduler.ts";
import { childrenOf, evaluateSaved } from "../alarms/transitions.ts";
import { checkActions } from "../alarms/validation.ts";
import { validationError } from "../errors.ts";
import type { CloudWatchHandlers } from "../sdk.ts";
import {
  type Alarm,
  alarmArn,
  type CompositeAlarmConfig,
  type CompositeAlarmRow,
  stateOf,
} from "../state.ts";
import { initialState, nameTaken } from "./metric-alarms.ts";
import { putTags } from "./tags.ts";

/** Alarms on the states of other alarms. */
export function compositeAlarmOperations(cloud: AlarmCloud, scheduler: AlarmScheduler) {
  return {
    async PutCompositeAlarm({ Tags, ...config }, place) {
      const name = config.AlarmName ?? "";
      const { alarms } = stateOf(cloud, place);
      const existing = alarms.get(name);
      if (existing?.kind === "MetricAlarm") throw nameTaken(existing);
      const nowMs = cloud.clock.nowMs();
      const alarm: CompositeAlarmRow = {
        kind: "CompositeAlarm",
        name,
        arn: alarmArn(place, name),
        config,
        configuredAtMs: nowMs,
        state: existing?.state ?? initialState(nowMs),
        // Without a suppressor there is nothing that would ever end the wait.
        suppression: config.ActionsSuppressor === undefined ? undefined : existing?.suppression,
      };
      checkRule(alarm, new Map(alarms.entries()));
      checkSuppressor(config);
      checkActions(config, place);
      cloud.store.transaction(() => {
        alarms.set(name, alarm);
        if (existing === undefined) putTags(cloud, place, alarm.arn, Tags);
        addConfigurationHistory(cloud, place, alarm, existing === undefined ? "Create" : "Update");
        evaluateSaved(cloud, place, alarm, existing === undefined ? "created" : "updated");
      });
      scheduler.arm();
      await cloud.actions.settled();
      return {};
    },
  } satisfies CloudWatchHandlers;
}

/** Source: texts measured on AWS, published with the cdk-preflight rules and in public repositories. */
function checkRule(alarm: CompositeAlarmRow, alarms: ReadonlyMap<string, Alarm>): void {
  const children = alarmsIn(parseRule(alarm.config.AlarmRule ?? ""));
  if (children.includes(alarm.name)) {
    throw validationError(
      "A composite alarm cannot have a child relation with itself via its AlarmRule",
    );
  }
  const unknown = children.filter((child) => !alarms.has(child));
  if (unknown.length > 0) {
    throw validationError(
      `Could not save the composite alarm as alarms [${unknown.join(", ")}] in the alarm rule do not exist`,
    );
  }
  if (hasCycle(new Map(alarms).set(alarm.name, alarm), alarm.name)) {
    // Unverified: the text.
    throw validationError(
      `Could not save the composite alarm as its alarm rule makes a cycle through ${alarm.name}`,
    );
  }
}

const SUPPRESSOR_PERIODS = [
  "ActionsSuppressorWaitPeriod",
  "ActionsSuppressorExtensionPeriod",
] as const;

/** Source: texts measured on AWS, published with the cdk-preflight rules. */
function checkSuppressor(config: CompositeAlarmConfig): void {
  const { ActionsSuppressor: suppressor } = config;
  for (const period of SUPPRESSOR_PERIODS) {
    const isSet = config[period] !== undefined;
    if (suppressor === undefined && isSet) {
      throw validationError(`${period} requires an ActionSuppressor`);
    }
    if (suppressor !== undefined && !isSet) throw validationError(`${period} must not be null`);
  }
  if (suppressor?.startsWith("arn:") && !/^arn:[^:]+:cloudwatch:.*:alarm:./.test(suppressor)) {
    throw validationError(
      "ActionsSuppressor must be a valid CloudWatch Alarm ARN or an Alarm name",
    );
  }
}

function hasCycle(alarms: ReadonlyMap<string, Alarm>, from: string): boolean {
  const seen = new Set<string>();
  const queue = [from];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const alarm = alarms.get(name);
    if (alarm?.kind !== "CompositeAlarm") continue;
    for (const child of childrenOf(alarm)) {
      if (child === from) return true;
      if (!seen.has(child)) queue.push(child);
      seen.add(child);
    }
  }
  return false;
}

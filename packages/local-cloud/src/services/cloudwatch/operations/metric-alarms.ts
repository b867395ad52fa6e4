import type { Cloud, RequestContext } from "../../../service.ts";
import type { AlarmCloud } from "../alarms/actions.ts";
import { addConfigurationHistory } from "../alarms/history.ts";
import type { AlarmScheduler } from "../alarms/scheduler.ts";
import { isSuppressedBy } from "../alarms/suppression.ts";
import { parentsOf, setAlarmState } from "../alarms/transitions.ts";
import { checkMetricAlarm } from "../alarms/validation.ts";
import { alarmNotFound, invalidFormat, validationError } from "../errors.ts";
import type { CloudWatchHandlers } from "../sdk.ts";
import { type Alarm, alarmArn, type MetricAlarmRow, stateOf } from "../state.ts";
import { putTags } from "./tags.ts";

/** Making, changing and deleting alarms; what composite alarms alone have is in their own file. */
export function metricAlarmOperations(cloud: AlarmCloud, scheduler: AlarmScheduler) {
  return {
    PutMetricAlarm({ Tags, ...config }, place) {
      const name = config.AlarmName ?? "";
      checkMetricAlarm(config, { metrics: cloud.metrics, place });
      const { alarms } = stateOf(cloud, place);
      const existing = alarms.get(name);
      if (existing?.kind === "CompositeAlarm") throw nameTaken(existing);
      const nowMs = cloud.clock.nowMs();
      const alarm: MetricAlarmRow = {
        kind: "MetricAlarm",
        name,
        arn: alarmArn(place, name),
        config,
        configuredAtMs: nowMs,
        state: existing?.state ?? initialState(nowMs),
      };
      cloud.store.transaction(() => {
        alarms.set(name, alarm);
        // Tags of a later call are not applied: TagResource changes them.
        if (existing === undefined) putTags(cloud, place, alarm.arn, Tags);
        addConfigurationHistory(cloud, place, alarm, existing === undefined ? "Create" : "Update");
      });
      scheduler.arm();
      return {};
    },

    DeleteAlarms({ AlarmNames = [] }, place) {
      const { alarms, tags } = stateOf(cloud, place);
      const doomed = [...new Set(AlarmNames)].flatMap((name) => alarms.get(name) ?? []);
      checkDeletable([...alarms.values()], doomed);
      cloud.store.transaction(() => {
        for (const alarm of doomed) {
          alarms.delete(alarm.name);
          tags.delete(alarm.arn);
          addConfigurationHistory(cloud, place, alarm, "Delete");
        }
      });
      const { account, region } = place;
      for (const { name: alarmName } of doomed) {
        cloud.bus.publish({ kind: "alarmStateChanged", account, region, alarmName });
      }
      scheduler.arm();
      return {};
    },

    /** Answers when the actions have been taken; on AWS they follow within a moment. */
    async SetAlarmState({ AlarmName = "", StateValue, StateReason = "", StateReasonData }, place) {
      const alarm = stateOf(cloud, place).alarms.get(AlarmName);
      if (alarm === undefined || StateValue === undefined) throw alarmNotFound();
      if (StateReasonData !== undefined && !isJson(StateReasonData)) {
        // Unverified: the text.
        throw invalidFormat("StateReasonData must be a valid JSON string.");
      }
      setAlarmState(cloud, place, alarm, {
        value: StateValue,
        reason: StateReason,
        reasonData: StateReasonData,
      });
      scheduler.arm();
      await cloud.actions.settled();
      return {};
    },

    EnableAlarmActions: ({ AlarmNames = [] }, place) =>
      switchActions(cloud, place, AlarmNames, true),
    DisableAlarmActions: ({ AlarmNames = [] }, place) =>
      switchActions(cloud, place, AlarmNames, false),
  } satisfies CloudWatchHandlers;
}

/** Source: recorded AWS answer (LocalStack snapshot test_describe_minimal_metric_alarm). */
export function initialState(nowMs: number): Alarm["state"] {
  return {
    value: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    updatedAtMs: nowMs,
    transitionedAtMs: nowMs,
  };
}

/** Unverified: the text. */
export function nameTaken(alarm: Alarm): Error {
  const kind = alarm.kind === "MetricAlarm" ? "metric" : "composite";
  return validationError(`The alarm name ${alarm.name} is already in use by a ${kind} alarm.`);
}

/** Names without an alarm are passed over. */
function switchActions(
  cloud: Cloud,
  place: RequestContext,
  names: readonly string[],
  isEnabled: boolean,
): Record<string, never> {
  const { alarms } = stateOf(cloud, place);
  cloud.store.transaction(() => {
    for (const alarm of new Set(names.flatMap((name) => alarms.get(name) ?? []))) {
      const changed = withActions(alarm, isEnabled, cloud.clock.nowMs());
      alarms.set(alarm.name, changed);
      addConfigurationHistory(cloud, place, changed, "Update");
    }
  });
  return {};
}

function withActions(alarm: Alarm, isEnabled: boolean, nowMs: number): Alarm {
  const configuredAtMs = nowMs;
  return alarm.kind === "MetricAlarm"
    ? { ...alarm, configuredAtMs, config: { ...alarm.config, ActionsEnabled: isEnabled } }
    : { ...alarm, configuredAtMs, config: { ...alarm.config, ActionsEnabled: isEnabled } };
}

/** The composite alarms that watch the alarm, or that it suppresses. */
function dependentsOf(alarms: readonly Alarm[], name: string): readonly Alarm[] {
  return [...parentsOf(alarms, name), ...alarms.filter((alarm) => isSuppressedBy(alarm, name))];
}

/** Source: AWS API reference, DeleteAlarms; the first text is quoted in public repositories. */
function checkDeletable(alarms: readonly Alarm[], doomed: readonly Alarm[]): void {
  const gone = new Set(doomed.map(({ name }) => name));
  const needed = doomed
    .map(({ name }) => name)
    .filter((name) => dependentsOf(alarms, name).some((each) => !gone.has(each.name)));
  if (needed.length > 0) {
    const them = needed.length === 1 ? "it" : "them";
    throw validationError(
      `Cannot delete ${needed.join(",")} as there are composite alarm(s) depending on ${them}.`,
    );
  }
  const composites = doomed.filter(({ kind }) => kind === "CompositeAlarm");
  if (composites.length > 1) {
    // Unverified: the text.
    throw validationError("DeleteAlarms can delete at most one composite alarm in one operation.");
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

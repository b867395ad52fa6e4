import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { newEvent } from "../delivery/event.ts";
import type { Router } from "../delivery/router.ts";
import { type RuleRow, ruleKey, SERVICE, stateOf } from "../state.ts";
import { parseSchedule } from "./schedule.ts";

/** Fires the rules that have a schedule, each at its time. What fell due while the cloud was down is left out. */
export interface Scheduler {
  /** After a rule was made, changed or deleted. */
  arm(place: Place, key: string): void;
  /** All stored rules. */
  resume(): void;
  close(): void;
}

export function createScheduler(cloud: Cloud, router: Router): Scheduler {
  const timers = new Map<string, Scheduled>();

  const arm: Scheduler["arm"] = (place, key) => {
    const timerKey = `${place.account}/${place.region}/${key}`;
    timers.get(timerKey)?.cancel();
    timers.delete(timerKey);
    const rule = stateOf(cloud.store, place).rules.get(key);
    const atMs = rule && nextTime(rule, cloud.clock.nowMs());
    if (rule === undefined || atMs === undefined) return;
    const fire = () => {
      const event = newEvent(cloud, place, {
        source: "aws.events",
        detailType: "Scheduled Event",
        atMs,
        resources: [rule.arn],
        detail: {},
      });
      const now = stateOf(cloud.store, place).rules.get(key);
      if (now !== undefined) router.trigger(place, now, event);
      arm(place, key);
    };
    timers.set(timerKey, cloud.clock.schedule(atMs, fire));
  };

  return {
    arm,
    resume() {
      for (const { account, region } of cloud.store.scopes(SERVICE)) {
        for (const { busName, name } of stateOf(cloud.store, { account, region }).rules.values()) {
          arm({ account, region }, ruleKey(busName, name));
        }
      }
    },
    close() {
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    },
  };
}

function nextTime(rule: RuleRow, nowMs: number): number | undefined {
  if (!rule.isEnabled || rule.schedule === undefined) return undefined;
  return parseSchedule(rule.schedule).next(nowMs, rule.scheduledFromMs);
}

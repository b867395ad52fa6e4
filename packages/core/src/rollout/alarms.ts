import type { AlarmReading } from "../contracts/guards.ts";
import type { Guard } from "./guard.ts";
import { isLive } from "./phase.ts";
import type { AlarmWatch, Blocker, Rollout } from "./rollout.ts";
import { change, drop, isOutstanding, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/**
 * Alarms as a guard. One in ALARM turns the rollout back. One that fired before the rollout began and may
 * be ignored is left out until it has been ok once: a hotfix can ship, and is watched from then on. One
 * without data neither promotes nor rolls back: it holds the weight, unless the spec says otherwise.
 */
export const alarmGuard: Guard = {
  failing(rollout) {
    const alarm = rollout.alarms.find(({ state, isIgnored }) => state === "alarm" && !isIgnored);
    if (alarm === undefined) return undefined;
    return {
      cause: { kind: "alarm", name: alarm.name },
      detail: `alarm ${alarm.name} is in ALARM${alarm.reason === "" ? "" : `: ${alarm.reason}`}`,
      evidence: { alarm: alarm.name, state: alarm.state, reason: alarm.reason },
    };
  },

  blockers(rollout, atMs) {
    const { alarms, alarmsUnreadable } = rollout;
    if (rollout.spec.alarms.length === 0) return [];
    if (alarmsUnreadable !== undefined) {
      return [noData("alarms", `the alarms cannot be read: ${alarmsUnreadable}`)];
    }
    if (alarms.length === 0) return [noData("alarms", "the alarms have not been read yet")];
    // Before the canary has traffic, its alarms cannot have data: only the reading itself is asked for.
    const isFirstWeight = rollout.weight === 0;
    return alarms.flatMap((alarm) => blockerOf(rollout, alarm, isFirstWeight, atMs));
  },

  poll(turn) {
    const { rollout, atMs } = turn;
    if (!isWatching(rollout) || isOutstanding(rollout, "readAlarms")) return turn;
    if (atMs < rollout.polls.alarmsAtMs) return turn;
    return issue(turn, { kind: "readAlarms", names: rollout.spec.alarms.map(({ name }) => name) });
  },

  nextPollMs(rollout) {
    if (!isWatching(rollout) || isOutstanding(rollout, "readAlarms")) return Infinity;
    return rollout.polls.alarmsAtMs;
  },
};

/** Takes readings over. Those of an alarm seen for the first time in this attempt classify it. */
export function receiveAlarms(turn: Turn, readings: readonly AlarmReading[]): Turn {
  const { rollout, atMs } = turn;
  const alarms = readings.map((reading) => watchOf(rollout, reading, atMs));
  const scheduled = change(drop(turn, "alarmsUnreadable"), {
    alarms,
    polls: { ...rollout.polls, alarmsAtMs: atMs + rollout.spec.poll.alarms },
  });
  return alarms.reduce((noted, alarm) => noteAlarm(noted, rollout, alarm), scheduled);
}

export function receiveAlarmsUnreadable(turn: Turn, why: string): Turn {
  const { polls, spec, alarmsUnreadable } = turn.rollout;
  const scheduled = change(turn, {
    alarmsUnreadable: why,
    polls: { ...polls, alarmsAtMs: turn.atMs + spec.poll.alarms },
  });
  if (alarmsUnreadable === why) return scheduled;
  return note(scheduled, "trouble", `the alarms cannot be read: ${why}`);
}

function watchOf(rollout: Rollout, reading: AlarmReading, atMs: number): AlarmWatch {
  const { name, reason } = reading;
  const state = reading.state ?? "absent";
  const before = rollout.alarms.find((alarm) => alarm.name === name);
  const mayIgnore = specOf(rollout, name)?.atStart === "ignore";
  const wasIgnored = before === undefined ? mayIgnore && rollout.weight === 0 : before.isIgnored;
  // Silence does not end an old alarm: only OK does.
  const isIgnored = wasIgnored && (before !== undefined || state === "alarm") && state !== "ok";
  return { name, state, reason, readAtMs: atMs, isIgnored };
}

function noteAlarm(turn: Turn, before: Rollout, alarm: AlarmWatch): Turn {
  const earlier = before.alarms.find(({ name }) => name === alarm.name);
  if (earlier?.state === alarm.state) return turn;
  const ignored = alarm.isIgnored ? " already at the start; ignored until it has been ok" : "";
  const text = `alarm ${alarm.name} ${earlier === undefined ? "is" : "went to"} ${WORDS[alarm.state]}${ignored}`;
  return note(turn, "observed", text, { alarm: alarm.name, reason: alarm.reason });
}

function blockerOf(
  rollout: Rollout,
  alarm: AlarmWatch,
  isFirstWeight: boolean,
  atMs: number,
): Blocker[] {
  const freshForMs = 3 * rollout.spec.poll.alarms + 5000;
  if (atMs - alarm.readAtMs > freshForMs) {
    return [noData(`alarm ${alarm.name}`, "its last reading is too old")];
  }
  if (alarm.isIgnored || alarm.state === "ok") return [];
  if (alarm.state === "alarm") {
    return [{ guard: `alarm ${alarm.name}`, says: "fail", detail: alarm.reason }];
  }
  if (alarm.state === "absent") return [noData(`alarm ${alarm.name}`, "there is no such alarm")];
  if (isFirstWeight || specOf(rollout, alarm.name)?.noData === "ignore") return [];
  return [noData(`alarm ${alarm.name}`, "it has no data (INSUFFICIENT_DATA)")];
}

const WORDS = {
  ok: "OK",
  alarm: "ALARM",
  insufficientData: "INSUFFICIENT_DATA",
  absent: "missing: there is no such alarm",
} as const satisfies Record<AlarmWatch["state"], string>;

function isWatching(rollout: Rollout): boolean {
  return isLive(rollout.phase) && rollout.spec.alarms.length > 0;
}

function specOf(rollout: Rollout, name: string) {
  return rollout.spec.alarms.find((alarm) => alarm.name === name);
}

function noData(guard: string, detail: string): Blocker {
  return { guard, says: "noData", detail };
}

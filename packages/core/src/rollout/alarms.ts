import type { AlarmFinding, AlarmLook, AlarmReading } from "../contracts/guards.ts";
import { policyOf } from "../spec/alarm.ts";
import type { WatchedAlarm } from "../spec/alarm.ts";
import { ALL_TRAFFIC } from "../weight.ts";
import { classEvidence, consequenceOf, responseTo } from "./alarm-classes.ts";
import type { AlarmResponse } from "./alarm-classes.ts";
import type { Guard } from "./guard.ts";
import { isLive } from "./phase.ts";
import { tellOfBlindness } from "./notices.ts";
import type { AlarmFound, AlarmWatch, Blocker, Rollout } from "./rollout.ts";
import { change, drop, isOutstanding, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/**
 * Alarms as a guard. One in ALARM turns the rollout back, unless it fired before the rollout began and the
 * specification lets a mending ship: then it is left out until it has been ok (`ignore`), or besides has to
 * be ok before promotion (`mustRecover`). What an alarm cannot tell, because it has no data, watches
 * something else or rests on old data, neither promotes nor rolls back: it holds the weight.
 */
export const alarmGuard: Guard = {
  failing(rollout) {
    const alarm = rollout.alarms.find(isFailing);
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
    return alarms.flatMap((alarm) => blockerOf(rollout, alarm, atMs) ?? []);
  },

  poll(turn) {
    const { rollout, atMs } = turn;
    if (!isWatching(rollout) || isOutstanding(rollout, "readAlarms")) return turn;
    if (atMs < rollout.polls.alarmsAtMs) return turn;
    const classify = lookFor(rollout, atMs);
    return issue(turn, {
      kind: "readAlarms",
      names: rollout.spec.alarms.map(({ name }) => name),
      ...(classify === undefined ? {} : { classify }),
    });
  },

  nextPollMs(rollout) {
    if (!isWatching(rollout) || isOutstanding(rollout, "readAlarms")) return Infinity;
    return rollout.polls.alarmsAtMs;
  },
};

/** Takes readings over. Those of an alarm seen for the first time in this attempt say how it began. */
export function receiveAlarms(turn: Turn, readings: readonly AlarmReading[]): Turn {
  const { rollout, atMs } = turn;
  const alarms = readings.map((reading) => watchOf(rollout, reading, atMs));
  const scheduled = change(drop(turn, "alarmsUnreadable"), {
    alarms,
    polls: { ...rollout.polls, alarmsAtMs: atMs + rollout.spec.poll.alarms },
  });
  return alarms.reduce(
    (noted, alarm, index) => noteAlarm(noted, rollout, alarm, readings[index]?.finding),
    scheduled,
  );
}

export function receiveAlarmsUnreadable(turn: Turn, why: string): Turn {
  const { polls, spec, alarmsUnreadable } = turn.rollout;
  const scheduled = change(turn, {
    alarmsUnreadable: why,
    polls: { ...polls, alarmsAtMs: turn.atMs + spec.poll.alarms },
  });
  if (alarmsUnreadable === why) return scheduled;
  const text = `the alarms cannot be read: ${why}`;
  return tellOfBlindness(note(scheduled, "trouble", text), text, why);
}

/** How often an alarm that holds the weight is looked at anew: it may have data by now, or be mended. */
const CLASSIFY_AGAIN_MS = 60_000;

/** Which alarms are to be classified with the next reading; undefined when none. */
function lookFor(rollout: Rollout, atMs: number): AlarmLook | undefined {
  const { spec, versions, route } = rollout;
  const due = spec.alarms.filter((alarm) => isDue(rollout, alarm, atMs));
  if (due.length === 0) return undefined;
  return {
    names: due.map(({ name }) => name),
    stable: versions?.stable ?? route.stable,
    ...(versions === undefined ? {} : { canary: versions.canary }),
  };
}

/** At the start, again when the canary's version is known, and while it holds the weight. */
function isDue(rollout: Rollout, alarm: WatchedAlarm, atMs: number): boolean {
  const watch = rollout.alarms.find(({ name }) => name === alarm.name);
  const found = watch?.found;
  // A rollout that was under way before there were classes ends as it began.
  if (found === undefined) return rollout.weight === 0;
  if (found.canary !== rollout.versions?.canary) return true;
  if (found.class === "ok" || found.class === "alarm") return false;
  if (responseTo(policyOf(alarm), found.class) === "ignore") return false;
  return watch?.state !== found.state || atMs >= found.atMs + CLASSIFY_AGAIN_MS;
}

function watchOf(rollout: Rollout, reading: AlarmReading, atMs: number): AlarmWatch {
  const { name, reason, finding } = reading;
  const state = reading.state ?? "absent";
  const before = rollout.alarms.find((alarm) => alarm.name === name);
  const found = finding === undefined ? before?.found : foundOf(finding, state, atMs);
  const isAtStart = before === undefined && rollout.weight === 0;
  const response = responseTo(policyOf(specOf(rollout, name)), "alarm");
  // Silence does not end an old alarm: only OK does.
  const isOld = (was: boolean | undefined, wanted: AlarmResponse) =>
    state !== "ok" && (isAtStart ? state === "alarm" && response === wanted : was === true);
  return {
    name,
    state,
    reason,
    readAtMs: atMs,
    isIgnored: isOld(before?.isIgnored, "ignore"),
    ...(isOld(before?.isRecovering, "mustRecover") ? { isRecovering: true } : {}),
    ...(found === undefined ? {} : { found }),
  };
}

function foundOf(finding: AlarmFinding, state: AlarmWatch["state"], atMs: number): AlarmFound {
  const { class: found, detail, canary } = finding;
  return { class: found, detail, atMs, state, ...(canary === undefined ? {} : { canary }) };
}

function noteAlarm(
  turn: Turn,
  before: Rollout,
  alarm: AlarmWatch,
  finding: AlarmFinding | undefined,
): Turn {
  const spec = specOf(before, alarm.name);
  const earlier = before.alarms.find(({ name }) => name === alarm.name);
  const isNews = finding !== undefined && finding.class !== earlier?.found?.class;
  const evidence = isNews ? classEvidence(spec, finding) : { alarm: alarm.name };
  // A failing alarm turns the rollout back, which says enough; that one is ok needs no more words either.
  if (isNews && finding.class !== "ok" && !isFailing(alarm)) {
    const consequence = consequenceOf(spec, finding.class, true);
    const also =
      finding.class !== "alarm" && isOldAlarm(alarm)
        ? `; in ALARM already: ${consequenceOf(spec, "alarm", true)}`
        : "";
    const text = `alarm ${alarm.name}: ${finding.detail}: ${consequence}${also}`;
    return note(turn, "observed", text, { ...evidence, state: alarm.state });
  }
  if (earlier?.state === alarm.state && !isNews) return turn;
  const verb = earlier === undefined || earlier.state === alarm.state ? "is" : "went to";
  const text = `alarm ${alarm.name} ${verb} ${WORDS[alarm.state]}${endOf(earlier, alarm, spec)}`;
  return note(turn, "observed", text, { ...evidence, state: alarm.state, says: alarm.reason });
}

/** What the reading means for an alarm that fired at the start. */
function endOf(earlier: AlarmWatch | undefined, alarm: AlarmWatch, spec: WatchedAlarm): string {
  if (isOldAlarm(alarm)) {
    return `${earlier === undefined ? " already" : ""}: ${consequenceOf(spec, "alarm", true)}`;
  }
  return earlier !== undefined && isOldAlarm(earlier) ? ": watched from now on" : "";
}

function blockerOf(rollout: Rollout, alarm: AlarmWatch, atMs: number): Blocker | undefined {
  const guard = `alarm ${alarm.name}`;
  const freshForMs = 3 * rollout.spec.poll.alarms + 5000;
  if (atMs - alarm.readAtMs > freshForMs) return noData(guard, "its last reading is too old");
  if (alarm.state === "absent") return noData(guard, "there is no such alarm");
  if (isFailing(alarm)) return { guard, says: "fail", detail: alarm.reason };
  if (alarm.isRecovering === true && isLastRise(rollout)) return notRecovered(guard, alarm);
  const policy = policyOf(specOf(rollout, alarm.name));
  // Before the canary has traffic its alarms cannot have data: what is only held begins all the same.
  const isHeld = (response: AlarmResponse) =>
    response === "block" || (response === "hold" && rollout.weight > 0);
  if (alarm.state === "insufficientData" && !isOldAlarm(alarm) && isHeld(policy.noData)) {
    return noData(guard, "it has no data (INSUFFICIENT_DATA)");
  }
  const { found } = alarm;
  if (found === undefined || found.class === "ok" || found.class === "alarm") return undefined;
  return isHeld(responseTo(policy, found.class)) ? noData(guard, found.detail) : undefined;
}

/** While it fires not even a person's order promotes; its silence alone can be set aside. */
function notRecovered(guard: string, { state, reason }: AlarmWatch): Blocker {
  const before = "it fired before the start and must be OK before promotion";
  if (state === "alarm") return { guard, says: "fail", detail: `${before}: ${reason}` };
  return noData(guard, `${before}; it has no data now`);
}

/** Whether what the plan wants next gives the canary all traffic, or ends its bake. */
function isLastRise({ plan, step }: Rollout): boolean {
  const next = plan[step.index];
  if (next?.kind === "setWeight") return next.weight >= ALL_TRAFFIC;
  return next?.kind !== "ramp" || next.maxWeight >= ALL_TRAFFIC;
}

function isFailing(alarm: AlarmWatch): boolean {
  return alarm.state === "alarm" && !isOldAlarm(alarm);
}

/** One that fired before the rollout began, is known to, and has not been ok since. */
function isOldAlarm({ isIgnored, isRecovering }: AlarmWatch): boolean {
  return isIgnored || isRecovering === true;
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

function specOf(rollout: Rollout, name: string): WatchedAlarm {
  const found = rollout.spec.alarms.find((alarm) => alarm.name === name);
  return found ?? { name, atStart: "block" };
}

function noData(guard: string, detail: string): Blocker {
  return { guard, says: "noData", detail };
}

import { formatWeight } from "../weight.ts";
import { isShift } from "./command.ts";
import type { Json } from "./json.ts";
import { endHold, tell } from "./notices.ts";
import type { AbortCause, Abandoned, Rollout, RolloutOutcome } from "./rollout.ts";
import { formatRoute, isOurs, isRestored } from "./route.ts";
import { freeze } from "./pausing.ts";
import { change, drop, enterPhase, isOutstanding, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** When an abort has taken this long, people are told. It goes on trying all the same. */
const DEGRADED_AFTER_MS = 120_000;

/** How long an abort waits for the outcome of a preparation, only to clean up after it. */
const PREPARE_GRACE_MS = 30_000;

/** An abandoned change without a known outcome may still be on its way for this long. */
const SETTLE_MS = 2000;

/**
 * Turns back: everything under way is dropped, and stable gets all traffic in the same turn. A shift that
 * was already sent may still land after the restore, so it is remembered until it has ended. After a hook that cannot
 * be undone only a person turns back: everything else freezes the split as it is.
 */
export function beginAbort(
  turn: Turn,
  cause: AbortCause,
  detail: string,
  evidence: { readonly [key: string]: Json } = {},
): Turn {
  if (turn.rollout.irreversible !== undefined && cause.kind !== "person") {
    return freeze(turn, turn.rollout.irreversible, cause, detail, evidence);
  }
  const { rollout, atMs } = turn;
  const before = formatWeight(rollout.weight);
  const cleared = change(endHold(drop(drop(turn, "pause"), "alarmsUnreadable")), {
    outstanding: rollout.outstanding.filter(({ command }) => command.kind === "notify"),
    abandoned: abandonedFrom(rollout, atMs),
    heldBy: [],
    abort: {
      cause,
      detail,
      sinceMs: atMs,
      degradedAtMs: atMs + DEGRADED_AFTER_MS,
      isRestored: rollout.versions === undefined,
      isLeft: false,
    },
  });
  const noted = note(enterPhase(cleared, "aborting"), "aborting", `turning back: ${detail}`, {
    cause: cause.kind,
    ...("name" in cause ? { name: cause.name } : {}),
    ...("actor" in cause ? { actor: cause.actor } : {}),
    weightBefore: before,
    ...evidence,
  });
  return tell(
    restore(noted),
    "turningBack",
    `turning back: ${detail}. The canary had ${before} of the traffic.`,
    detail,
  );
}

/** Aborting and degraded: waits until stable is read back with all traffic and nothing is under way. */
export function continueAbort(turn: Turn): Turn {
  const at = expire(turn);
  const { rollout, atMs } = at;
  const { abort } = rollout;
  if (abort === undefined || rollout.finished !== undefined) return at;
  if (abort.isLeft) {
    const isToldOf = rollout.outstanding.length === 0;
    return isToldOf ? change(at, { finished: { outcome: "degraded", atMs } }) : at;
  }
  const isLooking = isOutstanding(rollout, "restore", "readRoute");
  if (abort.isRestored && rollout.abandoned.length === 0 && !isLooking) {
    return endAbort(at, abort.detail);
  }
  if (atMs >= abort.degradedAtMs && rollout.phase === "aborting") {
    const text = `not back on stable after ${(atMs - abort.sinceMs) / 1000} s; still trying`;
    return tell(note(enterPhase(at, "degraded"), "degraded", text), "degraded", text, abort.detail);
  }
  return at;
}

/** Judges a route read while turning back. */
export function receiveRouteWhileAborting(turn: Turn): Turn {
  const { rollout } = turn;
  const { abort, route } = rollout;
  if (abort === undefined) return turn;
  if (isRestored(rollout, route)) return change(turn, { abort: { ...abort, isRestored: true } });
  const unsure = change(turn, { abort: { ...abort, isRestored: false } });
  if (!isOurs(rollout, route)) return leaveForeignRoute(turn);
  return isOutstanding(rollout, "restore") ? unsure : restore(unsure);
}

/** The outcome of a shift that was abandoned is known: the route has to be looked at once more. */
export function receiveAbandoned(turn: Turn, id: string, isDefinite: boolean): Turn {
  const entry = turn.rollout.abandoned.find((one) => one.id === id);
  if (entry === undefined) return turn;
  if (!isDefinite && isShift(entry.kind)) {
    const waiting = { ...entry, untilMs: Math.min(entry.untilMs, turn.atMs + SETTLE_MS) };
    const abandoned = turn.rollout.abandoned.map((one) => (one === entry ? waiting : one));
    return change(turn, { abandoned });
  }
  return ended(turn, [entry]);
}

/** Tries again what a person or time asks to be tried again. */
export function restoreAgain(turn: Turn): Turn {
  const { abort } = turn.rollout;
  if (abort === undefined) return turn;
  const again = change(drop(turn, "finished"), {
    abort: {
      ...abort,
      isRestored: false,
      isLeft: false,
      degradedAtMs: turn.atMs + DEGRADED_AFTER_MS,
    },
  });
  return isOutstanding(turn.rollout, "restore", "readRoute") ? again : lookAtRoute(again);
}

export function lookAtRoute(turn: Turn): Turn {
  return isOutstanding(turn.rollout, "readRoute") ? turn : issue(turn, { kind: "readRoute" });
}

function restore(turn: Turn): Turn {
  const { versions, route } = turn.rollout;
  if (versions === undefined) return turn;
  const { stable, canary } = versions;
  return issue(turn, { kind: "restore", change: { stable, canary, token: route.token } });
}

function abandonedFrom(rollout: Rollout, atMs: number): readonly Abandoned[] {
  const now = rollout.outstanding
    .filter(({ command }) => isShift(command.kind) || command.kind === "prepare")
    .map(({ command, runAtMs, attempt, waits }): Abandoned => {
      // A retry that has not begun has nothing under way but what its last attempt left behind.
      const isWaiting = runAtMs > atMs && (attempt > 1 || waits !== undefined);
      const longestMs = isShift(command.kind) ? command.timeoutMs : PREPARE_GRACE_MS;
      const untilMs = isWaiting ? atMs + SETTLE_MS : runAtMs + longestMs;
      return { id: command.id, kind: command.kind, untilMs: Math.max(untilMs, atMs) };
    });
  return [...rollout.abandoned, ...now];
}

function expire(turn: Turn): Turn {
  const { abandoned } = turn.rollout;
  const over = abandoned.filter(({ untilMs }) => untilMs <= turn.atMs);
  return over.length === 0 ? turn : ended(turn, over);
}

function ended(turn: Turn, entries: readonly Abandoned[]): Turn {
  const { abandoned, abort } = turn.rollout;
  const rest = change(turn, { abandoned: abandoned.filter((one) => !entries.includes(one)) });
  if (abort === undefined || !entries.some(({ kind }) => isShift(kind))) return rest;
  return lookAtRoute(change(rest, { abort: { ...abort, isRestored: false } }));
}

/** Somebody else's versions are live. Ours get nothing, and theirs are not overwritten. */
function leaveForeignRoute(turn: Turn): Turn {
  const { rollout } = turn;
  const { abort } = rollout;
  if (abort === undefined) return turn;
  const text = `the route was changed elsewhere to ${formatRoute(rollout.route)}; it is left as it is`;
  const evidence = { found: formatRoute(rollout.route), token: rollout.route.token };
  const left = change(enterPhase(turn, "degraded"), {
    abort: { ...abort, isRestored: false, isLeft: true },
    outstanding: rollout.outstanding.filter(({ command }) => command.kind === "notify"),
    abandoned: [],
  });
  return tell(note(left, "degraded", text, evidence), "degraded", text);
}

function endAbort(turn: Turn, detail: string): Turn {
  const { versions, route } = turn.rollout;
  const ended = enterPhase(change(turn, { setWeight: turn.rollout.weight }), "aborted");
  const text = `back on ${formatRoute(route)}`;
  const told = tell(note(ended, "aborted", text), "aborted", `${text}: ${detail}`, detail);
  if (versions === undefined) return told;
  const { stable, canary } = versions;
  return issue(told, { kind: "cleanUp", versions: { stable, canary, live: stable } });
}

export function outcomeOfAbort(cause: AbortCause): RolloutOutcome {
  switch (cause.kind) {
    case "alarm":
    case "check":
    case "comparison":
    case "hook":
    case "release":
      return "rolledBack";
    case "approval":
    case "deadline":
      return "timedOut";
    case "person":
      return "abortedByPerson";
    case "platform":
      return "failed";
    default:
      return cause satisfies never;
  }
}

import type { LiveRoute, Prepared } from "../contracts/traffic-driver.ts";
import { ERRORS } from "../errors.ts";
import { NO_TRAFFIC } from "../weight.ts";
import {
  beginAbort,
  lookAtRoute,
  receiveAbandoned,
  receiveRouteWhileAborting,
} from "./aborting.ts";
import { receiveAlarmsUnreadable } from "./alarms.ts";
import { receiveMeasurementError } from "./checks.ts";
import { receiveBakeUnreadable } from "./bake-report.ts";
import { receiveBaselineUnreadable } from "./comparison-baseline.ts";
import { receiveCountsUnreadable } from "./comparison.ts";
import { changesRoute, isShift, RETRY, retryDelayMs } from "./command.ts";
import type { RolloutEvent } from "./event.ts";
import { pauseForChangedRoute, pauseToReread } from "./changed-elsewhere.ts";
import { followEnd, turnBackFor } from "./course.ts";
import type { Outstanding } from "./rollout.ts";
import { tell } from "./notices.ts";
import { notePassed, waitForHook } from "./platform-hooks.ts";
import { adopt, canaryShare, isOurs, isPromoted, isRestored } from "./route.ts";
import { finishStep, isBeforeTraffic } from "./step-course.ts";
import { change, enterPhase, note, outstandingOf, settle } from "./turn.ts";
import type { Turn } from "./turn.ts";

type Failed = RolloutEvent & { readonly kind: "commandFailed" };

export function receivePrepared(turn: Turn, prepared: Prepared): Turn {
  const { stable, canary, published, token } = prepared;
  const known = change(turn, {
    versions: { stable, canary, published },
    route: { stable, weight: NO_TRAFFIC, token },
    routeReadAtMs: turn.atMs,
  });
  const text = `version ${canary} is ready, version ${stable} serves`;
  const ready = note(known, "progress", text, { stable, canary, published });
  const warned = (prepared.warnings ?? []).reduce(
    (noted, { check, detail }) => note(noted, "observed", `${check}: ${detail}`),
    ready,
  );
  return prepared.ended === undefined ? warned : turnBackFor(warned, prepared.ended);
}

/** A change of the route came back with the route as it reads now: only that counts. */
export function receiveRouteSet(turn: Turn, entry: Outstanding, route: LiveRoute): Turn {
  const { rollout } = turn;
  const { command } = entry;
  const adopted = adopt(turn, route);
  if (command.kind === "restore") {
    if (isRestored(rollout, route) || !isOurs(rollout, route)) {
      return receiveRouteWhileAborting(settle(adopted, command.id));
    }
    return tryAgain(adopted, entry, "the canary still has traffic when read back", 0.5);
  }
  const ended = followEnd(settle(adopted, command.id), route);
  if (ended !== undefined) return ended;
  const isDone =
    command.kind === "setWeight"
      ? canaryShare(rollout, route) === command.change.weight
      : isPromoted(rollout, route);
  if (isDone) return notePassed(settle(adopted, command.id), rollout.route);
  if (isOurs(rollout, route)) {
    const waiting = waitForHook(adopted, rollout.route, entry, route);
    if (waiting !== undefined) return waiting;
    return retryOrGiveUp(adopted, entry, "the change is not there when read back", 0.5);
  }
  return pauseForChangedRoute(settle(adopted, command.id), rollout.route, route);
}

export function receiveHook(turn: Turn, event: RolloutEvent & { kind: "hookFinished" }): Turn {
  const { verdict, detail } = event.outcome;
  const step = turn.rollout.plan[turn.rollout.step.index];
  if (step?.kind !== "hook") return turn;
  if (verdict === "pass") {
    const text = `hook ${step.hook} passed: ${detail}`;
    return finishStep(tell(note(turn, "progress", text), "step", text, detail));
  }
  const what = verdict === "fail" ? "failed" : "could not be asked";
  const isBarred = isBeforeTraffic(step) && turn.rollout.irreversible === undefined;
  const barred = isBarred ? change(turn, { barredBy: step.hook }) : turn;
  const evidence = { hook: step.hook, verdict, detail };
  const cause = { kind: "hook", name: step.hook } as const;
  return beginAbort(barred, cause, `hook ${step.hook} ${what}: ${detail}`, evidence);
}

export function receiveFailure(turn: Turn, event: Failed): Turn {
  const entry = outstandingOf(turn.rollout, event.commandId);
  if (entry === undefined) {
    return receiveAbandoned(turn, event.commandId, isDefinite(event));
  }
  const { command } = entry;
  const settled = settle(turn, command.id);
  switch (command.kind) {
    case "measure":
      return receiveMeasurementError(settled, command.check, command.window, event.message);
    case "readAlarms":
      return receiveAlarmsUnreadable(settled, event.message);
    case "readTraffic":
      return later(settled, "trafficAtMs", turn.rollout.spec.poll.traffic);
    case "readBaseline":
      return receiveBaselineUnreadable(settled, event.message);
    case "count":
      return receiveCountsUnreadable(settled, event.message);
    case "compareBake":
      return receiveBakeUnreadable(settled, event.message);
    case "readRoute":
      if (turn.rollout.abort !== undefined)
        return tryAgain(turn, entry, event.message, event.jitter);
      return later(settled, "routeAtMs", turn.rollout.spec.poll.route);
    case "setWeight":
    case "promote":
      if (event.code === "ROUTE_CHANGED_ELSEWHERE") return pauseToReread(settled, event.message);
      break;
    case "restore":
      return restoreFailed(turn, entry, event);
    case "prepare":
    case "runHook":
    case "cleanUp":
    case "notify":
      break;
    default:
      return command satisfies never;
  }
  if (ERRORS[event.code].retry === "never") return giveUp(turn, entry, event.message, event);
  return retryOrGiveUp(turn, entry, event.message, event.jitter, event);
}

/** Whether the attempt is known to have ended; one that nobody heard of again may still be running. */
function isDefinite({ code }: Failed): boolean {
  return code !== "TIMED_OUT" && code !== "AWS_UNREACHABLE";
}

/** The way back is never given up; but when waiting cannot help, people are told at once. */
function restoreFailed(turn: Turn, entry: Outstanding, event: Failed): Turn {
  // Somebody else's versions may be live. Reading the route says whether they are, and what to do.
  if (event.code === "ROUTE_CHANGED_ELSEWHERE") return lookAtRoute(settle(turn, entry.command.id));
  const again = tryAgain(turn, entry, event.message, event.jitter);
  if (ERRORS[event.code].retry !== "never" || turn.rollout.phase !== "aborting") return again;
  const evidence = { code: event.code, hint: event.hint };
  const text = `cannot turn back: ${event.message}; still trying`;
  return tell(
    note(enterPhase(again, "degraded"), "degraded", text, evidence),
    "degraded",
    text,
    event.message,
  );
}

function retryOrGiveUp(
  turn: Turn,
  entry: Outstanding,
  why: string,
  jitter: number,
  event?: Failed,
): Turn {
  const { attempts } = RETRY[entry.command.kind];
  if (entry.attempt >= attempts) return giveUp(turn, entry, why, event);
  return tryAgain(turn, entry, why, jitter);
}

/** Once may be chance, and twice; people are told of the third, and of no later one. */
const TOLD_AT_ATTEMPT = 3;

function tryAgain(turn: Turn, entry: Outstanding, why: string, jitter: number): Turn {
  const { kind, id } = entry.command;
  const rule = changesRoute(kind) && !isShift(kind) ? RETRY.restore : RETRY[kind];
  const usable = rule.firstDelayMs > 0 ? rule : RETRY.restore;
  const delayMs = retryDelayMs(usable, Math.min(entry.attempt, 20), jitter);
  const next = { ...entry, attempt: entry.attempt + 1, runAtMs: turn.atMs + delayMs };
  const outstanding = turn.rollout.outstanding.map((one) => (one.command.id === id ? next : one));
  const text = `${kind} did not succeed (attempt ${entry.attempt}): ${why}; again in ${delayMs} ms`;
  const noted = note(change(turn, { outstanding }), "trouble", text);
  const isTold = entry.attempt === TOLD_AT_ATTEMPT && kind !== "notify";
  return isTold ? tell(noted, "trouble", text, why) : noted;
}

function giveUp(turn: Turn, entry: Outstanding, why: string, event?: Failed): Turn {
  const { command } = entry;
  const evidence = {
    command: command.kind,
    attempts: entry.attempt,
    ...(event === undefined ? {} : { code: event.code, hint: event.hint }),
  };
  const settled = settle(turn, command.id);
  if (command.kind === "cleanUp" || command.kind === "notify") {
    const text = `${command.kind} was given up: ${why}`;
    const noted = note(settled, "trouble", text, evidence);
    // Of a receiver that cannot be told, nobody is told: that could go on for ever.
    return command.kind === "notify" ? noted : tell(noted, "trouble", text, why);
  }
  if (command.kind === "runHook") {
    const outcome = { verdict: "error", detail: why } as const;
    const { atMs } = turn;
    return receiveHook(settled, { kind: "hookFinished", commandId: command.id, atMs, outcome });
  }
  // What may still be under way is left outstanding for the abort to abandon: a shift may yet land.
  const hasEnded = !isShift(command.kind) && event !== undefined && isDefinite(event);
  // A rollout that must not turn back has nothing to abandon it by: what may yet land is seen in the route.
  const isForgotten = hasEnded || turn.rollout.irreversible !== undefined;
  return beginAbort(
    isForgotten ? settled : turn,
    { kind: "platform" },
    `${command.kind} failed: ${why}`,
    evidence,
  );
}

function later(turn: Turn, poll: "routeAtMs" | "trafficAtMs", intervalMs: number): Turn {
  return change(turn, { polls: { ...turn.rollout.polls, [poll]: turn.atMs + intervalMs } });
}

import { invariant } from "../errors.ts";
import { beginAbort, continueAbort, outcomeOfAbort, receiveAbandoned } from "./aborting.ts";
import { receiveAlarms } from "./alarms.ts";
import { enforced, evidenceOf, receiveMeasurement } from "./checks.ts";
import { receiveBake } from "./bake-report.ts";
import { receiveBaseline } from "./comparison-baseline.ts";
import { keepSpans, receiveCounts } from "./comparison.ts";
import type { Step } from "../plan/plan.ts";
import type { Command } from "./command.ts";
import { stopInTime } from "./course.ts";
import type { RolloutEvent } from "./event.ts";
import { failingGuard, pollGuards } from "./guard.ts";
import { assertInvariants } from "./invariants.ts";
import type { Note } from "./note.ts";
import { pollRouteAndTraffic, receiveRoute, receiveTraffic } from "./observations.ts";
import { receiveRequest } from "./operators.ts";
import { receiveFailure, receiveHook, receivePrepared, receiveRouteSet } from "./outcomes.ts";
import { goOn, pauseRollout } from "./pausing.ts";
import { platformHooksMs } from "./platform-hooks.ts";
import { tell } from "./notices.ts";
import type { Rollout } from "./rollout.ts";
import { formatRoute } from "./route.ts";
import { finishStep, goToStep, phaseOf } from "./step-course.ts";
import { passRelease, runStep } from "./steps.ts";
import { change, enterPhase, isOutstanding, issue, note, outstandingOf, settle } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { assertTransition } from "./transitions.ts";

export interface Decision {
  readonly next: Rollout;
  /** The commands that are new in `next.outstanding`. */
  readonly commands: readonly Command[];
  readonly notes: readonly Note[];
}

/** No plan is so long that one event passes more stations than this: more would be a circle. */
const MOST_STATIONS = 1000;

/**
 * State and event in, next state and commands out. Pure: no clock, no chance, no I/O; the same input gives
 * the same output. `next` is `rollout` itself when nothing changes.
 * @throws {InvariantError} when a rule of SPEC.md would be broken: our bug, and nothing must be acted on.
 */
export function decide(rollout: Rollout, event: RolloutEvent): Decision {
  // A clock that jumps back must not make time run backwards (I12).
  const atMs = Math.max(event.atMs, rollout.updatedAtMs);
  const received = receive({ rollout, atMs, notes: [] }, event);
  const turn = keepSpans(pollRouteAndTraffic(pollGuards(proceed(received))));
  if (turn.rollout === rollout) return { next: rollout, commands: [], notes: turn.notes };
  const next = { ...turn.rollout, updatedAtMs: atMs };
  const known = new Set(rollout.outstanding.map(({ command }) => command.id));
  const commands = next.outstanding
    .map(({ command }) => command)
    .filter(({ id }) => !known.has(id));
  assertTransition(rollout.phase, event.kind, next.phase);
  assertInvariants(rollout, event, { next, commands, notes: turn.notes });
  return { next, commands, notes: turn.notes };
}

/** Takes the event's own news over. What follows from it is decided in `proceed`. */
function receive(turn: Turn, event: RolloutEvent): Turn {
  if (event.kind === "tick") return turn;
  if ("actor" in event) return receiveRequest(turn, event);
  if (event.kind === "commandFailed") return receiveFailure(turn, event);
  const entry = outstandingOf(turn.rollout, event.commandId);
  if (entry === undefined) return receiveLate(turn, event);
  const settled = settle(turn, event.commandId);
  switch (event.kind) {
    case "prepared":
      return receivePrepared(settled, event.prepared);
    case "routeSet":
      return receiveRouteSet(turn, entry, event.route);
    case "routeRead":
      return receiveRoute(settled, event.route);
    case "alarmsRead":
      return receiveAlarms(settled, event.readings);
    case "measured":
      invariant(entry.command.kind === "measure", "I6: a measurement that nobody asked for");
      return receiveMeasurement(settled, entry.command.check, entry.command.window, event.reading);
    case "trafficRead":
      return receiveTraffic(settled, event);
    case "baselineRead":
      return receiveBaseline(settled, event.baseline, event.recent);
    case "counted":
      return receiveCounts(settled, event);
    case "bakeCompared":
      return receiveBake(settled, event.bake);
    case "hookFinished":
      return receiveHook(settled, event);
    case "cleanedUp":
    case "notified":
      return settled;
    default:
      return event satisfies never;
  }
}

/** An answer nobody waits for any more counts only when it tells that an abandoned change has ended. */
function receiveLate(turn: Turn, event: Extract<RolloutEvent, { commandId: string }>): Turn {
  const isAbandoned = turn.rollout.abandoned.some(({ id }) => id === event.commandId);
  if (!isAbandoned) return turn;
  const known =
    event.kind === "prepared" && turn.rollout.versions === undefined
      ? receivePrepared(turn, event.prepared)
      : turn;
  return receiveAbandoned(known, event.commandId, true);
}

/** Goes on as far as it can: one station after the other, until there is nothing to do but wait. */
function proceed(turn: Turn): Turn {
  let current = turn;
  for (let station = 0; station < MOST_STATIONS; station++) {
    const next = goStation(current);
    if (next.rollout === current.rollout) return next;
    current = next;
  }
  invariant(false, `I9: no rest after ${MOST_STATIONS} stations in phase ${current.rollout.phase}`);
}

function goStation(turn: Turn): Turn {
  const { phase } = turn.rollout;
  switch (phase) {
    case "pending":
      return begin(turn);
    case "preparing":
    case "progressing":
    case "baking":
    case "promoting":
      return passRelease(turn) ?? stop(turn) ?? pauseIfInconclusive(turn) ?? stepOn(turn);
    case "paused":
      return stop(turn) ?? endApproval(turn) ?? turn;
    case "aborting":
    case "degraded":
      return continueAbort(turn);
    case "healthy":
    case "aborted":
      return finish(turn);
    default:
      return phase satisfies never;
  }
}

function begin(turn: Turn): Turn {
  const { attempt, route, actor, reason } = turn.rollout;
  return tell(
    enterPhase(turn, "preparing"),
    "started",
    `attempt ${attempt}, begun by ${actor}: preparing the canary, ${formatRoute(route)}`,
    reason === undefined || reason === "" ? `begun by ${actor}` : reason,
  );
}

/** Hooks before installation come first; the rest of the plan begins once the canary is ready. */
function stepOn(turn: Turn): Turn {
  const { versions, phase, plan, step } = turn.rollout;
  const first = plan[step.index];
  if (versions === undefined) {
    return isBeforeInstall(first) ? runStep(turn) : prepare(turn);
  }
  const isReady = phase === "preparing" && first !== undefined && phaseOf(first) !== "preparing";
  return isReady ? goToStep(turn, step.index) : runStep(turn);
}

/** CodeDeploy's own installation is part of the preparation. */
function isBeforeInstall(step: Step | undefined): boolean {
  return step?.kind === "hook" && step.when === "beforeInstall" && step.askedBy === undefined;
}

function prepare(turn: Turn): Turn {
  if (isOutstanding(turn.rollout, "prepare")) return turn;
  const hooksMs = platformHooksMs(turn.rollout.plan);
  return issue(note(turn, "progress", "preparing the canary"), {
    kind: "prepare",
    ...(hooksMs === 0 ? {} : { hooksMs }),
  });
}

/** What ends a rollout that is under way: a guard that fails, or its deadline. */
function stop(turn: Turn): Turn | undefined {
  const { rollout, atMs } = turn;
  const alert = failingGuard(rollout);
  if (alert !== undefined) return beginAbort(turn, alert.cause, alert.detail, alert.evidence);
  if (atMs < rollout.deadlineAtMs) return stopInTime(turn);
  const waiting = rollout.heldBy.map(({ guard, detail }) => `${guard}: ${detail}`);
  const detail = ["the rollout's deadline has passed", ...waiting].join("; ");
  return beginAbort(turn, { kind: "deadline" }, detail);
}

/** A check that cannot tell makes people decide, unless one has decided already. */
function pauseIfInconclusive(turn: Turn): Turn | undefined {
  const { rollout } = turn;
  const { phase } = rollout;
  if (rollout.forcedBy !== undefined || (phase !== "progressing" && phase !== "baking")) {
    return undefined;
  }
  const run = enforced(rollout).find(({ status }) => status === "inconclusive");
  if (run === undefined) return undefined;
  const detail = `check ${run.name} is inconclusive: ${run.recent.at(-1)?.detail ?? ""}`;
  const pause = { why: "inconclusive", check: run.name } as const;
  return pauseRollout(turn, phase, pause, detail, evidenceOf(rollout, run));
}

function endApproval(turn: Turn): Turn | undefined {
  const { pause, plan, step } = turn.rollout;
  if (pause?.why !== "approval" || turn.atMs < pause.deadlineAtMs) return undefined;
  const approval = plan[step.index];
  if (approval?.kind === "approval" && approval.atDeadline === "promote") {
    return goOn(
      finishStep(turn),
      pause.from,
      "nobody answered in time: going on, as the spec says",
    );
  }
  const detail = `nobody approved in time: ${pause.detail}`;
  return beginAbort(turn, { kind: "approval" }, detail);
}

/** Healthy and aborted: over when nothing is outstanding any more. */
function finish(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  if (rollout.finished !== undefined || rollout.outstanding.length > 0) return turn;
  const outcome = rollout.abort === undefined ? "promoted" : outcomeOfAbort(rollout.abort.cause);
  return change(turn, { finished: { outcome, atMs } });
}

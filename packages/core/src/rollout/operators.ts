import type { OperatorEvent } from "./event.ts";
import { beginAbort, restoreAgain } from "./aborting.ts";
import { rereadToAdopt } from "./observations.ts";
import { COMPARISON, freeze, goOn, pauseRollout } from "./pausing.ts";
import { isLive } from "./phase.ts";
import { freshAttempt } from "./rollout.ts";
import type { Rollout } from "./rollout.ts";
import { unprovedText, waive } from "./proving.ts";
import { finishStep, goToStep } from "./step-course.ts";
import { tell } from "./notices.ts";
import { change, drop, enterPhase, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** What people ask for. What cannot be done now is refused with the reason, and changes nothing. */
export function receiveRequest(turn: Turn, event: OperatorEvent): Turn {
  switch (event.kind) {
    case "pauseRequested":
      return pause(turn, event);
    case "resumeRequested":
      return resume(turn, event);
    case "promoteRequested":
      return event.full ? promoteFully(turn, event) : skipStep(turn, event);
    case "abortRequested":
      return abort(turn, event);
    case "barrierOpened":
      return openBarrier(turn, event);
    case "retryRequested":
      return retry(turn, event);
    default:
      return event satisfies never;
  }
}

function by(event: OperatorEvent): string {
  return event.reason === "" ? `by ${event.actor}` : `by ${event.actor}: ${event.reason}`;
}

function resumed(turn: Turn, text: string): Turn {
  return tell(note(turn, "resumed", text), "resumed", text);
}

/** Who and why, for the journal. */
function evidenceOf({ actor, reason }: OperatorEvent) {
  return reason === "" ? { actor } : { actor, reason };
}

function refuse(turn: Turn, event: OperatorEvent, why: string): Turn {
  const verb = event.kind.replace("Requested", "");
  return note(turn, "refused", `${verb} ${by(event)} was refused: ${why}`, { actor: event.actor });
}

function pause(turn: Turn, event: OperatorEvent): Turn {
  const { phase } = turn.rollout;
  if (phase === "preparing" || phase === "progressing" || phase === "baking") {
    const why = { why: "operator", actor: event.actor } as const;
    return pauseRollout(turn, phase, why, by(event), evidenceOf(event));
  }
  return refuse(turn, event, whyNot(turn.rollout, "is not something that can be paused"));
}

function resume(turn: Turn, event: OperatorEvent): Turn {
  const { pause } = turn.rollout;
  if (pause === undefined) return refuse(turn, event, whyNot(turn.rollout, "is not paused"));
  if (pause.why === "routeChanged") return rereadToAdopt(turn, pause);
  if (pause.why === "frozen" && pause.cause.kind === "release") return goOnAlone(turn, event);
  const ready = pause.why === "approval" ? finishStep(turn) : turn;
  const word = pause.why === "approval" ? "approved" : "resumed";
  return goOn(ready, pause.from, `${word} ${by(event)}`);
}

/** The release turned back, and a person keeps the new version here: it waits for no other target any more. */
function goOnAlone(turn: Turn, event: OperatorEvent): Turn {
  const { release, pause } = turn.rollout;
  if (pause === undefined) return turn;
  const free = change(turn, { openBarriers: release?.barriers ?? [] });
  return goOn(free, pause.from, `resumed ${by(event)}: goes on without the rest of its release`);
}

/** Ends the current wait early: an approval, a pause, an analysis, the bake. */
function skipStep(turn: Turn, event: OperatorEvent): Turn {
  const { pause, phase, plan, step } = turn.rollout;
  const kind = plan[step.index]?.kind;
  const isWaiting =
    kind === "pause" ||
    kind === "approval" ||
    kind === "analysis" ||
    kind === "bake" ||
    kind === "ramp" ||
    kind === "prove";
  if (pause?.why === "routeChanged") return refuse(turn, event, ROUTE_CHANGED);
  if (pause?.why === "inconclusive" && pause.check === COMPARISON && !isWaiting) {
    // The weight itself was held: it rises now, which is all that was asked for.
    return goOn(waive(turn, event.actor, pause.detail), pause.from, `going on ${by(event)}`);
  }
  const from = pause?.from ?? phase;
  if (!isWaiting || (from !== "progressing" && from !== "baking")) {
    return refuse(turn, event, "there is no wait to skip now; with full, it goes to 100% at once");
  }
  const isForProof = kind === "ramp" || kind === "prove";
  const skipped = finishStep(
    isForProof ? waive(turn, event.actor, unprovedText(turn.rollout)) : turn,
  );
  const text = `${kind} ended early ${by(event)}`;
  return pause === undefined ? resumed(skipped, text) : goOn(skipped, pause.from, text);
}

/** Skips everything up to promotion; what is silent no longer holds it, what fails still does (I3). */
function promoteFully(turn: Turn, event: OperatorEvent): Turn {
  const { rollout } = turn;
  const { pause, plan } = rollout;
  if (pause?.why === "routeChanged") return refuse(turn, event, ROUTE_CHANGED);
  const from = pause?.from ?? rollout.phase;
  const forced = change(withoutHook(turn), { forcedBy: event.actor });
  const text = `promotion ordered ${by(event)}`;
  if (from === "baking") {
    const ended = goToStep(forced, plan.length);
    return pause === undefined ? resumed(ended, text) : goOn(ended, from, text);
  }
  if (from !== "progressing") {
    return refuse(turn, event, whyNot(rollout, "cannot be promoted: the canary is not ready"));
  }
  const promotion = plan.findIndex(({ kind }) => kind === "promote");
  const ready = pause === undefined ? resumed(forced, text) : goOn(forced, from, text);
  return goToStep(ready, promotion);
}

const ROUTE_CHANGED =
  "the route was changed elsewhere; resume reads it again and goes on, abort goes back to stable";

function openBarrier(turn: Turn, event: OperatorEvent & { readonly kind: "barrierOpened" }): Turn {
  const { barrier } = event;
  const { openBarriers = [], phase } = turn.rollout;
  if (openBarriers.includes(barrier)) return turn;
  if (!isLive(phase) && phase !== "pending") {
    return refuse(turn, event, whyNot(turn.rollout, "waits for nothing"));
  }
  const what = barrier === "release" ? "the release is done" : `${barrier} may begin`;
  const text = `${what}: ${event.reason}`;
  return note(change(turn, { openBarriers: [...openBarriers, barrier] }), "progress", text);
}

function abort(turn: Turn, event: OperatorEvent & { readonly kind: "abortRequested" }): Turn {
  const { phase } = turn.rollout;
  if (!isLive(phase) && phase !== "pending") {
    return refuse(turn, event, whyNot(turn.rollout, "has nothing to abort"));
  }
  if (event.byRelease === true) {
    return beginAbort(turn, { kind: "release" }, event.reason, evidenceOf(event));
  }
  const cause = { kind: "person", actor: event.actor } as const;
  const { irreversible } = turn.rollout;
  if (event.unattended === true && irreversible !== undefined) {
    return freeze(turn, irreversible, cause, event.reason, evidenceOf(event));
  }
  return beginAbort(turn, cause, `aborted ${by(event)}`, evidenceOf(event));
}

/** After an abort: the whole rollout again. While degraded: the way back again. */
function retry(turn: Turn, event: OperatorEvent): Turn {
  const { rollout, atMs } = turn;
  if (rollout.phase === "degraded") {
    return restoreAgain(resumed(enterPhase(turn, "aborting"), `tried again ${by(event)}`));
  }
  if (rollout.phase !== "aborted") {
    return refuse(turn, event, whyNot(rollout, "has not been aborted"));
  }
  if (rollout.release !== undefined) {
    const why = `it is a part of release ${rollout.release.name}: deploy the release again`;
    return refuse(turn, event, why);
  }
  if (rollout.finished === undefined) {
    return refuse(turn, event, "it is still cleaning up; try again in a moment");
  }
  const clean = ATTEMPT_KEYS.reduce(drop, turn);
  const again = change(clean, {
    ...freshAttempt(rollout.spec, rollout.route, atMs, rollout.comparison?.baseline),
    attempt: rollout.attempt + 1,
  });
  return note(again, "resumed", `attempt ${again.rollout.attempt} begun ${by(event)}`);
}

/** What one attempt learned and the next must learn anew. */
const ATTEMPT_KEYS = [
  "versions",
  "trafficSinceMs",
  "barredBy",
  "irreversible",
  "forcedBy",
  "alarmsUnreadable",
  "traffic",
  "comparison",
  "isBakeReported",
  "hold",
  "toldBlindAtMs",
  "toldWeight",
  "reasserted",
  "pause",
  "abort",
  "finished",
] as const;

/** A hook in a step that is skipped is not waited for; its answer, if any, is not heard. */
function withoutHook(turn: Turn): Turn {
  const { outstanding } = turn.rollout;
  const rest = outstanding.filter(({ command }) => command.kind !== "runHook");
  return rest.length === outstanding.length ? turn : change(turn, { outstanding: rest });
}

function whyNot(rollout: Rollout, what: string): string {
  return `a rollout that is ${rollout.phase} ${what}`;
}

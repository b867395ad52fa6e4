import { invariant } from "../errors.ts";
import { blockers, failingGuard } from "./guard.ts";
import { changesRoute, isShift } from "./command.ts";
import type { Decision } from "./decide.ts";
import type { RolloutEvent } from "./event.ts";
import { isLive } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { isPromoted } from "./route.ts";

/**
 * The rules of SPEC.md that every decision must keep. Checked in production too: a decision that breaks one
 * is our bug, and is not acted on.
 * @throws {InvariantError}
 */
export function assertInvariants(before: Rollout, event: RolloutEvent, decision: Decision): void {
  assertState(decision.next);
  assertStep(before, event, decision);
}

/** Rules about one state on its own. */
function assertState(next: Rollout): void {
  const { phase, outstanding, abandoned, weight, pause, abort, finished, versions, irreversible } =
    next;
  const kinds = outstanding.map(({ command }) => command.kind);
  const shifting = kinds.some(isShift);
  const isOver = phase === "aborted" || phase === "healthy";

  invariant(
    phase !== "aborted" || (weight === 0 && abandoned.length === 0),
    "I1: canary traffic after an abort",
  );
  // While turning back, a reading may show what somebody else gave it; then it is being taken away.
  invariant(
    next.barredBy === undefined || (!shifting && (weight === 0 || abort !== undefined)),
    "I2: traffic for a canary whose hook did not pass",
  );
  invariant(kinds.filter(changesRoute).length <= 1, "I5: two changes of the route at once");
  invariant(!shifting || isLive(phase), `I8: a shift while ${phase}`);
  invariant(
    phase !== "promoting" || kinds.includes("promote"),
    "I8: promoting without the order to",
  );
  invariant(
    next.step.index >= 0 && next.step.index <= next.plan.length,
    "I9: a step outside the plan",
  );
  invariant(
    phase !== "healthy" || (isPromoted(next, next.route) && weight === 10_000),
    "I10: healthy without all traffic on the canary",
  );
  invariant(
    abort === undefined || irreversible === undefined || abort.cause.kind === "person",
    "I16: turned back after a hook that cannot be undone",
  );
  invariant(!shifting || versions !== undefined, "I11: a shift before the way back is known");
  invariant(
    (phase === "paused") === (pause !== undefined),
    "I7: paused and its reason go together",
  );
  invariant(
    (phase === "aborting" || phase === "aborted" || phase === "degraded") === (abort !== undefined),
    "I7: turning back and its cause go together",
  );
  invariant(
    finished === undefined || isOver || phase === "degraded",
    "I13: finished while under way",
  );
  invariant(
    finished === undefined || outstanding.length === 0,
    "I13: finished with commands outstanding",
  );
  const ids = new Set(outstanding.map(({ command }) => command.id));
  invariant(ids.size === outstanding.length, "I6: two commands under one id");
  invariant(
    outstanding.every(({ command }) => command.timeoutMs > 0),
    "I6: a command without a deadline",
  );
}

/** Rules about the way from one state to the next. */
function assertStep(before: Rollout, event: RolloutEvent, { next, commands }: Decision): void {
  const isRead = event.kind === "routeSet" || event.kind === "routeRead";
  const isNewAttempt = next.attempt > before.attempt;
  invariant(
    next.weight === before.weight || isRead || isNewAttempt,
    "I4: a weight that was not read back",
  );
  invariant(next.updatedAtMs >= before.updatedAtMs, "I12: time ran backwards");
  invariant(isNewAttempt || next.step.index >= before.step.index, "I9: the plan went backwards");
  invariant(!isNewAttempt || event.kind === "retryRequested", "I9: an attempt nobody asked for");
  for (const command of commands) {
    if (!isShift(command.kind)) continue;
    const wanted = command.kind === "setWeight" ? command.change.weight : 10_000;
    if (wanted <= next.weight) continue;
    invariant(
      wanted < 10_000 || mayHaveAll(next),
      "I15: all traffic for a canary that is neither proved nor waived",
    );
    invariant(failingGuard(next) === undefined, "I3: the weight rises while a guard fails");
    invariant(blockers(next, next.updatedAtMs).length === 0, "I3: the weight rises without data");
  }
}

function mayHaveAll({ comparison, forcedBy }: Rollout): boolean {
  if (comparison === undefined || forcedBy !== undefined) return true;
  return comparison.provedAtMs !== undefined || comparison.waivedBy !== undefined;
}

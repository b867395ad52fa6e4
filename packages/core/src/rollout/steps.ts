import type { Step } from "../plan/plan.ts";
import { formatDuration } from "../duration.ts";
import { isPassing } from "./checks.ts";
import { blockers } from "./guard.ts";
import { hold } from "./hold.ts";
import { tell } from "./notices.ts";
import { pauseRollout } from "./pausing.ts";
import { isOnOrder } from "./platform-hooks.ts";
import { endUnproved, isUnprovedInTime } from "./proving.ts";
import { advance, stepEndMs } from "./step-course.ts";
import { change, enterPhase, isOutstanding, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";
import {
  isSkippable,
  promote,
  prove,
  ramp,
  shift,
  skipToProof,
  weightFor,
} from "./weight-steps.ts";

/** Works on the current step; the same turn when there is nothing to do but wait. */
export function runStep(turn: Turn): Turn {
  const { rollout } = turn;
  const step = rollout.plan[rollout.step.index];
  if (step === undefined) return finishPlan(turn);
  if (rollout.step.isDone) return advance(turn);
  if (isUnprovedInTime(rollout, turn.atMs)) return endUnproved(turn);
  switch (step.kind) {
    case "setWeight":
      return shift(turn, weightFor(step.weight, rollout.target.resolutionBps));
    case "ramp":
      return ramp(turn, step);
    case "prove":
      return prove(turn);
    case "promote":
      return promote(turn);
    case "pause":
      if (isSkippable(turn)) return skipToProof(turn);
      return turn.atMs >= stepEndMs(rollout) ? advance(turn) : turn;
    case "bake":
      return isOver(turn, step.durationMs) ? endBake(turn) : turn;
    case "hook":
      return askHook(turn, step);
    case "analysis":
      return analyse(turn, step);
    case "approval":
      return awaitApproval(turn, step);
    case "barrier":
      return rollout.openBarriers?.includes(step.barrier) === true ? advance(turn) : turn;
    default:
      return step satisfies never;
  }
}

/**
 * The last barrier of its release, once it is open: it opens for all targets at once, so nothing turns one of them back
 * any more.
 */
export function passRelease(turn: Turn): Turn | undefined {
  const { plan, step, openBarriers } = turn.rollout;
  if (openBarriers?.includes("release") !== true) return undefined;
  const current = plan[step.index];
  const isAtEnd =
    current === undefined || (current.kind === "barrier" && current.barrier === "release");
  return isAtEnd ? runStep(turn) : undefined;
}

function isOver(turn: Turn, durationMs: number): boolean {
  return turn.atMs >= turn.rollout.step.enteredAtMs + durationMs;
}

function endBake(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  const held = hold(turn, blockers(rollout, atMs));
  if (held !== undefined) return held;
  if (rollout.comparison === undefined || rollout.isBakeReported === true) return advance(turn);
  if (isOutstanding(rollout, "compareBake")) return turn;
  return issue(turn, {
    kind: "compareBake",
    window: { fromMs: rollout.step.enteredAtMs, toMs: atMs },
  });
}

/** Ours: the platform itself ends the wait for a function, and needs some minutes to ask and to tell. */
const PLATFORM_MS = 600_000;

function askHook(turn: Turn, step: Step & { readonly kind: "hook" }): Turn {
  const { rollout } = turn;
  const { versions } = rollout;
  const spec = rollout.spec.hooks.find(({ name }) => name === step.hook);
  if (spec === undefined || isOutstanding(rollout, "runHook")) return turn;
  if (isOnOrder(step)) return advance(turn);
  const asked = note(
    turn,
    "progress",
    step.askedBy === undefined
      ? `hook ${step.hook} asked`
      : `hook ${step.hook}: waiting for what CodeDeploy hears of its function`,
  );
  return issue(spec.reversible ? asked : change(asked, { irreversible: step.hook }), {
    kind: "runHook",
    call: {
      name: step.hook,
      target: spec.target,
      timeoutMs: spec.deadline + (step.askedBy === undefined ? 0 : PLATFORM_MS),
      input: {
        rollout: rollout.id,
        hook: step.hook,
        when: step.when,
        stable: versions?.stable ?? rollout.route.stable,
        ...(versions === undefined ? {} : { canary: versions.canary }),
        weightBps: rollout.weight,
      },
    },
  });
}

/** Over when every check of the step is: by its count, or at the step's end with its newest word a pass. */
function analyse(turn: Turn, step: Step & { readonly kind: "analysis" }): Turn {
  const { rollout, atMs } = turn;
  const runs = rollout.checks.filter(({ runs }) => runs === "step");
  const isTimeUp = atMs >= stepEndMs(rollout);
  const isOver = runs.every((run) => {
    const spec = rollout.spec.checks.find(({ name }) => name === run.name);
    if (spec?.dryRun === true) return isTimeUp || run.status !== "running";
    return run.status === "successful" || (isTimeUp && isPassing(rollout, run, atMs));
  });
  if (!isOver) return turn;
  const text = `analysis passed: ${step.checks.join(", ")}`;
  return advance(tell(note(turn, "progress", text), "step", text));
}

function awaitApproval(turn: Turn, step: Step & { readonly kind: "approval" }): Turn {
  const deadlineAtMs = turn.rollout.step.enteredAtMs + step.deadlineMs;
  const detail = `${step.message} (within ${formatDuration(step.deadlineMs)}, else ${step.atDeadline})`;
  return pauseRollout(turn, "progressing", { why: "approval", deadlineAtMs }, detail);
}

function finishPlan(turn: Turn): Turn {
  const { versions } = turn.rollout;
  if (versions === undefined) return turn;
  const { stable, canary } = versions;
  const text = `healthy: version ${canary} serves all traffic`;
  const healthy = tell(note(enterPhase(turn, "healthy"), "progress", text), "finished", text);
  return issue(
    change(healthy, {
      // Nothing that was still being looked at matters any more.
      outstanding: healthy.rollout.outstanding.filter(({ command }) => command.kind === "notify"),
    }),
    { kind: "cleanUp", versions: { stable, canary, live: canary } },
  );
}

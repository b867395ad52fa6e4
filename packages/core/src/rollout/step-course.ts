import type { Step } from "../plan/plan.ts";
import { POINTS_BEFORE_TRAFFIC } from "../spec/hook.ts";
import { formatDuration } from "../duration.ts";
import { formatWeight } from "../weight.ts";
import { endStepChecks, startStepChecks } from "./checks.ts";
import { dueAtMs } from "./course.ts";
import { endHold } from "./notices.ts";
import { isProved, isWaived } from "./proving.ts";
import type { LivePhase } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { formatRoute } from "./route.ts";
import { change, enterPhase, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** The phase in which a step runs. Promotion is `promoting` only once the order is given. */
export function phaseOf(step: Step): Exclude<LivePhase, "paused" | "promoting"> {
  switch (step.kind) {
    case "hook":
      if (isBeforeTraffic(step)) return "preparing";
      return step.when === "afterTraffic" ? "baking" : "progressing";
    case "bake":
      return "baking";
    case "barrier":
      return step.barrier === "release" ? "baking" : "progressing";
    case "setWeight":
    case "pause":
    case "approval":
    case "analysis":
    case "ramp":
    case "prove":
    case "promote":
      return "progressing";
    default:
      return step satisfies never;
  }
}

/** Whether the canary has no traffic when the hook is asked, and gets none unless it passes. */
export function isBeforeTraffic({ when }: Step & { readonly kind: "hook" }): boolean {
  return POINTS_BEFORE_TRAFFIC.some((point) => point === when);
}

/** When the current step ends by time alone; Infinity when it does not. */
export function stepEndMs(rollout: Rollout): number {
  const step = rollout.plan[rollout.step.index];
  const { enteredAtMs, isDone } = rollout.step;
  if (isDone || step === undefined) return Infinity;
  // A platform that moves by itself keeps the time of the pauses.
  if (step.kind === "pause") return dueAtMs(rollout) ?? enteredAtMs + step.durationMs;
  if (step.kind === "bake") return enteredAtMs + step.durationMs;
  return step.kind === "analysis" ? enteredAtMs + (step.forMs ?? Infinity) : Infinity;
}

export function finishStep(turn: Turn): Turn {
  return change(turn, { step: { ...turn.rollout.step, isDone: true } });
}

/** Enters another step; the checks of an analysis do not outlive it. */
export function goToStep(turn: Turn, index: number): Turn {
  const { rollout, atMs } = turn;
  const step = rollout.plan[index];
  const left = change(endHold(endStepChecks(turn)), {
    step: { index, enteredAtMs: atMs, isDone: false },
    heldBy: [],
  });
  if (step === undefined) return left;
  const entered = announce(enterPhase(left, phaseOf(step)), step);
  return step.kind === "analysis" ? startStepChecks(entered, step.checks) : entered;
}

/** A wait begins with a word, so that a log says why nothing happens. */
function announce(turn: Turn, step: Step): Turn {
  const { weight, route } = turn.rollout;
  switch (step.kind) {
    case "pause":
      return note(
        turn,
        "progress",
        `waiting ${formatDuration(step.durationMs)} at ${formatWeight(weight)}`,
      );
    case "bake": {
      const time = formatDuration(step.durationMs);
      return note(
        turn,
        "progress",
        `baking for ${time}: ${formatRoute(route)}, the guards go on watching`,
      );
    }
    case "analysis":
      return note(
        turn,
        "progress",
        `analysis of ${step.checks.join(", ")} at ${formatWeight(weight)}`,
      );
    case "ramp": {
      const { failures, maxWeight } = step;
      const text = `raising the weight up to ${formatWeight(maxWeight)} as the proven risk allows: at most ${failures} failed requests in one reaction time`;
      return note(turn, "progress", text);
    }
    case "barrier": {
      const { release, openBarriers } = turn.rollout;
      if (release === undefined || openBarriers?.includes(step.barrier) === true) return turn;
      const text = `waiting at ${formatWeight(weight)} for the other targets of release ${release.name} (${step.barrier})`;
      return note(turn, "progress", text);
    }
    case "prove":
      if (isWaived(turn.rollout) || isProved(turn.rollout, turn.atMs)) return turn;
      return note(
        turn,
        "progress",
        `waiting at ${formatWeight(weight)} until the canary is proved no worse, at most ${formatDuration(step.maxWaitMs)}`,
      );
    case "setWeight":
    case "approval":
    case "hook":
    case "promote":
      return turn;
    default:
      return step satisfies never;
  }
}

export function advance(turn: Turn): Turn {
  return goToStep(turn, turn.rollout.step.index + 1);
}

import type { Step } from "../plan/plan.ts";
import { POINTS_BEFORE_TRAFFIC } from "../spec/hook.ts";
import { formatDuration } from "../duration.ts";
import { ALL_TRAFFIC, formatWeight, weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import { endStepChecks, isPassing, startStepChecks } from "./checks.ts";
import { dueAtMs, isTooEarly } from "./course.ts";
import { blockers } from "./guard.ts";
import { endHold, tell, tellOfHold, tellOfRamp } from "./notices.ts";
import { pauseRollout } from "./pausing.ts";
import { isOnOrder } from "./platform-hooks.ts";
import {
  endUnproved,
  isProved,
  isUnprovedInTime,
  isWaived,
  promotesEarly,
  rampAtMs,
  rampWeight,
  mayShift,
} from "./proving.ts";
import { comparisonEvidence } from "./comparison-notes.ts";
import type { LivePhase } from "./phase.ts";
import type { Blocker, Rollout } from "./rollout.ts";
import { formatRoute, isPromoted } from "./route.ts";
import type { Note } from "./note.ts";
import { change, enterPhase, isOutstanding, isRouteBusy, issue, note } from "./turn.ts";
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

/** The nearest weight below that the platform keeps; never nothing when something was asked for. */
export function weightFor(weight: WeightBps, resolutionBps: number): WeightBps {
  const kept = Math.floor(weight / resolutionBps) * resolutionBps;
  return weightBps(Math.min(ALL_TRAFFIC, Math.max(kept, resolutionBps)));
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

function advance(turn: Turn): Turn {
  return goToStep(turn, turn.rollout.step.index + 1);
}

function isOver(turn: Turn, durationMs: number): boolean {
  return turn.atMs >= turn.rollout.step.enteredAtMs + durationMs;
}

function shift(turn: Turn, weight: WeightBps): Turn {
  const { rollout } = turn;
  const { versions, route } = rollout;
  if (versions === undefined || isRouteBusy(rollout)) return turn;
  if (rollout.weight === weight) {
    const text = `${formatWeight(weight)} on the canary, read back: ${formatRoute(route)}`;
    return advance(tell(note(turn, "progress", text), "step", text));
  }
  if (weight > rollout.weight) {
    if (isSkippable(turn)) return skipToProof(turn);
    if (isTooEarly(rollout, turn.atMs)) return turn;
    if (!mayShift(rollout, turn.atMs)) return turn;
    const held = hold(turn, blockers(rollout, turn.atMs));
    if (held !== undefined) return held;
  }
  return askForWeight(turn, versions, weight);
}

/** Orders the weight; what it rests on is kept beside the order. */
function askForWeight(
  turn: Turn,
  { stable, canary }: NonNullable<Rollout["versions"]>,
  weight: WeightBps,
  evidence?: Note["evidence"],
): Turn {
  const { route, weight: before } = turn.rollout;
  const text = `canary weight ${formatWeight(before)} to ${formatWeight(weight)}`;
  const asked = change(endHold(note(turn, "progress", text, evidence)), {
    setWeight: weight,
    heldBy: [],
  });
  return issue(asked, {
    kind: "setWeight",
    change: { stable, canary, weight, token: route.token },
  });
}

/** Rises whenever the proven risk allows; over when the canary is proved no worse. */
function ramp(turn: Turn, step: Step & { readonly kind: "ramp" }): Turn {
  const { rollout, atMs } = turn;
  const { versions } = rollout;
  if (versions === undefined || isRouteBusy(rollout)) return turn;
  if (isProved(rollout, atMs) || isWaived(rollout)) return prove(turn);
  const told = tellOfRamp(turn, "the proven risk allows it");
  if (told !== turn) return told;
  const weight = weightFor(rampWeight(rollout, step), rollout.target.resolutionBps);
  if (weight <= rollout.weight || atMs < rampAtMs(rollout) || !mayShift(rollout, atMs)) return turn;
  const held = hold(turn, blockers(rollout, atMs));
  if (held !== undefined) return held;
  return askForWeight(turn, versions, weight, riskEvidence(rollout));
}

/** What the next weight of a ramp rests on. */
function riskEvidence({ comparison }: Rollout) {
  if (comparison === undefined) return undefined;
  const { riskBound, recent, evidence } = comparison;
  const requestsPerSecond = recent.seconds === 0 ? null : recent.requests / recent.seconds;
  return { ...comparisonEvidence(evidence), leastRiskBound: riskBound, requestsPerSecond };
}

function prove(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  const { comparison } = rollout;
  if (isWaived(rollout)) return advance(turn);
  if (comparison === undefined || !isProved(rollout, atMs)) return turn;
  const { evidence } = comparison;
  const text = `proved no worse: ${evidence.sentence}`;
  const proved = change(turn, { comparison: { ...comparison, provedAtMs: atMs } });
  const noted = note(proved, "progress", text, comparisonEvidence(evidence));
  return advance(tell(noted, "step", text, evidence.sentence));
}

/** Whether the canary is proved already and the spec lets proof end the weights and pauses early. */
function isSkippable({ rollout, atMs }: Turn): boolean {
  return promotesEarly(rollout.spec) && isProved(rollout, atMs);
}

/** Leaves out weights and pauses that are no longer needed; approvals, hooks and analyses still come. */
function skipToProof(turn: Turn): Turn {
  const { plan, step } = turn.rollout;
  const isNeeded = ({ kind }: Step) => kind !== "setWeight" && kind !== "pause";
  const next = plan.findIndex((one, index) => index >= step.index && isNeeded(one));
  const text = "proved no worse before the steps were over: going on";
  return goToStep(note(turn, "progress", text), next);
}

function promote(turn: Turn): Turn {
  const { rollout } = turn;
  const { versions, route } = rollout;
  if (versions === undefined || isRouteBusy(rollout)) return turn;
  if (isPromoted(rollout, route)) {
    const text = `promoted, read back: ${formatRoute(route)}`;
    return advance(tell(note(turn, "promoted", text), "promoted", text));
  }
  if (isTooEarly(rollout, turn.atMs) || !isNextAll(route)) return turn;
  const held = hold(turn, blockers(rollout, turn.atMs));
  if (held !== undefined) return held;
  const { stable, canary } = versions;
  const text = `promoting: canary weight ${formatWeight(rollout.weight)} to 100%`;
  const asked = change(endHold(note(turn, "progress", text)), {
    setWeight: ALL_TRAFFIC,
    heldBy: [],
  });
  return issue(enterPhase(asked, "promoting"), {
    kind: "promote",
    change: { stable, canary, token: route.token },
  });
}

/** A person may order all traffic at any weight; a platform that moves by itself comes there in its own steps. */
function isNextAll({ course }: Rollout["route"]): boolean {
  return course?.nextWeight === undefined || course.nextWeight === ALL_TRAFFIC;
}

/** Undefined when nothing holds the step. A hold is noted when it begins or has other reasons. */
function hold(turn: Turn, reasons: readonly Blocker[]): Turn | undefined {
  if (reasons.length === 0) return undefined;
  const before = turn.rollout.heldBy;
  const guards = (list: readonly Blocker[]) => list.map(({ guard }) => guard).join();
  const text = `held at ${formatWeight(turn.rollout.weight)}: ${reasons.map(({ guard, detail }) => `${guard}: ${detail}`).join("; ")}`;
  const told = tellOfHold(turn, guards(reasons), text);
  if (JSON.stringify(before) === JSON.stringify(reasons)) return told;
  const held = change(told, { heldBy: reasons, ...comparisonHold(turn, reasons) });
  if (guards(before) === guards(reasons)) return held;
  return note(held, "held", text, { heldBy: reasons.map((reason) => ({ ...reason })) });
}

/** Since when the comparison holds: other guards that come and go make no difference. */
function comparisonHold({ rollout, atMs }: Turn, reasons: readonly Blocker[]) {
  const isHolding = (list: readonly Blocker[]) => list.some(({ guard }) => guard === "comparison");
  if (!isHolding(reasons) || isHolding(rollout.heldBy)) return {};
  return { comparisonHoldsSinceMs: atMs };
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

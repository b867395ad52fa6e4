import type { Step } from "../plan/plan.ts";
import { ALL_TRAFFIC, formatWeight, weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import { comparisonEvidence } from "./comparison-notes.ts";
import { isTooEarly } from "./course.ts";
import { blockers } from "./guard.ts";
import { hold } from "./hold.ts";
import { endHold, tell, tellOfRamp } from "./notices.ts";
import { isProved, isWaived, mayShift, promotesEarly, rampAtMs, rampWeight } from "./proving.ts";
import type { Note } from "./note.ts";
import type { Rollout } from "./rollout.ts";
import { formatRoute, isPromoted } from "./route.ts";
import { advance, goToStep } from "./step-course.ts";
import { change, enterPhase, isRouteBusy, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** The nearest weight below that the platform keeps; never nothing when something was asked for. */
export function weightFor(weight: WeightBps, resolutionBps: number): WeightBps {
  const kept = Math.floor(weight / resolutionBps) * resolutionBps;
  return weightBps(Math.min(ALL_TRAFFIC, Math.max(kept, resolutionBps)));
}

export function shift(turn: Turn, weight: WeightBps): Turn {
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
export function ramp(turn: Turn, step: Step & { readonly kind: "ramp" }): Turn {
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

export function prove(turn: Turn): Turn {
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
export function isSkippable({ rollout, atMs }: Turn): boolean {
  return promotesEarly(rollout.spec) && isProved(rollout, atMs);
}

/** Leaves out weights and pauses that are no longer needed; approvals, hooks and analyses still come. */
export function skipToProof(turn: Turn): Turn {
  const { plan, step } = turn.rollout;
  const isNeeded = ({ kind }: Step) => kind !== "setWeight" && kind !== "pause";
  const next = plan.findIndex((one, index) => index >= step.index && isNeeded(one));
  const text = "proved no worse before the steps were over: going on";
  return goToStep(note(turn, "progress", text), next);
}

export function promote(turn: Turn): Turn {
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

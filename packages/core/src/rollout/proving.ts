import { rampWeightBps } from "../analysis/ramp.ts";
import { COARSE_MS, controlMs, reactionMs, WORTHWHILE } from "../analysis/timing.ts";
import { formatDuration } from "../duration.ts";
import { comparisonOf } from "../plan/plan.ts";
import type { Step } from "../plan/plan.ts";
import type { RolloutSpec } from "../spec/schema.ts";
import { viaOf } from "../spec/via.ts";
import { formatWeight, weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import { beginAbort } from "./aborting.ts";
import {
  comparisonGuard,
  isCatchingUp,
  isHeldByMissing,
  isSuspicious,
  MISSING,
  requestsPerSecond,
} from "./comparison.ts";
import { comparisonEvidence } from "./comparison-notes.ts";
import { proofByMs } from "./course.ts";
import { COMPARISON, pauseRollout } from "./pausing.ts";
import type { Rollout } from "./rollout.ts";
import { change, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** How late in a bucket a change of weight still counts as at its beginning: a share of its length. */
const PUNCTUAL = 0.02;

type Ramp = Step & { readonly kind: "ramp" };

/** Whether the canary is proved no worse than the margin, and has served for long enough. */
export function isProved(rollout: Rollout, atMs: number): boolean {
  const { comparison, trafficSinceMs } = rollout;
  const compare = comparisonOf(rollout.spec);
  if (comparison === undefined || compare === undefined || trafficSinceMs === undefined)
    return false;
  if (isHeldByMissing(rollout)) return false;
  return comparison.evidence.verdict === "pass" && atMs >= trafficSinceMs + compare.minTime;
}

/** Proof is no longer asked for: nothing is compared, or a person or the policy waived it. */
export function isWaived({ comparison }: Rollout): boolean {
  return comparison === undefined || comparison.waivedBy !== undefined;
}

/** Whether proof ends the strategy's steps before their time. */
export function promotesEarly(spec: RolloutSpec): boolean {
  const compare = comparisonOf(spec);
  if (compare === undefined || viaOf(spec.target) !== undefined) return false;
  return compare.promoteEarly ?? spec.strategy.canary === undefined;
}

/** The weight that the proven risk allows now. */
export function rampWeight(rollout: Rollout, ramp: Ramp): WeightBps {
  const { comparison, weight, metrics } = rollout;
  const rate = requestsPerSecond(rollout);
  // Without any idea of the traffic the smallest weight is where to learn of it.
  if (comparison === undefined || rate === undefined)
    return weightBps(Math.max(weight, ramp.minWeight));
  const allowed = rampWeightBps({
    weightBps: weight,
    riskBound: comparison.riskBound,
    requestsPerSecond: rate,
    reactionMs: reactionMs(metrics),
    failures: ramp.failures,
    minWeightBps: ramp.minWeight,
    maxWeightBps: ramp.maxWeight,
  });
  const isWorthwhile = allowed >= weight * WORTHWHILE || allowed === ramp.maxWeight;
  return isWorthwhile ? weightBps(allowed) : weight;
}

/**
 * Whether the weight may be changed now. With a coarse feed only at the beginning of a bucket: a change in the
 * middle spoils the bucket. Never true for longer than it takes to act on it, so a missed moment comes again.
 */
export function mayShift(rollout: Rollout, atMs: number): boolean {
  const { resolutionMs } = rollout.metrics;
  return !isAligned(rollout) || atMs % resolutionMs <= resolutionMs * PUNCTUAL;
}

/** When {@link mayShift} is next true; -Infinity when it always is. */
function nextShiftMs(rollout: Rollout, afterMs: number): number {
  const { resolutionMs } = rollout.metrics;
  if (!isAligned(rollout)) return -Infinity;
  return Math.ceil((afterMs + 1) / resolutionMs) * resolutionMs;
}

/** Whether changes of the weight wait for a bucket to begin: while both versions serve and are counted coarsely. */
function isAligned({ weight, metrics, comparison, route }: Rollout): boolean {
  // When a platform moves by itself, the order changes nothing yet.
  if (route.course?.movesAtMs !== undefined) return false;
  return comparison !== undefined && weight > 0 && metrics.resolutionMs >= COARSE_MS;
}

/** When a ramp may rise again, as far as its control period goes. */
export function rampAtMs({ weight, weightSinceMs, metrics }: Rollout): number {
  return weight === 0 ? -Infinity : weightSinceMs + controlMs(metrics);
}

/** When time alone can next change what is waited for after `afterMs`: proof, a ramp's next rise, a change of weight. */
export function nextProofMs(rollout: Rollout, afterMs: number): number {
  const compare = comparisonOf(rollout.spec);
  const step = rollout.plan[rollout.step.index];
  if (compare === undefined || step === undefined) return Infinity;
  const { trafficSinceMs } = rollout;
  const moments = [
    proofEndMs(rollout),
    trafficSinceMs === undefined ? Infinity : trafficSinceMs + compare.minTime,
    step.kind === "ramp" ? rampAtMs(rollout) : Infinity,
    nextShiftMs(rollout, afterMs),
  ];
  return Math.min(...moments.filter((atMs) => atMs > afterMs));
}

/** When this step has waited long enough for proof, or for counts; Infinity for steps that do not. */
function proofEndMs(rollout: Rollout): number {
  const step = rollout.plan[rollout.step.index];
  if (step === undefined || rollout.step.isDone || isWaived(rollout)) return Infinity;
  const { enteredAtMs } = rollout.step;
  if (step.kind === "ramp") return enteredAtMs + step.maxTimeMs;
  if (step.kind === "prove") return Math.min(enteredAtMs + step.maxWaitMs, proofByMs(rollout));
  const { heldBy, comparisonHoldsSinceMs = Infinity } = rollout;
  const isHeld = heldBy.length > 0 && heldBy.every(({ guard }) => guard === "comparison");
  const maxWaitMs = comparisonOf(rollout.spec)?.maxWait ?? Infinity;
  // A weight that cannot rise for want of counts waits no longer than proof would.
  return isShiftStep(step) && isHeld ? comparisonHoldsSinceMs + maxWaitMs : Infinity;
}

/** Whether the time for proof is over and the comparison still does not let the step go on. */
export function isUnprovedInTime(rollout: Rollout, atMs: number): boolean {
  // What was counted while nobody looked is read before anything is said about it.
  if (atMs < proofEndMs(rollout) || isCatchingUp(rollout, atMs)) return false;
  const step = rollout.plan[rollout.step.index];
  if (step !== undefined && isShiftStep(step)) {
    return comparisonGuard.blockers(rollout, atMs).length > 0;
  }
  return !isProved(rollout, atMs);
}

function isShiftStep({ kind }: Step): boolean {
  return kind === "setWeight" || kind === "promote";
}

/** What the spec wants when the time for proof is over and nothing is proved. */
export function endUnproved(turn: Turn): Turn {
  const { rollout } = turn;
  const { comparison } = rollout;
  if (comparison === undefined) return turn;
  const evidence = comparisonEvidence(comparison.evidence);
  const detail = unprovedDetail(rollout, turn.atMs);
  const wanted = policyAt(rollout, turn.atMs);
  // A platform that moves by itself cannot be held at its weight.
  const isMoving = rollout.route.course?.movesAtMs !== undefined;
  const policy = wanted === "hold" && isMoving ? "abort" : wanted;
  switch (policy) {
    case "hold": {
      const pause = { why: "inconclusive", check: COMPARISON } as const;
      return pauseRollout(turn, "progressing", pause, detail, evidence);
    }
    case "abort":
      return beginAbort(turn, { kind: "comparison", name: "underpowered" }, detail, evidence);
    case "promote":
      return waive(turn, "the policy underpowered: promote", detail);
    default:
      return policy satisfies never;
  }
}

/**
 * The spec's policy is for too little evidence. No counts are none at all, and neither turn back nor promote by
 * themselves; and nobody promotes by policy what much speaks against.
 */
function policyAt(rollout: Rollout, atMs: number): "hold" | "abort" | "promote" {
  const wanted = comparisonOf(rollout.spec)?.underpowered ?? "hold";
  const { comparison, weight } = rollout;
  if (comparison === undefined || weight === 0) return "hold";
  const isSuspected = isSuspicious(comparison.evidence);
  if (wanted === "promote" && isSuspected) return "hold";
  const isBlind = comparisonGuard.blockers(rollout, atMs).length > 0;
  return isBlind && !isSuspected ? "hold" : wanted;
}

function unprovedDetail(rollout: Rollout, atMs: number): string {
  const { step, plan, weight, comparisonHoldsSinceMs = atMs } = rollout;
  const current = plan[step.index];
  const reasons = comparisonGuard.blockers(rollout, atMs).map(({ detail }) => detail);
  if (current !== undefined && isShiftStep(current)) {
    const held = roundedDuration(atMs - comparisonHoldsSinceMs);
    return `held for ${held} at ${formatWeight(weight)}: ${reasons.join("; ")}`;
  }
  const waited = roundedDuration(atMs - step.enteredAtMs);
  const what = [unprovedText(rollout), ...reasons.filter((reason) => reason !== MISSING)];
  return `not proved within ${waited} at ${formatWeight(weight)}: ${what.join("; ")}`;
}

/** Of a wait, nobody needs the milliseconds. */
function roundedDuration(ms: number): string {
  return formatDuration(Math.round(ms / 1000) * 1000);
}

/** Proof is no longer waited for. What fails still turns back. */
export function waive(turn: Turn, by: string, detail: string): Turn {
  const { comparison } = turn.rollout;
  if (comparison === undefined || comparison.waivedBy !== undefined) return turn;
  const waived = change(turn, { comparison: { ...comparison, waivedBy: by } });
  const text = `going on without proof, by ${by}: ${detail}`;
  return note(waived, "observed", text, comparisonEvidence(comparison.evidence));
}

/** What is known although nothing is proved: U is a bound at every moment. */
export function unprovedText(rollout: Rollout): string {
  const { comparison, spec } = rollout;
  const compare = comparisonOf(spec);
  if (comparison === undefined || compare === undefined) return "nothing is compared";
  const { evidence, riskBound } = comparison;
  const { name, logE, threshold } = evidence.promotion;
  const counted = `${evidence.requests.canary} requests of the canary`;
  if (isHeldByMissing(rollout)) return MISSING;
  if (evidence.requests.canary === 0) return "no request of the canary was counted";
  const confidence = `${Number((100 * (1 - compare.beta)).toFixed(2))}%`;
  const excluded = `${Number((100 * riskBound).toPrecision(2))}%`;
  return `${counted}, proof waits for ${name}: log E ${logE.toFixed(1)} of ${threshold.toFixed(1)}; more than ${excluded} extra errors are excluded at ${confidence}`;
}

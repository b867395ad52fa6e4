import { judge, observe, startComparison } from "../analysis/comparison.ts";
import { startFeed, takeBuckets } from "../analysis/feed.ts";
import { rampWeightBps } from "../analysis/ramp.ts";
import type { ComparisonSettings } from "../analysis/settings.ts";
import {
  ACTUATION_MS,
  COARSE_MS,
  controlMs,
  graceMs,
  PROPAGATION_MS,
  reactionMs,
  SUSPICIOUS,
  WORTHWHILE,
} from "../analysis/timing.ts";
import type { FeedTiming } from "../analysis/timing.ts";
import { longestMs } from "./course.ts";
import type { Stage } from "./course.ts";
import { startMeter, startSpans } from "./meter.ts";
import type { Random } from "./random.ts";
import { drawSlice } from "./traffic.ts";
import type { TrafficModel } from "./traffic.ts";

export interface Simulation {
  readonly course: readonly Stage[];
  readonly traffic: TrafficModel;
  readonly feed: FeedTiming;
  readonly settings: ComparisonSettings;
  /** The canary serves at least this long before it is promoted. */
  readonly minTimeMs: number;
  readonly random: Random;
  /** Whether proof ends the holds before their time. */
  readonly promotesEarly?: boolean;
  /** How long a change of weight takes to be true everywhere; what is counted meanwhile is left out. */
  readonly propagationMs?: number;
  /**
   * How much longer a bucket may be than the feed's own, as a part of the time since the weight changed. 0 looks
   * as often as the rollout would. A tenth makes a day of seconds a hundred buckets: a look comes up to a tenth later
   * than it would, and nothing else is different, because the counts of a bucket are what the evidence is made of.
   */
  readonly coarseness?: number;
}

export interface SimulatedRollout {
  /** inconclusive: the course was over and nothing was proved. */
  readonly verdict: "abort" | "promote" | "inconclusive";
  /** When it was decided, from the canary's first traffic. */
  readonly atMs: number;
  /** Requests that failed because the canary served them, until it had no traffic, or all of it. */
  readonly failedByCanary: number;
  readonly slowByCanary: number;
  /** The highest it came to before all or nothing. */
  readonly weightBps: number;
  /** The least bound on the extra risk. */
  readonly riskBound: number;
  /** Buckets that were judged. */
  readonly looks: number;
}

/** A step that the evidence holds back waits no longer than this: the usual wait for a proof. */
const MOST_HELD_MS = 30 * 60_000;
/** What varies in time is drawn in stretches of at most this. */
const DRIFT_MS = 5000;

/**
 * One rollout from its first weight to its end, decided by the code that decides real ones: the counts are merged
 * into buckets, compared and judged as they are in production. Of the platform it assumes that a weight becomes true at
 * any moment of the propagation time, that a rollback takes {@link ACTUATION_MS}, and that the rate of requests is known.
 */
export function simulateRollout(simulation: Simulation): SimulatedRollout {
  const { course, traffic, feed, settings, random } = simulation;
  const propagationMs = simulation.propagationMs ?? PROPAGATION_MS;
  const spans = startSpans(propagationMs);
  let nowMs = 0;
  let index = 0;
  let stageFromMs = 0;
  let weight = 0;
  let weightSinceMs = -Infinity;
  let liveWeight = 0;
  let liveAtMs = 0;
  let highest = 0;
  let riskBound = 1;
  let looks = 0;
  let failedByCanary = 0;
  let slowByCanary = 0;
  let feedState = startFeed(0);
  let comparison = startComparison(settings);
  let verdict = judge(comparison, settings).verdict;
  let isSuspicious = false;

  const setWeight = (weightBps: number) => {
    if (weightBps === weight) return;
    weight = weightBps;
    weightSinceMs = nowMs;
    liveAtMs = nowMs + propagationMs * random();
    highest = Math.max(highest, weight);
    spans.change(nowMs, weight);
  };
  const enter = (stage: Stage) => {
    setWeight(stage.kind === "ramp" ? rampTo(stage) : stage.weightBps);
  };
  const rampTo = (ramp: Stage & { readonly kind: "ramp" }) => {
    const allowed = rampWeightBps({
      weightBps: weight,
      riskBound,
      requestsPerSecond: traffic.requestsPerSecond,
      reactionMs: reactionMs(feed),
      failures: ramp.failures,
      minWeightBps: ramp.minWeightBps,
      maxWeightBps: ramp.maxWeightBps,
    });
    const isWorthwhile = allowed >= weight * WORTHWHILE || allowed === ramp.maxWeightBps;
    return isWorthwhile ? allowed : weight;
  };
  const bucketToMs = (fromMs: number, stageEndMs: number) =>
    bucketEnd(fromMs, { ...simulation, sinceMs: Math.max(0, weightSinceMs), stageEndMs });
  const count = (toMs: number) => {
    if (nowMs >= liveAtMs) liveWeight = weight;
    const slice = drawSlice(random, traffic, { fromMs: nowMs, toMs, weightBps: liveWeight });
    failedByCanary += slice.failedByCanary;
    slowByCanary += slice.slowByCanary;
    return slice;
  };
  const finish = (verdict: SimulatedRollout["verdict"]): SimulatedRollout => {
    const atMs = nowMs;
    if (verdict !== "inconclusive") count(nowMs + ACTUATION_MS);
    return { verdict, atMs, failedByCanary, slowByCanary, weightBps: highest, riskBound, looks };
  };

  // A change in the middle of a long bucket would spoil it, so it waits for the next one.
  const isAligned = feed.resolutionMs >= COARSE_MS || (simulation.coarseness ?? 0) > 0;
  const first = course[0];
  if (first === undefined) return finish("inconclusive");
  enter(first);
  const meter = startMeter(feed, bucketToMs(0, longestMs(first)));
  for (;;) {
    const stage = course[index];
    if (stage === undefined) return finish("inconclusive");
    const stageEndMs = stageFromMs + longestMs(stage);
    const rampAtMs = stage.kind === "ramp" ? weightSinceMs + controlMs(feed) : Infinity;
    const readAtMs = meter.nextReadMs();
    const driftMs = typeof traffic.errorRate === "number" ? Infinity : nowMs + DRIFT_MS;
    const nextMs = Math.min(
      stageEndMs > nowMs ? stageEndMs : Infinity,
      meter.bucketToMs,
      readAtMs,
      liveAtMs > nowMs ? liveAtMs : Infinity,
      rampAtMs > nowMs ? rampAtMs : Infinity,
      driftMs,
    );
    if (nextMs > nowMs) meter.add(count(nextMs));
    nowMs = nextMs;

    if (nowMs >= readAtMs) {
      const { countedToMs } = feedState;
      const { buckets, readToMs } = meter.read(nowMs, countedToMs);
      const taken = takeBuckets(feedState, buckets, {
        readToMs,
        nowMs,
        graceMs: graceMs(feed),
        spans: spans.until(readToMs, countedToMs),
      });
      feedState = taken.feed;
      meter.forget(feedState.countedToMs);
      for (const { bucket, weightBps } of taken.closed) {
        comparison = observe(comparison, settings, bucket, weightBps);
      }
      if (taken.closed.length > 0) {
        const evidence = judge(comparison, settings);
        looks += 1;
        verdict = evidence.verdict;
        isSuspicious = evidence.rollback.logE >= evidence.rollback.threshold * SUSPICIOUS;
        riskBound = Math.min(riskBound, evidence.riskBound);
      }
    }
    if (verdict === "fail") return finish("abort");
    const mayPromote = stage.kind !== "hold" || simulation.promotesEarly === true;
    const isProved = verdict === "pass" && nowMs >= simulation.minTimeMs;
    if (isProved && mayPromote && !isSuspicious) return finish("promote");

    const isBucketOver = nowMs >= meter.bucketToMs;
    const mayShift = isBucketOver || !isAligned;
    if (nowMs >= stageEndMs && (mayShift || nowMs % feed.resolutionMs === 0)) {
      const next = course[index + 1];
      const isRise = next !== undefined && next.kind !== "ramp" && next.weightBps > weight;
      if (!isRise || !isSuspicious) {
        index += 1;
        stageFromMs = nowMs;
        if (next !== undefined) enter(next);
      } else if (nowMs >= stageEndMs + MOST_HELD_MS) return finish("inconclusive");
    } else if (stage.kind === "ramp" && mayShift && nowMs >= rampAtMs && !isSuspicious) {
      setWeight(rampTo(stage));
    }
    if (isBucketOver) {
      const now = course[index];
      meter.close(bucketToMs(nowMs, now === undefined ? nowMs : stageFromMs + longestMs(now)));
    }
  }
}

/** On the feed's own grid; a longer bucket ends with its stage, so that the weight is the same in all of it. */
function bucketEnd(
  fromMs: number,
  {
    feed: { resolutionMs },
    coarseness = 0,
    sinceMs,
    stageEndMs,
  }: Pick<Simulation, "feed" | "coarseness"> & {
    readonly sinceMs: number;
    readonly stageEndMs: number;
  },
): number {
  const grid = (ms: number) => Math.floor(ms / resolutionMs) * resolutionMs;
  const longer = Math.max(resolutionMs, grid((fromMs - sinceMs) * coarseness));
  const lastMs = Math.max(fromMs + resolutionMs, grid(stageEndMs));
  return Math.min(fromMs + longer, lastMs);
}

import { judge, observe, startComparison } from "../analysis/comparison.ts";
import type { ComparisonState } from "../analysis/comparison.ts";
import type { Verdict } from "../analysis/evidence.ts";
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
import type { Meter, Spans } from "./meter.ts";
import type { Random } from "./random.ts";
import { drawSlice } from "./traffic.ts";
import type { Slice, TrafficModel } from "./traffic.ts";

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

type Ramp = Stage & { readonly kind: "ramp" };

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
  const run = new Run(simulation);
  let end = run.begin();
  while (end === undefined) end = run.step();
  return end;
}

class Run {
  readonly #given: Simulation;
  readonly #spans: Spans;
  readonly #meter: Meter;
  /** Whether a change of weight waits for the next bucket: in the middle of a long one it would spoil it. */
  readonly #isAligned: boolean;

  #nowMs = 0;
  #stage = 0;
  #stageFromMs = 0;

  #weight = 0;
  #weightSinceMs = 0;
  #highest = 0;
  /** The weight that requests meet, and when it becomes the one that was set. */
  #liveWeight = 0;
  #liveAtMs = 0;

  #feed = startFeed(0);
  #comparison: ComparisonState;
  #verdict: Verdict = "inconclusive";
  #isSuspicious = false;
  #riskBound = 1;
  #looks = 0;

  #failedByCanary = 0;
  #slowByCanary = 0;

  constructor(given: Simulation) {
    this.#given = given;
    this.#spans = startSpans(given.propagationMs ?? PROPAGATION_MS);
    this.#isAligned = given.feed.resolutionMs >= COARSE_MS || (given.coarseness ?? 0) > 0;
    this.#comparison = startComparison(given.settings);
    this.#meter = startMeter(given.feed, this.#bucketEnd());
  }

  begin(): SimulatedRollout | undefined {
    const first = this.#given.course[0];
    if (first === undefined) return this.#end("inconclusive");
    this.#enter(first);
    return undefined;
  }

  /** Goes on to the next moment at which anything can change; the end, when it has come. */
  step(): SimulatedRollout | undefined {
    const stage = this.#given.course[this.#stage];
    if (stage === undefined) return this.#end("inconclusive");
    const readAtMs = this.#meter.nextReadMs();
    const nextMs = this.#nextMs(stage, readAtMs);
    this.#meter.add(this.#count(nextMs));
    this.#nowMs = nextMs;
    if (nextMs >= readAtMs) this.#look();
    if (this.#verdict === "fail") return this.#end("abort");
    if (this.#mayPromote(stage)) return this.#end("promote");
    const isBucketOver = nextMs >= this.#meter.bucketToMs;
    if (this.#shift(stage, isBucketOver || !this.#isAligned) === "over") {
      return this.#end("inconclusive");
    }
    if (isBucketOver) this.#meter.close(this.#bucketEnd());
    return undefined;
  }

  #nextMs(stage: Stage, readAtMs: number): number {
    const moments = [
      this.#stageEndMs(stage),
      this.#meter.bucketToMs,
      readAtMs,
      this.#liveAtMs,
      this.#rampAtMs(stage),
      typeof this.#given.traffic.errorRate === "number" ? Infinity : this.#nowMs + DRIFT_MS,
    ];
    let nextMs = Infinity;
    for (const atMs of moments) if (atMs > this.#nowMs && atMs < nextMs) nextMs = atMs;
    return nextMs;
  }

  /** What happens until `toMs`. */
  #count(toMs: number): Slice {
    const { random, traffic } = this.#given;
    if (this.#nowMs >= this.#liveAtMs) this.#liveWeight = this.#weight;
    const stretch = { fromMs: this.#nowMs, toMs, weightBps: this.#liveWeight };
    const slice = drawSlice(random, traffic, stretch);
    this.#failedByCanary += slice.failedByCanary;
    this.#slowByCanary += slice.slowByCanary;
    return slice;
  }

  #look(): void {
    const { feed, settings } = this.#given;
    const { countedToMs } = this.#feed;
    const { buckets, readToMs } = this.#meter.read(this.#nowMs, countedToMs);
    const taken = takeBuckets(this.#feed, buckets, {
      readToMs,
      nowMs: this.#nowMs,
      graceMs: graceMs(feed),
      spans: this.#spans.until(readToMs, countedToMs),
    });
    this.#feed = taken.feed;
    this.#meter.forget(taken.feed.countedToMs);
    if (taken.closed.length === 0) return;
    for (const { bucket, weightBps } of taken.closed) {
      this.#comparison = observe(this.#comparison, settings, bucket, weightBps);
    }
    const { verdict, rollback, riskBound } = judge(this.#comparison, settings);
    this.#looks += 1;
    this.#verdict = verdict;
    this.#isSuspicious = rollback.logE >= rollback.threshold * SUSPICIOUS;
    this.#riskBound = Math.min(this.#riskBound, riskBound);
  }

  #mayPromote(stage: Stage): boolean {
    const { minTimeMs, promotesEarly } = this.#given;
    if (this.#verdict !== "pass" || this.#nowMs < minTimeMs || this.#isSuspicious) return false;
    return stage.kind !== "hold" || promotesEarly === true;
  }

  /** Enters the next stage or raises the weight, when it is time; over when the evidence held a stage for too long. */
  #shift(stage: Stage, mayShift: boolean): "over" | "going on" {
    const endMs = this.#stageEndMs(stage);
    if (this.#nowMs < endMs) {
      const isDue = stage.kind === "ramp" && this.#nowMs >= this.#rampAtMs(stage);
      if (isDue && mayShift) this.#setWeight(this.#rampTo(stage));
      return "going on";
    }
    if (!mayShift && this.#nowMs % this.#given.feed.resolutionMs !== 0) return "going on";
    const next = this.#given.course[this.#stage + 1];
    const isRise = next !== undefined && next.kind !== "ramp" && next.weightBps > this.#weight;
    if (isRise && this.#isSuspicious) {
      return this.#nowMs >= endMs + MOST_HELD_MS ? "over" : "going on";
    }
    this.#stage += 1;
    this.#stageFromMs = this.#nowMs;
    if (next !== undefined) this.#enter(next);
    return "going on";
  }

  #enter(stage: Stage): void {
    this.#setWeight(stage.kind === "ramp" ? this.#rampTo(stage) : stage.weightBps);
  }

  #setWeight(weightBps: number): void {
    const { random, propagationMs = PROPAGATION_MS } = this.#given;
    if (weightBps === this.#weight) return;
    this.#weight = weightBps;
    this.#weightSinceMs = this.#nowMs;
    this.#liveAtMs = this.#nowMs + propagationMs * random();
    this.#highest = Math.max(this.#highest, weightBps);
    this.#spans.change(this.#nowMs, weightBps);
  }

  #rampTo(ramp: Ramp): number {
    const { traffic, feed } = this.#given;
    const allowed = rampWeightBps({
      weightBps: this.#weight,
      riskBound: this.#riskBound,
      requestsPerSecond: traffic.requestsPerSecond,
      reactionMs: reactionMs(feed),
      failures: ramp.failures,
      minWeightBps: ramp.minWeightBps,
      maxWeightBps: ramp.maxWeightBps,
    });
    const isWorthwhile = allowed >= this.#weight * WORTHWHILE || allowed === ramp.maxWeightBps;
    return isWorthwhile ? allowed : this.#weight;
  }

  #rampAtMs(stage: Stage): number {
    return stage.kind === "ramp" ? this.#weightSinceMs + controlMs(this.#given.feed) : Infinity;
  }

  #stageEndMs(stage: Stage): number {
    return this.#stageFromMs + longestMs(stage);
  }

  /** On the feed's own grid; a longer bucket ends with its stage, so that the weight is the same in all of it. */
  #bucketEnd(): number {
    const { feed, coarseness = 0, course } = this.#given;
    const { resolutionMs } = feed;
    const grid = (ms: number) => Math.floor(ms / resolutionMs) * resolutionMs;
    const stage = course[this.#stage];
    const stageEndMs = stage === undefined ? 0 : this.#stageEndMs(stage);
    const longer = grid((this.#nowMs - this.#weightSinceMs) * coarseness);
    const lastMs = Math.max(resolutionMs, grid(stageEndMs) - this.#nowMs);
    return this.#nowMs + Math.min(Math.max(resolutionMs, longer), lastMs);
  }

  #end(verdict: SimulatedRollout["verdict"]): SimulatedRollout {
    const atMs = this.#nowMs;
    // A rollback takes effect only later; until then the canary goes on failing.
    if (verdict === "abort") this.#count(atMs + ACTUATION_MS);
    return {
      verdict,
      atMs,
      failedByCanary: this.#failedByCanary,
      slowByCanary: this.#slowByCanary,
      weightBps: this.#highest,
      riskBound: this.#riskBound,
      looks: this.#looks,
    };
  }
}

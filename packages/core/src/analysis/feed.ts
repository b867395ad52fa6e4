import { EMPTY_SHAPE, isStretch, shapeWith } from "./bucket-shape.ts";
import type { BucketShape } from "./bucket-shape.ts";
import type { CountBucket } from "./counts.ts";
import { lateFromMs } from "./late-counts.ts";
import { hasSlow, mergeBuckets, requestsOf, withWholeSlow } from "./merge-buckets.ts";

/** A bucket is closed with this many requests in it: fewer have too coarse a share for the canary. */
const ENOUGH_REQUESTS = 30;
/** Or when it is this old, so that evidence does not wait for traffic that does not come. */
const OLD_MS = 10_000;
/** How much of a bucket may lie outside the steady span it belongs to. */
const UNSTEADY_SHARE = 0.1;

/** A stretch in which the weight was steady, from one reading-back to the next change. */
export interface SteadySpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly weightBps: number;
}

/** A bucket that may still grow. */
interface Pending {
  readonly bucket: CountBucket;
  readonly spanFromMs: number;
  readonly weightBps: number;
}

export interface Dropped {
  /** Of a time that was counted already. */
  readonly repeated: number;
  /** Counted while the weight changed. */
  readonly unsteady: number;
  /** Counts that cannot be true. */
  readonly invalid: number;
}

/** How far a source has been counted. Plain data. */
export interface FeedState {
  /** Read the source from here. Never goes back. */
  readonly countedToMs: number;
  /** At most one for each stratum. */
  readonly pending: readonly Pending[];
  readonly shape: BucketShape;
  /** Since the start. */
  readonly dropped: Dropped;
}

export interface FeedOptions {
  /** The source has been read up to here, a point of its grid; a bucket that ends later is not complete. */
  readonly readToMs: number;
  readonly nowMs: number;
  /** How late one version's counts may come after the other's. */
  readonly graceMs: number;
  /** The present one has to reach as far as was read. */
  readonly spans: readonly SteadySpan[];
}

export interface ClosedBucket {
  readonly bucket: CountBucket;
  readonly weightBps: number;
}

export function startFeed(fromMs: number): FeedState {
  const dropped = { repeated: 0, unsteady: 0, invalid: 0 };
  return { countedToMs: fromMs, pending: [], shape: EMPTY_SHAPE, dropped };
}

/**
 * From the raw buckets of a source, on its own grid and in any order, to closed ones: each stretch of each stratum
 * exactly once, all of it under one weight. `dropped` is what this call dropped; nothing is ever thrown.
 *
 * When a bucket closes depends on times and on numbers of requests, never on errors: the share that the comparison
 * bets at is then fixed before the outcomes.
 */
export function takeBuckets(
  feed: FeedState,
  raw: readonly CountBucket[],
  options: FeedOptions,
): { feed: FeedState; closed: readonly ClosedBucket[]; dropped: Dropped } {
  const intake = new Intake(feed);
  const stretches = raw.filter((bucket) => isStretch(bucket) || intake.drop("invalid"));
  const complete = stretches.filter(({ toMs }) => toMs <= options.readToMs);
  const fresh = complete.filter(
    ({ fromMs }) => fromMs >= feed.countedToMs || intake.drop("repeated"),
  );
  const heldFromMs = lateFromMs(fresh, options.nowMs - options.graceMs);
  for (const bucket of fresh.toSorted(byTime)) {
    if (bucket.fromMs < heldFromMs) intake.take(bucket, options.spans);
  }
  // Where nothing can come late any more, silence is counted to its end: the next read begins behind it.
  if (options.readToMs <= options.nowMs - options.graceMs) intake.countTo(options.readToMs);
  intake.closeStale(options);
  return intake.result();
}

/** One call's work on a feed. */
class Intake {
  readonly #before: FeedState;
  readonly #closed: ClosedBucket[] = [];
  readonly #dropped = { repeated: 0, unsteady: 0, invalid: 0 };
  readonly #takenToMs = new Map<string, number>();
  readonly #pending: Map<string, Pending>;
  #countedToMs: number;
  #shape: BucketShape;

  constructor(feed: FeedState) {
    this.#before = feed;
    this.#pending = new Map(feed.pending.map((pending) => [pending.bucket.stratum, pending]));
    this.#countedToMs = feed.countedToMs;
    this.#shape = feed.shape;
  }

  /** Always false, so that a filter can say why it leaves something out. */
  drop(why: keyof Dropped): false {
    this.#dropped[why] += 1;
    return false;
  }

  /** The next bucket in time. Whatever becomes of it, its stretch is done with. */
  take(bucket: CountBucket, spans: readonly SteadySpan[]): void {
    if (bucket.fromMs < (this.#takenToMs.get(bucket.stratum) ?? -Infinity)) {
      this.drop("repeated");
      return;
    }
    this.#takenToMs.set(bucket.stratum, bucket.toMs);
    this.countTo(bucket.toMs);
    const shape = shapeWith(this.#shape, bucket);
    if (shape === undefined) {
      this.drop("invalid");
      return;
    }
    const span = spanOf(bucket, spans);
    if (span === undefined) {
      this.drop("unsteady");
      return;
    }
    this.#shape = shape;
    if (bucket.stable === undefined && bucket.canary === undefined) return;
    this.#grow(withWholeSlow(bucket, shape.slow), span);
  }

  countTo(ms: number): void {
    this.#countedToMs = Math.max(this.#countedToMs, ms);
  }

  /** Closes what cannot grow any more: old by what could be read, or of a span that another one has followed. */
  closeStale({ readToMs, spans }: FeedOptions): void {
    for (const { bucket, spanFromMs } of this.#pending.values()) {
      const isFollowed = spans.some(({ fromMs }) => fromMs > spanFromMs && fromMs < readToMs);
      if (isFollowed || readToMs - bucket.fromMs >= OLD_MS) this.#close(bucket.stratum);
    }
  }

  result(): { feed: FeedState; closed: readonly ClosedBucket[]; dropped: Dropped } {
    const before = this.#before.dropped;
    const dropped = {
      repeated: before.repeated + this.#dropped.repeated,
      unsteady: before.unsteady + this.#dropped.unsteady,
      invalid: before.invalid + this.#dropped.invalid,
    };
    const pending = [...this.#pending.values()];
    const feed = { countedToMs: this.#countedToMs, pending, shape: this.#shape, dropped };
    return { feed, closed: this.#closed, dropped: this.#dropped };
  }

  #grow(bucket: CountBucket, span: SteadySpan): void {
    const before = this.#pending.get(bucket.stratum);
    if (before !== undefined && !fits(before, bucket, span)) this.#close(bucket.stratum);
    const open = this.#pending.get(bucket.stratum)?.bucket;
    const grown = open === undefined ? bucket : mergeBuckets(open, bucket);
    const { fromMs, weightBps } = span;
    this.#pending.set(bucket.stratum, { bucket: grown, spanFromMs: fromMs, weightBps });
    const isOld = grown.toMs - grown.fromMs >= OLD_MS;
    if (isOld || requestsOf(grown) >= ENOUGH_REQUESTS) this.#close(bucket.stratum);
  }

  #close(stratum: string): void {
    const pending = this.#pending.get(stratum);
    if (pending === undefined) return;
    this.#pending.delete(stratum);
    this.#closed.push({ bucket: pending.bucket, weightBps: pending.weightBps });
  }
}

/** Whether the bucket may become part of the pending one: the same span, not too old, and latency counted in both. */
function fits(before: Pending, bucket: CountBucket, span: SteadySpan): boolean {
  const isSameSpan = before.spanFromMs === span.fromMs && before.weightBps === span.weightBps;
  const isWhole = bucket.toMs - bucket.fromMs >= OLD_MS;
  const isYoung = bucket.fromMs - before.bucket.fromMs < OLD_MS;
  return isSameSpan && isYoung && !isWhole && hasSlow(before.bucket) === hasSlow(bucket);
}

/** The span that the bucket belongs to; undefined when too much of it lies outside every one. */
function spanOf(bucket: CountBucket, spans: readonly SteadySpan[]): SteadySpan | undefined {
  const needed = (bucket.toMs - bucket.fromMs) * (1 - UNSTEADY_SHARE);
  return spans.find(
    (span) => Math.min(span.toMs, bucket.toMs) - Math.max(span.fromMs, bucket.fromMs) >= needed,
  );
}

function byTime(left: CountBucket, right: CountBucket): number {
  if (left.fromMs !== right.fromMs) return left.fromMs - right.fromMs;
  return left.stratum < right.stratum ? -1 : Number(left.stratum > right.stratum);
}

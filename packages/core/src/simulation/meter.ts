import type { ArmCounts, CountBucket } from "../analysis/counts.ts";
import type { SteadySpan } from "../analysis/feed.ts";
import { graceMs } from "../analysis/timing.ts";
import type { FeedTiming } from "../analysis/timing.ts";
import type { Slice } from "./traffic.ts";

/** Counts what happens into the feed's buckets, and hands them over once they are old enough to be read. */
export interface Meter {
  /** When the bucket that is being filled ends. */
  readonly bucketToMs: number;
  /** When a reading would next give something else than the last one: a new bucket, or one that is waited for no more. */
  nextReadMs(): number;
  add(slice: Slice): void;
  /** Ends the bucket that is being filled; the next one ends at `nextToMs`. */
  close(nextToMs: number): void;
  /** Everything from `countedToMs` on that can be read by now. */
  read(nowMs: number, countedToMs: number): Reading;
  /** What was counted, or read and empty, is not read again. */
  forget(countedToMs: number): void;
}

interface Complete {
  readonly fromMs: number;
  readonly toMs: number;
  /** Absent when there were no requests. */
  readonly bucket?: CountBucket;
}

export interface Reading {
  /** A bucket without requests is left out. */
  readonly buckets: readonly CountBucket[];
  readonly readToMs: number;
}

export function startMeter(feed: FeedTiming, firstToMs: number): Meter {
  let fromMs = 0;
  let toMs = firstToMs;
  let stable: ArmCounts | undefined;
  let canary: ArmCounts | undefined;
  let readToMs = 0;
  let complete: readonly Complete[] = [];
  return {
    get bucketToMs() {
      return toMs;
    },
    nextReadMs() {
      const [first] = complete;
      if (first === undefined) return Infinity;
      if (first.toMs > readToMs) return first.toMs + feed.lagMs;
      const fresh = complete.find((entry) => entry.toMs > readToMs);
      return Math.min(first.toMs + graceMs(feed), (fresh?.toMs ?? Infinity) + feed.lagMs);
    },
    add(slice) {
      stable = plus(stable, slice.stable);
      canary = plus(canary, slice.canary);
    },
    close(nextToMs) {
      const isSilent = stable === undefined && canary === undefined;
      const bucket = {
        fromMs,
        toMs,
        stratum: "all",
        ...(stable === undefined ? {} : { stable }),
        ...(canary === undefined ? {} : { canary }),
      };
      complete = [...complete, { fromMs, toMs, ...(isSilent ? {} : { bucket }) }];
      fromMs = toMs;
      toMs = nextToMs;
      stable = undefined;
      canary = undefined;
    },
    read(nowMs, countedToMs) {
      const ready = complete.filter((entry) => entry.toMs + feed.lagMs <= nowMs);
      readToMs = ready.at(-1)?.toMs ?? readToMs;
      const buckets = ready.flatMap(({ bucket }) =>
        bucket === undefined || bucket.fromMs < countedToMs ? [] : [bucket],
      );
      return { buckets, readToMs };
    },
    forget(countedToMs) {
      complete = complete.filter(
        (entry) =>
          entry.toMs > readToMs || (entry.bucket !== undefined && entry.fromMs >= countedToMs),
      );
    },
  };
}

/** Absent as long as nothing was counted: silence is not zero errors. */
function plus(sum: ArmCounts | undefined, more: ArmCounts): ArmCounts | undefined {
  if (more.requests === 0) return sum;
  if (sum === undefined) return more;
  const counts = { requests: sum.requests + more.requests, errors: sum.errors + more.errors };
  const { slow } = more;
  if (slow === undefined) return counts;
  return { ...counts, slow: slow.map((count, index) => count + (sum.slow?.[index] ?? 0)) };
}

/** The stretches in which the weight was steady everywhere. */
export interface Spans {
  /** The weight is another one from `atMs` on, and `propagationMs` later everywhere. */
  change(atMs: number, weightBps: number): void;
  /** Oldest first, the one that goes on cut at `toMs`; those that were counted whole are forgotten. */
  until(toMs: number, countedToMs: number): readonly SteadySpan[];
}

export function startSpans(propagationMs: number): Spans {
  let ended: SteadySpan[] = [];
  let steady: { readonly fromMs: number; readonly weightBps: number } | undefined;
  return {
    change(atMs, weightBps) {
      if (steady !== undefined && atMs > steady.fromMs) ended.push({ ...steady, toMs: atMs });
      steady = { fromMs: atMs + propagationMs, weightBps };
    },
    until(toMs, countedToMs) {
      ended = ended.filter((span) => span.toMs > countedToMs);
      return steady === undefined || steady.fromMs >= toMs
        ? ended
        : [...ended, { ...steady, toMs }];
    },
  };
}

/** One stretch of a recorded or generated run; it ends at `atMs`, and is as long as the distance to the one before. */
export interface PeerBucket {
  /** Milliseconds, rising within a run. */
  readonly atMs: number;
  /** The canary's share as it was set, 0 to 10000. */
  readonly weightBps: number;
  readonly stable: PeerCounts;
  readonly canary: PeerCounts;
}

export interface PeerCounts {
  readonly requests: number;
  readonly errors: number;
}

/** What another tool's rule would have done, when, and because of what. */
export interface PeerVerdict {
  readonly verdict: "abort" | "promote" | "inconclusive";
  readonly atMs: number;
  readonly why: string;
}

/** A run as the rules ask for it: by windows that end when they look. */
export interface RunTotals {
  /**
   * When the canary's first bucket began. What lies before is the history that an alarm has seen. Undefined when
   * the canary never had any traffic.
   */
  readonly startMs: number | undefined;
  readonly endMs: number;
  /** Of the buckets that ended after `fromMs` and up to `toMs`: a bucket belongs where it ends. */
  between(
    fromMs: number,
    toMs: number,
  ): { readonly stable: PeerCounts; readonly canary: PeerCounts };
}

const MINUTE_MS = 60_000;
/** Stable's requests and errors, the canary's requests and errors. */
const COLUMNS = 4;

export function runTotals(buckets: readonly PeerBucket[]): RunTotals {
  // Running sums: a window costs two searches, whatever its length.
  const sums = new Float64Array((buckets.length + 1) * COLUMNS);
  let row = 0;
  for (const { stable, canary } of buckets) {
    sums[row + COLUMNS] = (sums[row] ?? 0) + stable.requests;
    sums[row + COLUMNS + 1] = (sums[row + 1] ?? 0) + stable.errors;
    sums[row + COLUMNS + 2] = (sums[row + 2] ?? 0) + canary.requests;
    sums[row + COLUMNS + 3] = (sums[row + 3] ?? 0) + canary.errors;
    row += COLUMNS;
  }
  return {
    startMs: startOf(buckets),
    endMs: buckets.at(-1)?.atMs ?? 0,
    between(fromMs, toMs) {
      const from = endedUpTo(buckets, fromMs) * COLUMNS;
      const to = endedUpTo(buckets, toMs) * COLUMNS;
      const sum = (column: number) => (sums[to + column] ?? 0) - (sums[from + column] ?? 0);
      return {
        stable: { requests: sum(0), errors: sum(1) },
        canary: { requests: sum(2), errors: sum(3) },
      };
    },
  };
}

function startOf(buckets: readonly PeerBucket[]): number | undefined {
  const index = buckets.findIndex(({ weightBps, canary }) => weightBps > 0 || canary.requests > 0);
  const first = buckets[index];
  if (first === undefined) return undefined;
  const before = buckets[index - 1];
  if (before !== undefined) return before.atMs;
  return firstBucketStart(first.atMs, buckets[index + 1]?.atMs ?? Infinity);
}

/** Nothing says how long a run's first bucket is: as long as the second, and no longer than a minute. */
export function firstBucketStart(firstMs: number, secondMs: number): number {
  return firstMs - Math.min(secondMs - firstMs, MINUTE_MS);
}

/** How many buckets ended at or before `atMs`. */
function endedUpTo(buckets: readonly PeerBucket[], atMs: number): number {
  let low = 0;
  let high = buckets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((buckets[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** For every rule: a run in which there was nothing to judge. */
export function neverStarted({ endMs }: RunTotals): PeerVerdict {
  return { verdict: "inconclusive", atMs: endMs, why: "the canary never had any traffic" };
}

/** For every rule: the recording is shorter than the rule takes. */
export function endedFirst({ endMs }: RunTotals, why: string): PeerVerdict {
  return { verdict: "inconclusive", atMs: endMs, why: `the run ended first: ${why}` };
}

/** "1 check", "2 checks". */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** "98.5%": at most two decimals, none that are zero. */
export function percentText(share: number): string {
  return `${Number((100 * share).toFixed(2))}%`;
}

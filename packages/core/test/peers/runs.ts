import type { PeerBucket } from "../../src/peers/run-totals.ts";

/** Requests and errors of both versions in one bucket. */
interface Counts {
  readonly stable?: readonly [requests: number, errors: number];
  readonly canary?: readonly [requests: number, errors: number];
  readonly weightBps?: number;
}

/**
 * A run of buckets of `bucketMs`, the first of which begins at 0. `countsAt` is asked with each bucket's number,
 * from 0; what it leaves out is a healthy 900 and 100 requests at 10 %.
 */
export function runOf(
  buckets: number,
  bucketMs: number,
  countsAt: (bucket: number) => Counts = () => ({}),
): PeerBucket[] {
  return Array.from({ length: buckets }, (_, index) => {
    const { stable = [900, 0], canary = [100, 0], weightBps = 1000 } = countsAt(index);
    return {
      atMs: (index + 1) * bucketMs,
      weightBps,
      stable: { requests: stable[0], errors: stable[1] },
      canary: { requests: canary[0], errors: canary[1] },
    };
  });
}

export const MINUTE_MS = 60_000;

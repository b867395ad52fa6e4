import type { ArmCounts, CountBucket } from "./counts.ts";

/**
 * The moment from which counts may still be on their way; Infinity when nothing is missing. A version that is in none
 * of a stratum's newest buckets may be late there, as long as they are younger than `oldMs`: taken now, its counts would be
 * lost. Once it appears in a later bucket, or the bucket is old, it had nothing to count.
 */
export function lateFromMs(buckets: readonly CountBucket[], oldMs: number): number {
  const edges = new Map<string, { stable: number; canary: number }>();
  for (const { stratum, stable, canary, toMs } of buckets) {
    const edge = edges.get(stratum) ?? { stable: -Infinity, canary: -Infinity };
    edges.set(stratum, {
      stable: edgeWith(edge.stable, stable, toMs),
      canary: edgeWith(edge.canary, canary, toMs),
    });
  }
  let fromMs = Infinity;
  for (const bucket of buckets) {
    const edge = edges.get(bucket.stratum);
    if (edge === undefined || bucket.toMs <= oldMs) continue;
    if (bucket.fromMs >= Math.min(edge.stable, edge.canary)) {
      fromMs = Math.min(fromMs, bucket.fromMs);
    }
  }
  return fromMs;
}

/** The end of the last bucket in which the version was counted. */
function edgeWith(edge: number, arm: ArmCounts | undefined, toMs: number): number {
  return arm === undefined ? edge : Math.max(edge, toMs);
}

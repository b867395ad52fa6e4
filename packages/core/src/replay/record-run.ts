import type { VersionBucket } from "../contracts/metric-source.ts";
import type { Prepared, VersionId } from "../contracts/traffic-driver.ts";
import type { PeerCounts } from "../peers/run-totals.ts";
import type { RolloutEvent } from "../rollout/event.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { canaryShare } from "../rollout/route.ts";
import type { BucketLine } from "./bucket-line.ts";

/** Which version is which in a recording. */
export interface RecordedVersions {
  readonly run: string;
  readonly stable: VersionId;
  readonly canary: VersionId;
}

/**
 * A recording of counts that were read without a rollout: the weight is the canary's share of the requests, to the
 * nearest basis point.
 */
export function recordCounts(
  versions: RecordedVersions,
  buckets: readonly VersionBucket[],
): BucketLine[] {
  return recordBuckets(versions, buckets, ({ stable, canary }) => {
    const requests = stable.requests + canary.requests;
    return requests === 0 ? 0 : Math.round((10_000 * canary.requests) / requests);
  });
}

/**
 * A recording of what a rollout counted, with the weight as it had been read back when each bucket began: a run for
 * each attempt. Empty when it counted nothing. A window that was read again counts once, as it was read last.
 */
export function recordRollout(rollout: Rollout, events: readonly RolloutEvent[]): BucketLine[] {
  return attemptsIn(events).flatMap(({ versions, events: own }, index) => {
    const run = index === 0 ? rollout.id : `${rollout.id} attempt ${index + 1}`;
    const buckets = own.flatMap((event) => (event.kind === "counted" ? event.buckets : []));
    const weights = own.flatMap((event) =>
      event.kind === "routeSet" || event.kind === "routeRead"
        ? [{ fromMs: event.atMs, weightBps: canaryShare({ ...rollout, versions }, event.route) }]
        : [],
    );
    const weightAt = (atMs: number) => weights.findLast(({ fromMs }) => fromMs <= atMs)?.weightBps;
    return recordBuckets(
      { run, stable: versions.stable, canary: versions.canary },
      buckets,
      ({ fromMs }) => weightAt(fromMs) ?? 0,
    );
  });
}

/** What happened from one preparation to the next: `retry` prepares again. */
function attemptsIn(events: readonly RolloutEvent[]) {
  const attempts: { readonly versions: Prepared; readonly events: RolloutEvent[] }[] = [];
  for (const event of events) {
    if (event.kind === "prepared") attempts.push({ versions: event.prepared, events: [] });
    else attempts.at(-1)?.events.push(event);
  }
  return attempts;
}

interface OpenLine {
  readonly fromMs: number;
  readonly stable: PeerCounts;
  readonly canary: PeerCounts;
}

const SILENT: PeerCounts = { requests: 0, errors: 0 };

/** One line for each end of a bucket, both versions in it and their strata added up. */
function recordBuckets(
  { run, stable, canary }: RecordedVersions,
  buckets: readonly VersionBucket[],
  weightOf: (line: OpenLine) => number,
): BucketLine[] {
  const lines = new Map<number, OpenLine>();
  for (const { version, fromMs, toMs, counts } of newest(buckets)) {
    const line = lines.get(toMs) ?? { fromMs, stable: SILENT, canary: SILENT };
    if (version === stable) lines.set(toMs, { ...line, stable: plus(line.stable, counts) });
    if (version === canary) lines.set(toMs, { ...line, canary: plus(line.canary, counts) });
  }
  return [...lines]
    .toSorted(([left], [right]) => left - right)
    .map(([atMs, line]) => ({
      run,
      atMs,
      weightBps: weightOf(line),
      stable: line.stable,
      canary: line.canary,
    }));
}

/** Each bucket once: what came late is in the later reading. */
function newest(buckets: readonly VersionBucket[]): Iterable<VersionBucket> {
  const found = new Map<string, VersionBucket>();
  for (const bucket of buckets) {
    found.set(JSON.stringify([bucket.toMs, bucket.stratum, bucket.version]), bucket);
  }
  return found.values();
}

function plus(left: PeerCounts, right: PeerCounts): PeerCounts {
  return { requests: left.requests + right.requests, errors: left.errors + right.errors };
}

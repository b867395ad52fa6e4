import type { Baseline } from "../contracts/metric-source.ts";
import type { ComparisonWatch } from "./comparison.ts";
import { isLive } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { change, isOutstanding, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** How far back stable is looked at before the rollout. */
const BASELINE_MS = 3 * 3_600_000;
/** But no more buckets than a source gives at its own resolution: coarser ones would leave out the newest. */
const BASELINE_BUCKETS = 1440;
/** How many of the newest buckets tell the rate of requests before the first weight. */
const RECENT_BUCKETS = 15;
/** Fewer requests than this say too little of a tail: looked at again while the rollout runs. */
const BASELINE_REQUESTS = 1000;
const BASELINE_AGAIN_MS = 60_000;
export function receiveBaseline(
  turn: Turn,
  found: Baseline | undefined,
  recent?: ComparisonWatch["recent"],
): Turn {
  const { comparison } = turn.rollout;
  if (comparison === undefined) return turn;
  const isBetter = found !== undefined && found.requests > enoughOf(comparison.baseline);
  const read = {
    ...comparison,
    isBaselineRead: true,
    baselineAtMs: turn.atMs + BASELINE_AGAIN_MS,
    ...(isBetter ? { baseline: found } : {}),
    // Once this rollout counts for itself, that is newer.
    ...(comparison.feed === undefined && recent !== undefined ? { recent } : {}),
  };
  const changed = change(turn, { comparison: read });
  if (comparison.isBaselineRead || found === undefined) return changed;
  const rate = (100 * found.errors) / Math.max(1, found.requests);
  const text = `stable before: ${found.requests} requests, ${Number(rate.toPrecision(2))}% failed`;
  return note(changed, "observed", text, {
    requests: found.requests,
    errors: found.errors,
    latencyMs: found.latencyMs ?? null,
  });
}

/** An earlier measurement gives way to a fresh one that says enough, or says more. */
function enoughOf(known: Baseline | undefined): number {
  return Math.min(BASELINE_REQUESTS - 1, known?.requests ?? 0);
}

export function receiveBaselineUnreadable(turn: Turn, why: string): Turn {
  const read = receiveBaseline(turn, undefined);
  return turn.rollout.comparison?.isBaselineRead === true
    ? read
    : note(read, "trouble", `stable's traffic before the rollout cannot be read: ${why}`);
}

export function pollBaseline(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  const { comparison, metrics } = rollout;
  if (comparison === undefined || !isBaselineWanted(rollout) || atMs < comparison.baselineAtMs) {
    return turn;
  }
  const version = rollout.versions?.stable ?? rollout.route.stable;
  const toMs = Math.floor((atMs - metrics.lagMs) / metrics.resolutionMs) * metrics.resolutionMs;
  const lengthMs = Math.min(BASELINE_MS, BASELINE_BUCKETS * metrics.resolutionMs);
  return issue(turn, {
    kind: "readBaseline",
    version,
    window: { fromMs: toMs - lengthMs, toMs },
    recentWindow: { fromMs: toMs - RECENT_BUCKETS * metrics.resolutionMs, toMs },
  });
}

/** Until there are enough requests to know the tail; then the thresholds are frozen. */
export function isBaselineWanted(rollout: Rollout): boolean {
  const { comparison, phase } = rollout;
  if (comparison === undefined || !isLive(phase) || phase === "baking") return false;
  if (isOutstanding(rollout, "readBaseline")) return false;
  const { isBaselineRead, baseline } = comparison;
  return !isBaselineRead || (baseline?.requests ?? 0) < BASELINE_REQUESTS;
}

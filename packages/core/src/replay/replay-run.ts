import { openBets, startBets, unbet } from "../analysis/bets.ts";
import type { Bets } from "../analysis/bets.ts";
import { betOnErrors, ERROR_STAKES } from "../analysis/error-process.ts";
import type { ErrorCounts } from "../analysis/error-process.ts";
import { logMixture } from "../analysis/logs.ts";
import { addPromotion, promotionLogE, riskBound, startPromotion } from "../analysis/promotion.ts";
import type { PromotionState } from "../analysis/promotion.ts";
import type { Allowance } from "../analysis/settings.ts";
import { DEFAULT_SETTINGS } from "../analysis/settings.ts";
import { firstBucketStart } from "../peers/run-totals.ts";
import type { PeerCounts } from "../peers/run-totals.ts";
import { isSameBounds } from "./bucket-line.ts";
import type { BucketLine } from "./bucket-line.ts";
import { addLatency, latencyLogE, NO_LATENCY } from "./latency-replay.ts";
import type { LatencyReplay } from "./latency-replay.ts";
import { lineProblem } from "./line-problem.ts";
import type { LineProblem } from "./line-problem.ts";

export interface ReplaySettings {
  readonly alpha: number;
  readonly beta: number;
  readonly tolerance: Allowance;
  readonly margin: Allowance;
  /** Promotion waits at least this long after the run's first bucket. Milliseconds. */
  readonly minTimeMs: number;
  readonly lateOnset: boolean;
}

export const REPLAY_DEFAULTS: ReplaySettings = {
  alpha: DEFAULT_SETTINGS.alpha,
  beta: DEFAULT_SETTINGS.beta,
  tolerance: DEFAULT_SETTINGS.tolerance,
  margin: DEFAULT_SETTINGS.margin,
  minTimeMs: 60_000,
  lateOnset: false,
};

/** What was known after one bucket. Evidence in natural logarithms. */
export interface ReplayPoint {
  readonly atMs: number;
  readonly rollbackLogE: number;
  readonly promoteLogE: number;
  /** @see ComparisonEvidence.riskBound */
  readonly riskBound: number;
}

/** A point with all that was counted up to it. */
export interface ReplayEvidence extends ReplayPoint {
  readonly verdict: "abort" | "promote" | "inconclusive";
  readonly buckets: number;
  /** Buckets in which both versions had requests: only they say anything. */
  readonly compared: number;
  readonly stable: PeerCounts;
  readonly canary: PeerCounts;
  /** For information: it decides nothing here. Null without histograms. */
  readonly latencyLogE: number | null;
}

/** One run, as far as it was read. Its size does not grow with the run. */
export interface RunReplay {
  readonly run: string;
  /** When its first bucket ended. */
  readonly firstMs: number;
  /** When its first bucket began, as far as can be told: its end while there is no second. */
  readonly startMs: number;
  /** What is known after the last bucket. */
  readonly latest: ReplayEvidence;
  /** What was known when the first verdict fell; it is final. */
  readonly decided: ReplayEvidence | null;
  readonly errors: Bets;
  readonly promotion: PromotionState;
  readonly latency: LatencyReplay;
}

const NO_COUNTS: PeerCounts = { requests: 0, errors: 0 };

function startRun({ run, atMs }: BucketLine, { lateOnset }: ReplaySettings): RunReplay {
  return {
    run,
    firstMs: atMs,
    startMs: atMs,
    latest: {
      atMs,
      rollbackLogE: 0,
      promoteLogE: 0,
      riskBound: 1,
      verdict: "inconclusive",
      buckets: 0,
      compared: 0,
      stable: NO_COUNTS,
      canary: NO_COUNTS,
      latencyLogE: null,
    },
    decided: null,
    errors: startBets(ERROR_STAKES.length, lateOnset),
    promotion: startPromotion(),
    latency: NO_LATENCY,
  };
}

/**
 * The run with one more bucket, which is closed and counts as it is: the canary's share of the requests is the one
 * that was seen. `before` is undefined for a run's first bucket.
 */
export function replayBucket(
  before: RunReplay | undefined,
  line: BucketLine,
  settings: ReplaySettings,
): RunReplay | LineProblem {
  const problem = before === undefined ? undefined : misfit(before, line);
  if (problem !== undefined) return problem;
  const start = before ?? startRun(line, settings);
  const { stable, canary } = line;
  const counts = {
    k1: canary.errors,
    n1: canary.requests,
    k0: stable.errors,
    n0: stable.requests,
  };
  const isCompared = counts.n1 > 0 && counts.n0 > 0;
  const errors = isCompared
    ? addErrors(start.errors, line.atMs, counts, settings.tolerance)
    : start.errors;
  const promotion = addPromotion(start.promotion, counts, settings.margin);
  const latency = addLatency(start.latency, line);
  const known = {
    atMs: line.atMs,
    rollbackLogE: logMixture(errors.logs, ERROR_STAKES, unbet(errors)),
    promoteLogE: promotionLogE(promotion, settings.margin),
    riskBound: riskBound(promotion, settings.beta),
    buckets: start.latest.buckets + 1,
    compared: start.latest.compared + (isCompared ? 1 : 0),
    stable: sum(start.latest.stable, stable),
    canary: sum(start.latest.canary, canary),
    latencyLogE: latencyLogE(latency),
  };
  const latest = { ...known, verdict: verdictOf(known, start.firstMs, settings) };
  const decided = start.decided ?? (latest.verdict === "inconclusive" ? null : latest);
  const { run, firstMs } = start;
  const startMs = start.latest.buckets === 1 ? firstBucketStart(firstMs, line.atMs) : start.startMs;
  return { run, firstMs, startMs, latest, decided, errors, promotion, latency };
}

function addErrors(bets: Bets, atMs: number, counts: ErrorCounts, tolerance: Allowance): Bets {
  const open = openBets(bets, atMs);
  betOnErrors(open.logs, 0, counts, tolerance, 1);
  return open;
}

/** Why the line cannot follow what was read of its run. */
function misfit({ run, latest, latency }: RunReplay, line: BucketLine): LineProblem | undefined {
  if (line.atMs <= latest.atMs) {
    const message = `atMs is ${line.atMs}; it must be above ${latest.atMs}, that of the bucket before it in run ${JSON.stringify(run)}`;
    return lineProblem(
      "atMs",
      message,
      "Sort each run's lines by time, and give every run a name of its own in run.",
    );
  }
  for (const version of ["stable", "canary"] as const) {
    const boundsMs = line[version].latency?.boundsMs;
    if (boundsMs === undefined || latency.boundsMs === null) continue;
    if (isSameBounds(boundsMs, latency.boundsMs)) continue;
    const field = `${version}.latency.boundsMs`;
    const message = `${field} is not what it was before in run ${JSON.stringify(run)}; it must stay the same within a run`;
    return lineProblem(field, message, "Record all of a run with the same bounds.");
  }
  return undefined;
}

/** Turning back wins when both are proved by the same bucket. */
function verdictOf(
  { atMs, rollbackLogE, promoteLogE }: ReplayPoint,
  firstMs: number,
  { alpha, beta, minTimeMs }: ReplaySettings,
): ReplayEvidence["verdict"] {
  if (rollbackLogE >= Math.log(1 / alpha)) return "abort";
  const isTime = atMs - firstMs >= minTimeMs;
  return isTime && promoteLogE >= Math.log(1 / beta) ? "promote" : "inconclusive";
}

function sum(left: PeerCounts, right: PeerCounts): PeerCounts {
  return { requests: left.requests + right.requests, errors: left.errors + right.errors };
}

import { countText, endedFirst, neverStarted, percentText, runTotals } from "./run-totals.ts";
import type { PeerBucket, PeerVerdict } from "./run-totals.ts";

export interface ArgoOptions {
  /** The metric's `interval`: the time between measurements. */
  readonly intervalMs: number;
  /** How far back the query reaches. */
  readonly windowMs: number;
  /** The success condition: a rate of at least this, 0 to 1. */
  readonly minSuccessRate: number;
  /** The rollout is aborted when MORE measurements than this have failed, in all. */
  readonly failureLimit: number;
  /** A window without requests: not measured, or the error that an empty query result is. */
  readonly noData: "skip" | "error";
  /** With `noData: "error"`: aborted when more than this many measurements in a row had none. */
  readonly consecutiveErrorLimit: number;
  /** With `noData: "error"`: a measurement that found none is taken again after this time. */
  readonly errorRetryMs: number;
  /** The steps' pauses together; then the canary is promoted. */
  readonly rolloutMs: number;
  /** From a measurement to traffic that has moved. 0 favours the rule: metrics are taken as fresh. */
  readonly delayMs: number;
}

/**
 * The success-rate template and the canary steps of Argo's own documentation: 0.95 every 5 minutes with a
 * failureLimit of 3, four steps of ten minutes. Two things favour the rule: the documented query reads the
 * service, where both versions answer, and here it reads the canary alone; and an empty result, which is an
 * error that ends a rollout after five, is passed over unless `noData` says otherwise. `irate[5m]` looks at the
 * last two scrapes only, which is the window of 30 s. Argo's failureLimit without a template is 0.
 * Source: argoproj/argo-rollouts 9f8d111, docs/features/analysis.md, utils/defaults/defaults.go.
 */
export const ARGO_DEFAULTS: ArgoOptions = {
  intervalMs: 300_000,
  windowMs: 30_000,
  minSuccessRate: 0.95,
  failureLimit: 3,
  noData: "skip",
  consecutiveErrorLimit: 4,
  errorRetryMs: 10_000,
  rolloutMs: 2_400_000,
  delayMs: 0,
};

/**
 * Argo Rollouts with a background analysis. Failures add up and are never taken back by a success.
 *
 * Source: argoproj/argo-rollouts 9f8d111, analysis/analysis.go (assessMetricStatus: Failed > failureLimit,
 * ConsecutiveError > consecutiveErrorLimit; the retry of an errored measurement).
 */
export function argo(
  buckets: readonly PeerBucket[],
  options: Partial<ArgoOptions> = {},
): PeerVerdict {
  const rule = { ...ARGO_DEFAULTS, ...options };
  const run = runTotals(buckets);
  if (run.startMs === undefined) return neverStarted(run);
  const overMs = run.startMs + rule.rolloutMs;
  const lastMs = Math.min(overMs, run.endMs);
  let failed = 0;
  let silent = 0;
  let atMs = run.startMs + rule.intervalMs;
  while (atMs <= lastMs) {
    const { requests, errors } = run.between(atMs - rule.windowMs, atMs).canary;
    const isError = requests === 0 && rule.noData === "error";
    silent = isError ? silent + 1 : 0;
    if (silent > rule.consecutiveErrorLimit) {
      const why = `${countText(silent, "measurement")} in a row found no data`;
      return { verdict: "abort", atMs: atMs + rule.delayMs, why };
    }
    const successRate = (requests - errors) / requests;
    if (requests > 0 && successRate < rule.minSuccessRate) failed += 1;
    if (failed > rule.failureLimit) {
      const rate = `${percentText(successRate)}, below ${percentText(rule.minSuccessRate)}`;
      const why = `${countText(failed, "measurement")} failed, the last one with a success rate of ${rate}`;
      return { verdict: "abort", atMs: atMs + rule.delayMs, why };
    }
    atMs += isError ? rule.errorRetryMs : rule.intervalMs;
  }
  const why = `${countText(failed, "measurement")} failed, and ${rule.failureLimit} may`;
  if (overMs > run.endMs) return endedFirst(run, why);
  return { verdict: "promote", atMs: overMs, why };
}

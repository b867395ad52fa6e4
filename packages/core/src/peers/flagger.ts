import { countText, endedFirst, neverStarted, percentText, runTotals } from "./run-totals.ts";
import type { PeerBucket, PeerVerdict } from "./run-totals.ts";

export interface FlaggerOptions {
  /** `analysis.interval`: how often it looks and acts. */
  readonly intervalMs: number;
  /** The metric's own `interval`: how far back a look reaches. */
  readonly windowMs: number;
  /** `analysis.threshold`: failed checks, in all, after which it rolls back. */
  readonly threshold: number;
  /** The least success rate of the canary, 0 to 1. */
  readonly minSuccessRate: number;
  /** `analysis.maxWeight` and `stepWeight`, in percent: promoted after one good check for each step. */
  readonly maxWeightPercent: number;
  readonly stepWeightPercent: number;
  /** From a look to traffic that has moved. 0 favours the rule: metrics are taken as fresh. */
  readonly delayMs: number;
}

/**
 * Flagger's code reads an absent threshold as 1; its tutorials set 5. The interval and the metric's window are
 * its defaults, the steps and the success rate its tutorials'.
 * Source: fluxcd/flagger 15bd6ad, pkg/apis/flagger/v1beta1/canary.go (AnalysisInterval, MetricInterval,
 * GetAnalysisThreshold); docs/gitbook/tutorials/istio-progressive-delivery.md.
 */
export const FLAGGER_DEFAULTS: FlaggerOptions = {
  intervalMs: 60_000,
  windowMs: 60_000,
  threshold: 1,
  minSuccessRate: 0.99,
  maxWeightPercent: 50,
  stepWeightPercent: 10,
  delayMs: 0,
};

/**
 * Flagger. Every tick first looks whether the failed checks have reached the threshold, and only then measures:
 * so a rollback comes one tick after the check that was too many. A failed check holds the weight; a good one
 * raises it, and never takes a failed one back. A window without requests is a failed check.
 *
 * Source: fluxcd/flagger 15bd6ad, pkg/controller/scheduler.go (the rollback comes before the analysis),
 * scheduler_metrics.go, pkg/canary/status.go (the counter only rises).
 */
export function flagger(
  buckets: readonly PeerBucket[],
  options: Partial<FlaggerOptions> = {},
): PeerVerdict {
  const rule = { ...FLAGGER_DEFAULTS, ...options };
  const run = runTotals(buckets);
  if (run.startMs === undefined) return neverStarted(run);
  const needed = Math.ceil(rule.maxWeightPercent / rule.stepWeightPercent);
  let failed = 0;
  let passed = 0;
  let last = "";
  for (let atMs = run.startMs + rule.intervalMs; atMs <= run.endMs; atMs += rule.intervalMs) {
    if (failed >= rule.threshold) {
      const why = `${countText(failed, "check")} failed, the last one on ${last}`;
      return { verdict: "abort", atMs: atMs + rule.delayMs, why };
    }
    const { requests, errors } = run.between(atMs - rule.windowMs, atMs).canary;
    const successRate = (requests - errors) / requests;
    if (requests > 0 && successRate >= rule.minSuccessRate) {
      passed += 1;
      if (passed >= needed) {
        const why = `${countText(passed, "check")} passed, one for each step up to ${rule.maxWeightPercent}%`;
        return { verdict: "promote", atMs: atMs + rule.delayMs, why };
      }
      continue;
    }
    failed += 1;
    last =
      requests === 0
        ? "a window without requests"
        : `a success rate of ${percentText(successRate)}, below ${percentText(rule.minSuccessRate)}`;
  }
  return endedFirst(run, `${countText(passed, "check")} passed, ${failed} failed`);
}

import { shiftInterval } from "./mann-whitney.ts";
import { countText, endedFirst, neverStarted, percentText, runTotals } from "./run-totals.ts";
import type { PeerBucket, PeerCounts, PeerVerdict, RunTotals } from "./run-totals.ts";

export interface KayentaOptions {
  /** One value of the series that are compared: the step of the metric query. */
  readonly pointMs: number;
  /** When it judges, from the start, rising. The last judgement is the one that promotes. */
  readonly judgedAtMs: readonly number[];
  /** Two-sided critical value of the normal distribution: 2.326 for a confidence of 98 %. */
  readonly criticalScore: number;
  /** High when the interval begins above this part of the estimated shift. */
  readonly tolerance: number;
  /** High only when the canary's mean is at least this many times stable's. */
  readonly allowedIncrease: number;
  /** From the end of the judged time to traffic that has moved. 0 favours the rule: metrics are taken as fresh. */
  readonly delayMs: number;
}

/**
 * NetflixACAJudge as it is built: its confidence, its tolerance and its effect size cannot be set. One value a
 * minute is the usual step of its queries. When it judges is the pipeline's choice and has no default: here after 5
 * minutes and after 9, as long as ten linear shifts a minute apart leave a control.
 * Source: spinnaker/kayenta a69573b, NetflixACAJudge.scala (tolerance 0.25, confLevel 0.98),
 * MannWhitneyClassifier.scala.
 */
export const KAYENTA_DEFAULTS: KayentaOptions = {
  pointMs: 60_000,
  judgedAtMs: [300_000, 540_000],
  criticalScore: 2.3263478740408408,
  tolerance: 0.25,
  allowedIncrease: 1,
  delayMs: 0,
};

/**
 * Spinnaker's automated canary analysis, with the error rate as its one metric, in the direction of increase: High
 * is a score of 0, which fails. Its data are minutes, however many requests a minute had; a minute without
 * requests is left out. A side without any minute is NODATA, and half or more such metrics are a score of 0.
 * Kayenta adds a little noise to series that are both constant; here they are compared as they are.
 *
 * Source: spinnaker/kayenta a69573b, MannWhitney.scala, WeightedSumScorer.scala, ThresholdScoreClassifier.scala.
 */
export function kayenta(
  buckets: readonly PeerBucket[],
  options: Partial<KayentaOptions> = {},
): PeerVerdict {
  const rule = { ...KAYENTA_DEFAULTS, ...options };
  const run = runTotals(buckets);
  const { startMs } = run;
  if (startMs === undefined) return neverStarted(run);
  for (const [index, judgedAtMs] of rule.judgedAtMs.entries()) {
    const atMs = startMs + judgedAtMs;
    if (atMs > run.endMs)
      return endedFirst(
        run,
        `${index} of ${countText(rule.judgedAtMs.length, "judgement")} passed`,
      );
    const failure = failureAt(run, { startMs, atMs }, rule);
    if (failure !== undefined) return { verdict: "abort", atMs: atMs + rule.delayMs, why: failure };
  }
  const lastMs = startMs + (rule.judgedAtMs.at(-1) ?? 0);
  return {
    verdict: "promote",
    atMs: lastMs + rule.delayMs,
    why: `${countText(rule.judgedAtMs.length, "judgement")} passed`,
  };
}

/** Why this judgement fails; undefined when it passes. */
function failureAt(
  run: RunTotals,
  { startMs, atMs }: { readonly startMs: number; readonly atMs: number },
  rule: KayentaOptions,
): string | undefined {
  const canary: number[] = [];
  const stable: number[] = [];
  for (let fromMs = startMs; fromMs + rule.pointMs <= atMs; fromMs += rule.pointMs) {
    const counts = run.between(fromMs, fromMs + rule.pointMs);
    addRate(canary, counts.canary);
    addRate(stable, counts.stable);
  }
  if (canary.length === 0 || stable.length === 0) {
    return `NODATA: ${canary.length === 0 ? "the canary" : "stable"} had no requests`;
  }
  if (isSameSeries(canary, stable)) return undefined;
  const { lower, estimate } = shiftInterval(canary, stable, rule.criticalScore);
  if (lower <= rule.tolerance * Math.abs(estimate)) return undefined;
  // A mean of zero leaves no ratio, and the effect size is then not asked for.
  const ratio = meanOf(canary) / meanOf(stable);
  if (meanOf(stable) > 0 && ratio < rule.allowedIncrease) return undefined;
  return `High: errors are up by ${percentText(estimate)} over ${countText(canary.length, "point")} of the canary and ${stable.length} of stable, and by ${percentText(lower)} at least`;
}

function addRate(rates: number[], { requests, errors }: PeerCounts): void {
  if (requests > 0) rates.push(errors / requests);
}

function isSameSeries(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

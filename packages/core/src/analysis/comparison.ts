import { openBets, unbet } from "./bets.ts";
import { rollbackLogE } from "./combination.ts";
import type { ComparisonState, CustomState, OutcomeState, Tally } from "./comparison-state.ts";
import type { ArmCounts, CountBucket, CustomCounts } from "./counts.ts";
import { betOnErrors, ERROR_STAKES } from "./error-process.ts";
import type { ErrorCounts } from "./error-process.ts";
import { judge } from "./judge.ts";
import { addPromotion } from "./promotion.ts";
import { betOnRatios, countRuledOut } from "./rate-ratio.ts";
import { addRequestCount } from "./request-count.ts";
import type { ComparisonSettings } from "./settings.ts";
import { addSlow, startSlow } from "./slow-process.ts";
import type { SlowArm, SlowState } from "./slow-process.ts";

export { startComparison } from "./comparison-state.ts";
export type { ComparisonState } from "./comparison-state.ts";
export { judge } from "./judge.ts";

/**
 * What is known after one more bucket, which has to be closed and steady, as `takeBuckets` hands them out. `weightBps` is
 * the configured weight while it was counted, for the request-count check; undefined when not known: no such check.
 *
 * A bucket that brings the evidence to its threshold ends the comparison: an e-process may be stopped whenever it is
 * high, and an average with later, better buckets would take back what was proved.
 */
export function observe(
  state: ComparisonState,
  settings: ComparisonSettings,
  bucket: CountBucket,
  weightBps: number | undefined,
): ComparisonState {
  if (state.failed !== null) return state;
  const { stable, canary, fromMs } = bucket;
  const counts = {
    k1: canary?.errors ?? 0,
    n1: canary?.requests ?? 0,
    k0: stable?.errors ?? 0,
    n0: stable?.requests ?? 0,
  };
  const both = counts.n1 > 0 && counts.n0 > 0;
  const errors = both ? observeErrors(state, settings, fromMs, counts) : state;
  const latency = observeLatency(state.latency, settings, bucket);
  const begins = state.latency === null && latency !== null;
  const next: ComparisonState = {
    requests: plus(state.requests, counts.n0, counts.n1),
    errors: plus(state.errors, counts.k0, counts.k1),
    buckets: state.buckets + (both ? 1 : 0),
    errorBets: errors.errorBets,
    ruledOut: errors.ruledOut,
    promotion: addPromotion(state.promotion, counts, settings.margin, settings.retries),
    latency,
    latencyStake: begins ? rollbackLogE(state, settings) : state.latencyStake,
    custom: observeCustom(state.custom, settings, bucket),
    requestCount:
      weightBps === undefined
        ? state.requestCount
        : addRequestCount(state.requestCount, fromMs, { ...counts, weightBps }, settings),
    failed: null,
  };
  // Without errors of the canary no bet on errors wins.
  const isSame = counts.k1 === 0 && next.latency === state.latency && next.custom === state.custom;
  if (isSame || rollbackLogE(next, settings) < Math.log(1 / settings.alpha)) return next;
  return { ...next, failed: judge(next, settings) };
}

function observeErrors(
  state: ComparisonState,
  { tolerance, retries, alpha }: ComparisonSettings,
  fromMs: number,
  counts: ErrorCounts,
): Pick<ComparisonState, "errorBets" | "ruledOut"> {
  const row = ERROR_STAKES.length;
  const bets = openBets(state.errorBets, fromMs);
  betOnErrors(bets.logs, 0, counts, tolerance, retries);
  betOnRatios(bets.logs, row, counts, retries);
  if (counts.k1 === 0) return { errorBets: bets, ruledOut: state.ruledOut };
  const threshold = Math.log(1 / alpha);
  const ruledOut = countRuledOut(bets.logs, row, unbet(bets), threshold, state.ruledOut);
  return { errorBets: bets, ruledOut };
}

/** Begins with the first bucket that has counts of slow requests, on whichever version. */
function observeLatency(
  before: SlowState | null,
  settings: ComparisonSettings,
  { fromMs, stable, canary }: CountBucket,
): SlowState | null {
  if (!settings.latency) return null;
  const length = canary?.slow?.length ?? stable?.slow?.length;
  if (length === undefined || length === 0) return before;
  const state = before ?? startSlow(length, settings.lateOnset);
  const left = slowArm(stable, state);
  const right = slowArm(canary, state);
  if (left === undefined || right === undefined) return state;
  return addSlow(state, fromMs, left, right, settings);
}

/** Undefined unless counted with the thresholds that the comparison began with. */
function slowArm(arm: ArmCounts | undefined, state: SlowState) {
  if (arm?.slow?.length !== state.promotions.length) return undefined;
  return { trials: arm.requests, slow: arm.slow };
}

function observeCustom(
  before: readonly CustomState[],
  settings: ComparisonSettings,
  { fromMs, stable, canary }: CountBucket,
): readonly CustomState[] {
  if (before.length === 0) return before;
  return before.map((state, i) => {
    const name = settings.custom[i]?.name ?? "";
    const left = stable?.custom?.[name];
    const right = canary?.custom?.[name];
    if (left === undefined || right === undefined) return state;
    if (state.kind === "outcomes") return observeOutcomes(state, settings, fromMs, left, right);
    const thresholds = state.promotions.length;
    if (left.bad.length !== thresholds || right.bad.length !== thresholds) return state;
    return { kind: "values", ...addSlow(state, fromMs, asSlow(left), asSlow(right), settings) };
  });
}

function asSlow({ trials, bad }: CustomCounts): SlowArm {
  return { trials, slow: bad };
}

function observeOutcomes(
  state: OutcomeState,
  { tolerance, margin, retries }: ComparisonSettings,
  fromMs: number,
  stable: CustomCounts,
  canary: CustomCounts,
): OutcomeState {
  const counts = {
    k1: canary.bad[0] ?? 0,
    n1: canary.trials,
    k0: stable.bad[0] ?? 0,
    n0: stable.trials,
  };
  if (counts.n1 === 0 || counts.n0 === 0) return state;
  const bets = openBets(state.bets, fromMs);
  betOnErrors(bets.logs, 0, counts, tolerance, retries);
  return {
    kind: "outcomes",
    bets,
    promotion: addPromotion(state.promotion, counts, margin, retries),
    trials: plus(state.trials, counts.n0, counts.n1),
    bad: plus(state.bad, counts.k0, counts.k1),
  };
}

function plus({ stable, canary }: Tally, moreStable: number, moreCanary: number): Tally {
  return { stable: stable + moreStable, canary: canary + moreCanary };
}

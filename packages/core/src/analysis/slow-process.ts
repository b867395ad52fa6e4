import { openBets, startBets, unbet } from "./bets.ts";
import type { Bets } from "./bets.ts";
import { logMixture } from "./logs.ts";
import { addPromotion, startPromotion } from "./promotion.ts";
import type { PromotionState } from "./promotion.ts";
import type { ComparisonSettings } from "./settings.ts";

/** One arm's trials, and how many of them were beyond each threshold. */
export interface SlowArm {
  readonly trials: number;
  readonly slow: readonly number[];
}

const RATIOS = [1.5, 2, 3, 5, 10, 30, 100, 1000];
const LOG_RATIOS = RATIOS.map(Math.log);
const STAKES = [0.05, 0.1, 0.15, 0.15, 0.15, 0.15, 0.15, 0.1];

/** Evidence from counts beyond thresholds, which may be large: latency, and values of a user's own metric. */
export interface SlowState {
  /** A row of bets for each threshold. */
  readonly bets: Bets;
  /** One for each threshold: the canary is promoted when it is not worse at any of them. */
  readonly promotions: readonly PromotionState[];
  /** Sums over what counted, to tell people. */
  readonly trials: { readonly stable: number; readonly canary: number };
  readonly slow: { readonly stable: readonly number[]; readonly canary: readonly number[] };
}

export function startSlow(thresholds: number, late: boolean): SlowState {
  const none = Array.from({ length: thresholds }, () => 0);
  return {
    bets: startBets(thresholds * RATIOS.length, late),
    promotions: none.map(startPromotion),
    trials: { stable: 0, canary: 0 },
    slow: { stable: none, canary: none },
  };
}

export function addSlow(
  state: SlowState,
  fromMs: number,
  stable: SlowArm,
  canary: SlowArm,
  { margin, retries }: ComparisonSettings,
): SlowState {
  const n1 = canary.trials;
  const n0 = stable.trials;
  if (n1 === 0 || n0 === 0) return state;
  const bets = openBets(state.bets, fromMs);
  betOnSlow(bets.logs, stable, canary, { ratios: RATIOS, logRatios: LOG_RATIOS }, retries);
  return {
    bets,
    promotions: state.promotions.map((promotion, i) => {
      const counts = { k1: canary.slow[i] ?? 0, n1, k0: stable.slow[i] ?? 0, n0 };
      return addPromotion(promotion, counts, margin, retries);
    }),
    trials: { stable: state.trials.stable + n0, canary: state.trials.canary + n1 },
    slow: {
      stable: sum(state.slow.stable, stable.slow),
      canary: sum(state.slow.canary, canary.slow),
    },
  };
}

/** The mean of the evidence at each threshold. */
export function slowLogE(state: SlowState): number {
  return logMixture(state.bets.logs, STAKES, unbet(state.bets));
}

/** The evidence at one threshold alone. */
export function slowLogEAt(state: SlowState, threshold: number): number {
  const from = threshold * RATIOS.length;
  return logMixture(state.bets.logs, STAKES, unbet(state.bets), from, from + RATIOS.length);
}

/** Effect sizes to bet on. */
export interface RatioGrid {
  readonly ratios: readonly number[];
  readonly logRatios: readonly number[];
}

/**
 * Adds one bucket to a row of bets for each threshold.
 *
 * Given how many trials of the bucket were slow, the canary's share of them is hypergeometric when the versions are
 * alike. Hoeffding (1963) bounds its moment generating function by that of drawing with replacement, from either side:
 * k draws that are the canary's with probability w, or n1 draws that are slow with probability q. The lower bound
 * of the two is the second when q >= w; it is what makes the median as sharp as the tail.
 *
 * A canary that is better than stable gives less: the gain rises with k1 and falls with k0. Sticky retries temper
 * it as they do errors: for each j, the j-th attempts are drawn like that, Hölder joins them, and the second bound holds
 * for their mean because log(1 + q (r-1)) is concave in q.
 */
export function betOnSlow(
  logs: number[],
  stable: SlowArm,
  canary: SlowArm,
  { ratios, logRatios }: RatioGrid,
  attempts: number,
): void {
  const n1 = canary.trials;
  const n = n1 + stable.trials;
  if (n1 === 0 || n1 === n) return;
  const w = n1 / n;
  for (let i = 0; i < ratios.length; i += 1) {
    const above = (ratios[i] ?? 1) - 1;
    const logRatio = logRatios[i] ?? 0;
    // Every rare threshold uses this one.
    const perSlow = Math.log1p(w * above);
    for (let row = 0; row < canary.slow.length; row += 1) {
      const k1 = canary.slow[row] ?? 0;
      const k = k1 + (stable.slow[row] ?? 0);
      if (k === 0) continue;
      const bound = k < n1 ? k * perSlow : n1 * Math.log1p((k / n) * above);
      const at = row * ratios.length + i;
      logs[at] = (logs[at] ?? 0) + (k1 * logRatio - bound) / attempts;
    }
  }
}

function sum(left: readonly number[], right: readonly number[]): readonly number[] {
  return left.map((value, i) => value + (right[i] ?? 0));
}

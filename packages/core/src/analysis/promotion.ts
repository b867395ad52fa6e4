import type { ErrorCounts } from "./error-process.ts";
import { logMixture } from "./logs.ts";
import type { Allowance } from "./settings.ts";

/** Every canary error divides the wealth of a bet by 1/keep; 0 loses everything at the first. */
const KEEPS = [0, 0.25, 0.5, 0.75];
/** Losing everything is no number: it is read off the errors instead. */
const LOG_KEEPS = KEEPS.map((keep) => (keep === 0 ? 0 : Math.log(keep)));
const STAKES = KEEPS.map(() => 1 / KEEPS.length);

/** Evidence that the canary is not worse than a margin allows: the mirror image of the error process. */
export interface PromotionState {
  /** The wealth of each bet but for the margin's rate, and for the first bet but for the canary's errors. */
  readonly logs: readonly number[];
  /** The canary's, in the buckets that counted. */
  readonly errors: number;
  /** The canary's, divided by the attempts of a request. */
  readonly requests: number;
}

export function startPromotion(): PromotionState {
  return { logs: KEEPS.map(() => 0), errors: 0, requests: 0 };
}

/**
 * One more bucket. With p1 >= ratio * p0 + rate, E[a^k1 (1 + ratio n1/n0 (1-a))^k0] <= exp(n1 (1-a) (ratio p0 - p1))
 * <= exp(-n1 (1-a) rate), so times exp(n1 (1-a) rate) it is an e-value. `attempts` tempers all of it, the rate's
 * term included, for the reason that the error process gives: Hölder asks only that factors are not negative, and what is
 * left of each bound is its power 1/c.
 */
export function addPromotion(
  state: PromotionState,
  counts: ErrorCounts,
  margin: Allowance,
  attempts = 1,
): PromotionState {
  const { k1, n1, k0, n0 } = counts;
  if (n1 === 0 || n0 === 0) return state;
  const errors = state.errors + k1;
  const requests = state.requests + n1 / attempts;
  if (k1 === 0 && k0 === 0) return { logs: state.logs, errors, requests };
  const logs = state.logs.slice();
  const perLoss = (margin.ratio * n1) / n0;
  for (let i = 0; i < KEEPS.length; i += 1) {
    const won = k0 === 0 ? 0 : k0 * Math.log1p(perLoss * (1 - (KEEPS[i] ?? 0)));
    logs[i] = (logs[i] ?? 0) + (k1 * (LOG_KEEPS[i] ?? 0) + won) / attempts;
  }
  return { logs, errors, requests };
}

export function promotionLogE(state: PromotionState, margin: Allowance): number {
  const wealth = KEEPS.map((keep, i) =>
    isLost(state, keep)
      ? -Infinity
      : (state.logs[i] ?? 0) + margin.rate * state.requests * (1 - keep),
  );
  return logMixture(wealth, STAKES, 0);
}

/**
 * U: at every moment at once, with probability at least 1 - beta, the canary fails at most margin.ratio times as often
 * as stable, plus U. 1 when nothing is known. No running minimum: when the canary gets worse, the bound does too.
 */
export function riskBound(state: PromotionState, beta: number): number {
  if (state.requests === 0) return 1;
  const needed = Math.log(KEEPS.length / beta);
  let bound = 1;
  for (let i = 0; i < KEEPS.length; i += 1) {
    const keep = KEEPS[i] ?? 0;
    if (isLost(state, keep)) continue;
    bound = Math.min(bound, (needed - (state.logs[i] ?? 0)) / (state.requests * (1 - keep)));
  }
  return Math.max(0, bound);
}

/** The bet that no error of the canary would come ended with the first one. */
function isLost(state: PromotionState, keep: number): boolean {
  return keep === 0 && state.errors > 0;
}

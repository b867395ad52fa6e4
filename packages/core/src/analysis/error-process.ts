import { logMixture } from "./logs.ts";
import type { Allowance } from "./settings.ts";

/** What happened to both versions in one stretch: canary errors of requests, stable errors of requests. */
export interface ErrorCounts {
  readonly k1: number;
  readonly n1: number;
  readonly k0: number;
  readonly n0: number;
}

/** How many times as likely an error is said to be the canary's, each with its share of the stake. */
const RATIOS = [1.5, 2, 3, 5, 10, 30, 100, 10_000];
const LOG_RATIOS = RATIOS.map(Math.log);
export const ERROR_STAKES = [0.04, 0.06, 0.1, 0.15, 0.2, 0.15, 0.1, 0.2];

/** The logarithm of each bet's wealth. */
export type ErrorState = readonly number[];

export function startErrors(): ErrorState {
  return RATIOS.map(() => 0);
}

/** One more bucket against the claim that the canary fails at most `ratio` times as often as stable, plus `rate`. */
export function addErrors(state: ErrorState, counts: ErrorCounts, allowed: Allowance): ErrorState {
  const logs = state.slice();
  betOnErrors(logs, 0, counts, allowed, 1);
  return logs;
}

export function errorLogE(state: ErrorState): number {
  return logMixture(state, ERROR_STAKES, 0);
}

/**
 * Adds one bucket to the row of bets that begins at `from`.
 *
 * The bets are on which version an error of this bucket belongs to; how many errors there are drops out, so an outage
 * that hits both versions says nothing. Under the claim an error is the canary's with probability at most `share`.
 * With a = r/m and b = 1/m, E[a^k1 b^k0] <= exp(n1 p1 (a-1) + n0 p0 (b-1)) <= exp(n1 rate (a-1)), which the last term
 * divides out.
 *
 * `attempts` is how many attempts of one request may stay on one version and so fail together. The increment is divided
 * by it: with f(i,j) the factor of attempt j of request i, Hölder gives E[prod_j f(i,j)^(1/c)] <= prod_j E[f(i,j)]^(1/c),
 * requests are independent, and the bound above holds to the power 1/c, the term of `rate` included. A request
 * with fewer attempts has the factor 1 for those it did not make. What is claimed and tolerated is then per attempt, as
 * counted.
 */
export function betOnErrors(
  logs: number[],
  from: number,
  counts: ErrorCounts,
  allowed: Allowance,
  attempts: number,
): void {
  const { k1, n1, k0, n0 } = counts;
  // One version alone says nothing about the other.
  if (n1 === 0 || n0 === 0) return;
  const errors = k1 + k0;
  if (errors === 0 && allowed.rate === 0) return;
  const share = (allowed.ratio * n1) / (allowed.ratio * n1 + n0);
  const free = n1 * allowed.rate;
  for (let i = 0; i < RATIOS.length; i += 1) {
    const above = (RATIOS[i] ?? 1) - 1;
    const m = 1 + share * above;
    let gain = -free * ((1 - share) * (above / m));
    if (errors > 0) gain += k1 * (LOG_RATIOS[i] ?? 0) - errors * Math.log1p(share * above);
    logs[from + i] = (logs[from + i] ?? 0) + gain / attempts;
  }
}

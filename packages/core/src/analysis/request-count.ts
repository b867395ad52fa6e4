import { openBets, startBets, unbet } from "./bets.ts";
import type { Bets } from "./bets.ts";
import { logMixture } from "./logs.ts";

/** The share of its weight that the canary is said to get. */
const SHARES = [0.9, 0.75, 0.5, 0.25, 0.05];
const STAKES = SHARES.map(() => 1 / SHARES.length);

/** A router may be this far below its configured weight, relatively. */
const WEIGHT_TOLERANCE = 0.05;

/** Whether the canary's requests are missing: it may crash before it can count, and would then look quiet. */
export interface RequestCountState {
  readonly bets: Bets;
  /**
   * Final: the level holds for ever reaching it once, and counts that had a hole stay counts with a hole, even when
   * requests come again.
   */
  readonly isMissing: boolean;
}

export function startRequestCount(late: boolean): RequestCountState {
  return { bets: startBets(SHARES.length, late), isMissing: false };
}

/** The level of this check: a tenth of the comparison's, on top of it, because it is another claim. */
export function requestCountThreshold(alpha: number): number {
  return Math.log(10 / alpha);
}

/**
 * One more bucket against the claim that each request goes to the canary with at least 95 % of the configured weight
 * v: r^n1 ((1 - v r) / (1 - v))^n0 has mean 1 at v, and less above it. Nothing at all from the canary is 0 requests.
 */
export function addRequestCount(
  state: RequestCountState,
  fromMs: number,
  { n1, n0, weightBps }: { n1: number; n0: number; weightBps: number },
  { alpha, retries }: { alpha: number; retries: number },
): RequestCountState {
  const least = (Math.min(weightBps, 10_000) / 10_000) * (1 - WEIGHT_TOLERANCE);
  if (least <= 0 || n1 + n0 === 0) return state;
  const bets = openBets(state.bets, fromMs);
  const elsewhere = Math.log1p(-least);
  for (let i = 0; i < SHARES.length; i += 1) {
    const share = SHARES[i] ?? 1;
    const gain = n1 * Math.log(share) + n0 * (Math.log1p(-least * share) - elsewhere);
    bets.logs[i] = (bets.logs[i] ?? 0) + gain / retries;
  }
  const isMissing =
    state.isMissing || logMixture(bets.logs, STAKES, unbet(bets)) >= requestCountThreshold(alpha);
  return { bets, isMissing };
}

export function requestCountLogE(state: RequestCountState): number {
  return logMixture(state.bets.logs, STAKES, unbet(state.bets));
}

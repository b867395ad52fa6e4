import { logAddExp } from "./logs.ts";

const MINUTE_MS = 60_000;

/** Kept for faults that begin later. Most begin with the first request, and what is kept delays their discovery. */
const KEPT = 1 / 5;

/**
 * The wealth of several bets against the same claim, in natural logarithms, each begun with 1.
 *
 * With `late`, four fifths of the stake are bet at once. Of the last fifth, 1/(m(m+1)) is bet when minute m begins
 * (m = 1, 2, ... of the first bucket that counted), so that a fault which begins after an hour is not outweighed by
 * the good hour before it. What was left out is worth 1: it is kept, not lost.
 *
 * Valid because a share is bet before the outcomes it rides on, and because each is bet once: `minute` only rises,
 * and a bucket of an earlier minute (another stratum, which came later) adds to the bets that stand.
 */
export interface Bets {
  readonly logs: readonly number[];
  readonly late: boolean;
  /** When the first bucket that counted began; null before it. */
  readonly firstMs: number | null;
  /** The latest minute whose share of the stake is bet. */
  readonly minute: number;
}

/** Bets that may still be written to: a copy, taken once for each bucket. */
export interface OpenBets extends Bets {
  readonly logs: number[];
}

export function startBets(count: number, late: boolean): Bets {
  const stake = late ? Math.log(1 - KEPT) : 0;
  return { logs: Array.from({ length: count }, () => stake), late, firstMs: null, minute: 0 };
}

/** The share of the stake that is not bet yet. */
export function unbet(bets: Bets): number {
  return bets.late ? KEPT / (bets.minute + 1) : 0;
}

/** A copy to write to, with everything bet that may be bet in the minute of `fromMs`. */
export function openBets(bets: Bets, fromMs: number): OpenBets {
  const logs = bets.logs.slice();
  const firstMs = bets.firstMs ?? fromMs;
  const minute = Math.floor((fromMs - firstMs) / MINUTE_MS);
  if (!bets.late || minute <= bets.minute) {
    return { logs, late: bets.late, firstMs, minute: bets.minute };
  }
  // The sum of KEPT/(m(m+1)) over the minutes since the last one.
  const stake = Math.log(unbet(bets) - KEPT / (minute + 1));
  for (let i = 0; i < logs.length; i += 1) logs[i] = logAddExp(logs[i] ?? 0, stake);
  return { logs, late: bets.late, firstMs, minute };
}

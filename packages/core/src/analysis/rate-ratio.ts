import { betOnErrors, ERROR_STAKES } from "./error-process.ts";
import type { ErrorCounts } from "./error-process.ts";
import { logMixture } from "./logs.ts";

/** The ratios that can be ruled out one after the other: the canary fails more than this many times as often. */
export const RATE_RATIOS = [1, 1.5, 2, 3, 5, 7, 10, 20, 30, 50, 100, 300];

const CLAIMS = RATE_RATIOS.map((ratio) => ({ ratio, rate: 0 }));

/** Bets for every ratio, in rows behind those that begin at `from`. Each row tests its claim with nothing tolerated. */
export function betOnRatios(
  logs: number[],
  from: number,
  counts: ErrorCounts,
  attempts: number,
): void {
  if (counts.k1 + counts.k0 === 0) return;
  let row = from;
  for (const claim of CLAIMS) {
    betOnErrors(logs, row, counts, claim, attempts);
    row += ERROR_STAKES.length;
  }
}

/**
 * How many ratios are ruled out, of which `ruledOut` were before: once is final, because an e-process that has reached
 * 1/alpha has done so at most with probability alpha. A larger ratio never has more evidence against it, so
 * the first that stands ends the search, and what is excluded is a confidence sequence at level 1 - alpha.
 */
export function countRuledOut(
  logs: readonly number[],
  from: number,
  rest: number,
  threshold: number,
  ruledOut: number,
): number {
  let count = ruledOut;
  while (count < RATE_RATIOS.length) {
    const start = from + count * ERROR_STAKES.length;
    const logE = logMixture(logs, ERROR_STAKES, rest, start, start + ERROR_STAKES.length);
    if (logE < threshold) break;
    count += 1;
  }
  return count;
}

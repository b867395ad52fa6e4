// Which counts a fair split gives, exactly: the binomial distribution itself, summed, without an approximation.

export interface Bounds {
  /** The smallest and the largest count that pass. */
  readonly low: number;
  readonly high: number;
}

/**
 * The counts among `trials` fair draws of `share` that are not too unlikely on either side: a count passes when a fair
 * draw is that small or smaller, and that large or larger, with a chance above `level / 2` each. So a fair split fails
 * with a chance of at most `level`.
 *
 * @param share above 0 and below 1.
 */
export function fairBounds(trials: number, share: number, level: number): Bounds {
  return {
    low: smallest(trials, share, level / 2),
    high: trials - smallest(trials, 1 - share, level / 2),
  };
}

/** The smallest count for which so few or fewer have a chance above `tail`. */
function smallest(trials: number, share: number, tail: number): number {
  // In logs: the chance of no hit at all in 20 000 fair coins is 10^-6020, far below what a number can hold.
  const logOdds = Math.log(share) - Math.log1p(-share);
  let log = trials * Math.log1p(-share);
  let sum = Math.exp(log);
  let count = 0;
  while (sum <= tail) {
    count += 1;
    log += Math.log((trials - count + 1) / count) + logOdds;
    sum += Math.exp(log);
  }
  return count;
}

import type { UsualLevel } from "./usual-level.ts";

/**
 * An alarm on errors: it counts those beyond twice the usual share of the requests, and fires when they are more
 * than `threshold` in a period.
 *
 * A rate with a least number of requests would have to be sized for one amount of traffic: too low by night, too
 * dull by day, and a canary has a hundredth of all traffic or nearly all of it. This line holds at every amount. With
 * X errors of n requests, X Poisson with mean np or less,
 *
 *     P(X > a + rnp) <= exp(-ta - trnp + np(e^t - 1)) = exp(-ta)   for the t > 0 with e^t - 1 = rt
 *
 * (Chernoff), whatever n is. So a = ln(1/q)/t gives a false alarm in one period a chance below q. The threshold is
 * also the floor: fewer errors than it never fire, be it 1 of 2 requests.
 */
export interface ErrorBound {
  /** Errors that the requests of a period may have for each of them before any counts: twice the usual rate, 0 to 1. */
  readonly allowance: number;
  /** Errors beyond the allowance, in a period. */
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly periods: number;
  readonly datapoints: number;
  /** The error rate that nine of ten periods of usual traffic show; above 1: too little traffic to find anything. */
  readonly findsRate: number;
}

/** How much worse than usual nobody wants to be woken for. Twice is also what a rate differs by from day to day. */
const TIMES_USUAL = 2;
/** Each alarm cries by chance less than once in this time. */
export const FALSE_ALARM_MONTHS = 6;
/** CloudWatch evaluates by the minute, also alarms of longer periods. Source: AWS docs, alarm-evaluation. */
const EVALUATIONS = (FALSE_ALARM_MONTHS / 12) * 365 * 24 * 60;
/** Two of three minutes: one that is not complete yet, or one burst, decides nothing. */
export const PERIODS = 3;
export const DATAPOINTS = 2;

/**
 * What an alarm may look at, the first that suffices. With little traffic errors have to add up: one longer period
 * slides along with every minute, and fires as soon as there are enough in it, so it is not slower with much that
 * fails. It also stays for as long after the last error, so none is longer than fifteen minutes.
 *
 * The chance is what one period may have. Of two of three, this one and one of the two others must exceed the line
 * together: an evaluation fires with a chance of at most 2q^2.
 */
const SHAPES = [
  {
    periodSeconds: 60,
    periods: PERIODS,
    datapoints: DATAPOINTS,
    chance: Math.sqrt(1 / ((PERIODS - 1) * EVALUATIONS)),
  },
  { periodSeconds: 300, periods: 1, datapoints: 1, chance: 1 / EVALUATIONS },
  { periodSeconds: 900, periods: 1, datapoints: 1, chance: 1 / EVALUATIONS },
] as const;
/** The first is taken in which a version that fails this much more often than it may is found. */
const CLEAR_FAILURE = 0.1;
/** Nine of ten periods show it: the normal quantile. */
const NINE_OF_TEN = 1.2816;

/**
 * @param share of the target's traffic that what is watched gets, 0 to 1: a canary gets a part.
 * @returns undefined when so much fails usually that nothing could stand out.
 */
export function errorBound(usual: UsualLevel, share: number): ErrorBound | undefined {
  const { errorRate, requestsPerSecond } = usual;
  const allowance = TIMES_USUAL * errorRate;
  if (allowance >= 0.5) return undefined;
  const tilt = tiltFor(TIMES_USUAL);
  const bounds = SHAPES.map(({ chance, periodSeconds, periods, datapoints }): ErrorBound => {
    // A whole number reads better, and upwards errs on the quiet side.
    const threshold = Math.ceil(Math.log(1 / chance) / tilt);
    const requests = requestsPerSecond * share * periodSeconds;
    const findsRate = round(findable(threshold + allowance * requests) / requests);
    return {
      allowance: round(allowance),
      threshold,
      periodSeconds,
      periods,
      datapoints,
      findsRate,
    };
  });
  // Without any traffic known, neither much nor very little of it is the safer guess.
  if (requestsPerSecond === 0) return bounds[1];
  return bounds.find(({ findsRate }) => findsRate <= allowance + CLEAR_FAILURE) ?? bounds.at(-1);
}

/** The mean of a Poisson number that exceeds `bound` nine times of ten. */
function findable(bound: number): number {
  return ((NINE_OF_TEN + Math.sqrt(NINE_OF_TEN ** 2 + 4 * bound)) / 2) ** 2;
}

/** The t > 0 with e^t - 1 = rt, for r > 1: halved until it is exact. */
function tiltFor(times: number): number {
  let low = 0;
  let high = 2 * Math.log(2 * times);
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (Math.exp(middle) - 1 < times * middle) low = middle;
    else high = middle;
  }
  return high;
}

/** To four digits: nobody needs more, and the same traffic gives the same alarm again. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

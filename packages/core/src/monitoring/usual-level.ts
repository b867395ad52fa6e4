import type { TrafficSpan } from "../contracts/metric-source.ts";

/** What a target usually has, as the last weeks show it. */
export interface UsualLevel {
  /** The median of the hours that had any. */
  readonly requestsPerSecond: number;
  /** Fraction of requests, 0 to 1: that of a bad hour, which one in twenty requests sees exceeded. */
  readonly errorRate: number;
  readonly requests: number;
  /** From the first to the last hour with requests. */
  readonly hours: number;
}

/**
 * Taken in place of nothing for a target without any history. An order of magnitude above what services settle
 * at: alarms that are too quiet on the first day are put again, alarms that cry are switched off.
 */
export const NO_HISTORY: UsualLevel = {
  requestsPerSecond: 0,
  errorRate: 0.01,
  requests: 0,
  hours: 0,
};

/**
 * An incident must not teach the alarm that incidents are usual, and an hour that is a little worse than the others
 * must not fire it: so the rate is the one that 95 % of requests saw at most. What lasted less than 5 % of two
 * weeks, 16 hours, does not raise it. One error at least is reckoned with: none so far is not never.
 */
const USUAL_SHARE = 0.95;

/** @returns undefined when there were no requests at all. */
export function usualLevel(spans: readonly TrafficSpan[]): UsualLevel | undefined {
  const busy = spans.filter(({ requests }) => requests > 0);
  const requests = busy.reduce((sum, span) => sum + span.requests, 0);
  if (requests === 0) return undefined;
  const fromMs = Math.min(...busy.map((span) => span.fromMs));
  const toMs = Math.max(...busy.map((span) => span.toMs));
  const rates = busy.map((span) => (span.requests / (span.toMs - span.fromMs)) * 1000);
  return {
    requestsPerSecond: quantile(rates, 0.5),
    errorRate: Math.max(rateOfMost(busy, requests), 1 / requests),
    requests,
    hours: Math.max(1, Math.round((toMs - fromMs) / 3_600_000)),
  };
}

/** The lowest rate that `USUAL_SHARE` of the requests were served at, or below. */
function rateOfMost(spans: readonly TrafficSpan[], requests: number): number {
  const rising = spans
    .map((span) => ({ rate: span.errors / span.requests, requests: span.requests }))
    .toSorted((left, right) => left.rate - right.rate);
  let seen = 0;
  for (const span of rising) {
    seen += span.requests;
    if (seen >= USUAL_SHARE * requests) return span.rate;
  }
  return rising.at(-1)?.rate ?? 0;
}

/** The value that a share of the values is at, or below. NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const place = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.max(0, place)] ?? Number.NaN;
}

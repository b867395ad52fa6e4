import type { ArmCounts } from "../analysis/counts.ts";
import type { Random } from "./random.ts";
import { binomial, poisson } from "./samplers.ts";

/** Users' requests, and what each version does to them. Rates and shares are fractions, 0 to 1. */
export interface TrafficModel {
  /** Of both versions together. */
  readonly requestsPerSecond: number;
  /** Chance that a request fails whichever version serves it; a function of time for outages and drift. */
  readonly errorRate: number | ((atMs: number) => number);
  /** Chance that the canary fails a request which stable would have served. 0 for a good canary. */
  readonly extraErrorRate?: number;
  /** When the canary turns bad; 0 when it is bad from the start. */
  readonly onsetMs?: number;
  /** How often a failed request is tried on the version that failed it, the first time included; each try fails. */
  readonly attempts?: number;
  /** Latency is not counted when absent. */
  readonly latency?: (atMs: number) => LatencyShares;
}

/** A histogram whose bounds are the thresholds of the comparison: the share above each of them. */
export interface LatencyShares {
  /** Of stable's requests, slower than each threshold: never rising. */
  readonly stable: readonly number[];
  /** Of the canary's, slower than each threshold times the tolerance. */
  readonly canary: readonly number[];
  /** Of the canary's, slower than they would have been. */
  readonly degraded: number;
}

/** What happened in one stretch with one weight. */
export interface Slice {
  readonly stable: ArmCounts;
  readonly canary: ArmCounts;
  /** Requests that failed because the canary served them: what it fails like stable is left out. */
  readonly failedByCanary: number;
  readonly slowByCanary: number;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly weightBps: number;
}

/** Draws one stretch. What changes in time has the value of the stretch's middle. */
export function drawSlice(random: Random, traffic: TrafficModel, stretch: Stretch): Slice {
  const { fromMs, toMs, weightBps } = stretch;
  const middleMs = (fromMs + toMs) / 2;
  const mean = (traffic.requestsPerSecond * (toMs - fromMs)) / 1000;
  const share = weightBps / 10_000;
  const canary = poisson(random, mean * share);
  const stable = poisson(random, mean * (1 - share));
  const errorRate = errorRateAt(traffic, middleMs);
  const isBad = middleMs >= (traffic.onsetMs ?? 0);
  const shared = binomial(random, canary, errorRate);
  const extra = isBad ? binomial(random, canary - shared, traffic.extraErrorRate ?? 0) : 0;
  const latency = traffic.latency?.(middleMs);
  const attempts = traffic.attempts ?? 1;
  return {
    stable: arm(random, stable, binomial(random, stable, errorRate), attempts, latency?.stable),
    canary: arm(random, canary, shared + extra, attempts, latency?.canary),
    failedByCanary: extra,
    slowByCanary: isBad ? binomial(random, canary, latency?.degraded ?? 0) : 0,
  };
}

export function errorRateAt({ errorRate }: TrafficModel, atMs: number): number {
  return typeof errorRate === "number" ? errorRate : errorRate(atMs);
}

/** A failed request counts once for each of its attempts; latency is counted of the first ones. */
function arm(
  random: Random,
  requests: number,
  errors: number,
  attempts: number,
  slower: readonly number[] | undefined,
): ArmCounts {
  const counts = { requests: requests + errors * (attempts - 1), errors: errors * attempts };
  if (slower === undefined) return counts;
  let left = requests;
  let leftShare = 1;
  const slow = slower.map((share) => {
    left = leftShare <= 0 ? 0 : binomial(random, left, Math.min(1, share / leftShare));
    leftShare = share;
    return left;
  });
  return { ...counts, slow };
}

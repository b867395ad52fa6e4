import { DATAPOINTS, PERIODS } from "./error-bound.ts";
import { quantile } from "./usual-level.ts";

/** Which percentile an alarm can look at with the traffic that there is, and in which periods. */
export interface LatencyShape {
  /** "p99" or "p90". */
  readonly statistic: "p99" | "p90";
  readonly periodSeconds: number;
  /** In a period: fewer say nothing about the percentile, and CloudWatch is told to leave them out. */
  readonly leastRequests: number;
}

export interface LatencyBound extends LatencyShape {
  readonly thresholdMs: number;
  /** The median of the last weeks' periods. */
  readonly usualMs: number;
  readonly periods: number;
  readonly datapoints: number;
}

/**
 * Ten requests above the percentile. Source: AWS docs, "Percentile-based CloudWatch alarms and low data samples":
 * fewer than 10/(1-p) data points count as too few.
 */
const SHAPES = [
  { statistic: "p99", leastRequests: 1000 },
  { statistic: "p90", leastRequests: 100 },
] as const;
const PERIOD_SECONDS = [60, 300, 900] as const;

/** @returns undefined when no period is long enough. */
export function latencyShape(requestsPerSecond: number): LatencyShape | undefined {
  for (const shape of SHAPES) {
    const periodSeconds = PERIOD_SECONDS.find(
      (seconds) => seconds * requestsPerSecond >= shape.leastRequests,
    );
    if (periodSeconds !== undefined) return { ...shape, periodSeconds };
  }
  return undefined;
}

/** Periods that were seen. Fewer say nothing about how much the level moves by itself. */
export const LEAST_PERIODS = 30;
/** Three standard deviations: as likely as an alarm on errors may exceed its line by chance in one period. */
const DEVIATIONS = 3;
/** The median distance from the median, in standard deviations of a normal distribution. */
const PER_MEDIAN_DISTANCE = 1.4826;
/** What one period in a hundred had, had no consequence. */
const SEEN = 0.99;
/** A level that hardly moves must not fire for a quarter more: nobody notices that. */
const LEAST_RISE = 1.25;

/**
 * Latencies spread by factors, so the level and its spread are those of their logarithms; medians, so that an
 * incident of the last weeks does not become the usual level.
 *
 * @param seenMs what the percentile was in each period of the last weeks that had enough requests.
 * @returns undefined when there are too few of them.
 */
export function latencyBound(
  shape: LatencyShape,
  seenMs: readonly number[],
): LatencyBound | undefined {
  const positive = seenMs.filter((value) => value > 0);
  if (positive.length < LEAST_PERIODS) return undefined;
  const logs = positive.map((value) => Math.log(value));
  const level = quantile(logs, 0.5);
  const distances = logs.map((value) => Math.abs(value - level));
  const spread = PER_MEDIAN_DISTANCE * quantile(distances, 0.5);
  const usualMs = Math.exp(level);
  const thresholdMs = Math.max(
    Math.exp(level + DEVIATIONS * spread),
    quantile(positive, SEEN),
    LEAST_RISE * usualMs,
  );
  const digits = (value: number) => Number(value.toPrecision(3));
  return {
    ...shape,
    usualMs: digits(usualMs),
    thresholdMs: digits(thresholdMs),
    periods: PERIODS,
    datapoints: DATAPOINTS,
  };
}

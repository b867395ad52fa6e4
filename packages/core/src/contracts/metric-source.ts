import type { VersionId } from "./traffic-driver.ts";

/** Requests of one version in one window, as the platform counted them. */
export interface VersionCounts {
  readonly requests: number;
  readonly errors: number;
  /** Milliseconds; absent when the platform gave none. */
  readonly latency?: { readonly p50Ms: number; readonly p99Ms: number; readonly averageMs: number };
}

export interface MetricWindow {
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** Both versions over the same window. A version with no data has no entry: silence is not zero errors. */
export interface Comparison {
  readonly window: MetricWindow;
  readonly versions: ReadonlyMap<VersionId, VersionCounts>;
}

/** A number read for a metric check, or none when there was no data. */
export interface Reading {
  readonly value: number | undefined;
  /** How the value came about, for people: "Errors 3 of 212 requests". */
  readonly detail: string;
}

/**
 * A user's own metric, by CloudWatch's names. Of the built-in ones errorRate is in percent (0 to 100),
 * latencies are in milliseconds, errors and requests are counts in the window.
 */
export type MetricQuery =
  | {
      readonly kind: "builtIn";
      readonly metric:
        | "errorRate"
        | "errors"
        | "requests"
        | "latencyP50"
        | "latencyP99"
        | "latencyAverage";
      readonly version: VersionId;
    }
  | {
      readonly kind: "cloudWatch";
      readonly namespace: string;
      readonly metricName: string;
      readonly dimensions: Readonly<Record<string, string>>;
      /** "Sum", "Average", "Minimum", "Maximum", "SampleCount", "p99", ... */
      readonly statistic: string;
    };

export interface MetricSource {
  /** How old the newest complete window is, and how fine the platform counts. Milliseconds. */
  readonly resolutionMs: number;
  readonly lagMs: number;
  /** Requests and errors per version; for the observed weight and the live view. */
  compare(versions: readonly VersionId[], window: MetricWindow): Promise<Comparison>;
  /** @throws {RolloutError} when it could not measure: an error, never a failure of the canary. */
  read(query: MetricQuery, window: MetricWindow): Promise<Reading>;
}

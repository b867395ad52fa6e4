import type { ArmCounts } from "../analysis/counts.ts";
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

/** What the comparison asks for: both versions by the bucket. */
export interface CountQuery {
  readonly versions: readonly {
    readonly version: VersionId;
    /** Milliseconds, rising; the counts above each come back in `slow`. Empty: latency is not asked for. */
    readonly slowerThanMs: readonly number[];
  }[];
  readonly window: MetricWindow;
  readonly custom: readonly CustomMetric[];
}

/** A metric of CloudWatch by name; the values of its dimensions may hold {version}. */
export interface NamedMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A user's own metric that is compared between the versions. */
export type CustomMetric =
  | {
      readonly kind: "outcomes";
      readonly name: string;
      /** Sums of counts: an order placed, an order refused. */
      readonly successes: NamedMetric;
      readonly failures: NamedMetric;
    }
  | {
      readonly kind: "values";
      readonly name: string;
      readonly value: NamedMetric;
      /** Which side of a threshold is bad. */
      readonly worse: "higher" | "lower";
      readonly thresholds: readonly number[];
    };

/** One version in one bucket of the source's own grid. */
export interface VersionBucket {
  readonly version: VersionId;
  readonly fromMs: number;
  readonly toMs: number;
  /** "all" when the source does not tell strata apart. */
  readonly stratum: string;
  readonly counts: ArmCounts;
}

/** What a version did before the rollout: where its latency thresholds and the traffic's rate come from. */
export interface Baseline {
  readonly version: VersionId;
  readonly window: MetricWindow;
  readonly requests: number;
  readonly errors: number;
  /** At each of LATENCY_QUANTILES, milliseconds, never falling; absent when the source has no latency. */
  readonly latencyMs?: readonly number[];
}

/** All traffic of the target in one stretch, whatever versions served it. */
export interface TrafficSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
  readonly errors: number;
}

export interface MetricSource {
  /** How old the newest complete window is, and how fine the platform counts. Milliseconds. */
  readonly resolutionMs: number;
  readonly lagMs: number;
  /**
   * "router": a request counts even when the version never answered. "version": the versions count themselves,
   * so one that dies first is silent, and missing requests are evidence against it.
   */
  readonly countedBy: "router" | "version";
  /**
   * The buckets that lie wholly in the window, in order of time. One without requests is left out. Reading the
   * same window again gives the same, or more where data came late.
   */
  count(query: CountQuery): Promise<readonly VersionBucket[]>;
  /** Undefined when there were no requests. */
  baseline(version: VersionId, window: MetricWindow): Promise<Baseline | undefined>;
  /** By the hour or finer; hours without requests may be left out. Empty when there is nothing. */
  history(window: MetricWindow): Promise<readonly TrafficSpan[]>;
  /** Requests and errors per version; for the observed weight and the live view. */
  compare(versions: readonly VersionId[], window: MetricWindow): Promise<Comparison>;
  /** @throws {RolloutError} when it could not measure: an error, never a failure of the canary. */
  read(query: MetricQuery, window: MetricWindow): Promise<Reading>;
}

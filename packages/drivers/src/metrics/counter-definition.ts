import type { MetricSource, VersionId } from "@headgate/core";

/** Dimensions of CloudWatch by name; all of them, or CloudWatch finds nothing. */
export type Dimensions = Readonly<Record<string, string>>;

/**
 * Where a platform's counts of one target are found in CloudWatch. Requests and errors are read as sums;
 * several metrics of errors are added.
 */
export interface CounterDefinition {
  readonly countedBy: MetricSource["countedBy"];
  readonly namespace: string;
  readonly requests: string;
  readonly errors: readonly string[];
  /** A metric with one sample per request. Absent when there is none. */
  readonly latency?: {
    readonly metricName: string;
    /** Milliseconds in one unit of the metric: 1 or 1000. */
    readonly unitMs: number;
  };
  /** One entry per stratum of a version; most platforms tell none apart and give one, "all". */
  armsOf(version: VersionId): readonly Arm[];
  /** Where the target's whole traffic is counted, added up. Empty when nothing counts it. */
  readonly traffic: readonly TrafficCounter[];
}

export interface Arm {
  readonly stratum: string;
  readonly dimensions: Dimensions;
}

/** A count of all versions together; by the same names as the versions' own when not said. */
export interface TrafficCounter {
  readonly dimensions: Dimensions;
  readonly namespace?: string;
  readonly requests?: string;
  readonly errors?: readonly string[];
}

/** The stratum of a source that does not tell any apart. */
export const ALL_STRATA = "all";

/** One stratum. */
export function undivided(dimensions: Dimensions): readonly Arm[] {
  return [{ stratum: ALL_STRATA, dimensions }];
}

/** The values with {version} filled in. */
export function filledIn(dimensions: Dimensions, version: VersionId): Dimensions {
  return withValues(dimensions, (value) => value.replaceAll("{version}", version));
}

export function withValues(dimensions: Dimensions, change: (value: string) => string): Dimensions {
  return Object.fromEntries(
    Object.entries(dimensions).map(([name, value]) => [name, change(value)]),
  );
}

import type { VersionId } from "@headgate/core";
import {
  type Arm,
  type CounterDefinition,
  type Dimensions,
  filledIn,
  type TrafficCounter,
  undivided,
  withValues,
} from "./counter-definition.ts";

/** What the versions write by the second, StorageResolution 1. */
export const EMBEDDED_RESOLUTION_MS = 1000;
/**
 * Unverified: AWS documents no bound. A line goes from the function to CloudWatch Logs in batches of a few
 * seconds, and becomes a metric there: the seconds in between are taken three times over. What comes later
 * than this is missing for both versions alike.
 */
export const EMBEDDED_LAG_MS = 15_000;

/** How requests are told apart when a dimension's value is {start}. A cold start is slow in any version. */
const STARTS = ["cold", "warm"] as const;

/**
 * Counts that the versions publish themselves: metrics Requests and Errors, and Duration in milliseconds.
 * With {start} in a dimension, cold and warm starts are strata of their own, and what is published without
 * that dimension is left alone: nothing is added twice.
 */
export function embeddedCounters(parts: {
  readonly namespace: string;
  /** Values may hold {version} and {start}. */
  readonly dimensions: Dimensions;
  /** Where the target's whole traffic is counted. */
  readonly traffic: readonly TrafficCounter[];
}): CounterDefinition {
  return {
    countedBy: "version",
    namespace: parts.namespace,
    requests: "Requests",
    errors: ["Errors"],
    latency: { metricName: "Duration", unitMs: 1 },
    armsOf: (version) => armsOf(parts.dimensions, version),
    traffic: parts.traffic,
  };
}

function armsOf(given: Dimensions, version: VersionId): readonly Arm[] {
  const dimensions = filledIn(given, version);
  if (!Object.values(dimensions).some((value) => value.includes("{start}"))) {
    return undivided(dimensions);
  }
  return STARTS.map((stratum) => ({
    stratum,
    dimensions: withValues(dimensions, (value) => value.replaceAll("{start}", stratum)),
  }));
}

import type { VersionId } from "@headgate/core";
import { type CounterDefinition, undivided } from "./counter-definition.ts";

/**
 * How fine and how late VPC Lattice counts. Source: AWS docs, VPC Lattice user guide, monitoring-cloudwatch: one
 * minute. Unverified: AWS documents no bound for when a minute is complete; two minutes are taken, as for Lambda.
 */
export const LATTICE_FEED = { resolutionMs: 60_000, lagMs: 120_000 } as const;

/**
 * Versions behind a VPC Lattice service, one target group each, by its id ("tg-..."). By the minute.
 * Source: AWS docs, VPC Lattice user guide, monitoring-cloudwatch: dimension TargetGroup, RequestTime in
 * milliseconds. Unverified: that a 5xx which Lattice itself answers for a target that cannot be reached is
 * among the target group's HTTPCode_5XX_Count; the connection errors are not added, so as not to count it twice.
 */
export function latticeTargetGroupCounters(parts: {
  readonly targetGroupOf: (version: VersionId) => string;
  /** The id of the service ("svc-..."), for its whole traffic. */
  readonly service: string;
}): CounterDefinition {
  return {
    countedBy: "router",
    namespace: "AWS/VpcLattice",
    requests: "TotalRequestCount",
    errors: ["HTTPCode_5XX_Count"],
    latency: { metricName: "RequestTime", unitMs: 1 },
    armsOf: (version) => undivided({ TargetGroup: parts.targetGroupOf(version) }),
    traffic: [{ dimensions: { Service: parts.service } }],
  };
}

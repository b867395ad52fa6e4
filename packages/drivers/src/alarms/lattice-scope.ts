import type { Metric } from "@aws-sdk/client-cloudwatch";
import { dimensionValue, odd, oneVersion, right, wrong } from "./scope.ts";
import type { Scope, ScopeOf, ScopeVersions } from "./scope.ts";
import { dimensionNames } from "./watched-metric.ts";

/**
 * The sets of dimensions under which VPC Lattice publishes. Source: AWS docs, "CloudWatch metrics for Amazon
 * VPC Lattice".
 */
const PUBLISHED = new Set([
  "Service",
  "AvailabilityZone, Service",
  "TargetGroup",
  "AvailabilityZone, TargetGroup",
]);

/**
 * @param serviceId undefined when it could not be read: then the services of alarms are not judged.
 */
export function latticeScope(serviceId: string | undefined): ScopeOf {
  return (metric, versions) => {
    if (metric.Namespace === "AWS/VpcLattice")
      return latticeMetricScope(metric, serviceId, versions);
    return metric.Namespace === "AWS/Lambda" ? functionMetricScope(metric) : right("");
  };
}

function latticeMetricScope(
  metric: Metric,
  serviceId: string | undefined,
  { stable, canary }: ScopeVersions,
): Scope {
  const names = dimensionNames(metric);
  const hint = `Give it the dimension Service=${serviceId ?? "the service's id"}: target groups change with every release.`;
  if (!PUBLISHED.has(names)) {
    return wrong(
      `VPC Lattice publishes nothing under ${names === "" ? "no dimensions" : `the dimensions ${names}`}`,
      hint,
    );
  }
  const service = dimensionValue(metric, "Service");
  if (service !== undefined) {
    if (serviceId === undefined || service === serviceId) return right("the whole service");
    return wrong(`it watches service ${service}`, hint);
  }
  const group = dimensionValue(metric, "TargetGroup");
  if (group === canary) return right("the canary");
  if (canary === undefined) {
    return group === stable
      ? oneVersion(`it watches target group ${group} alone, the one that serves now`, hint)
      : odd(`it watches target group ${group ?? ""} alone: right only if that is the canary`);
  }
  return oneVersion(
    `it watches target group ${group ?? ""} alone, and the canary is ${canary}`,
    hint,
  );
}

/** Requests of VPC Lattice count under what is registered: the function with a version's number or an alias. */
function functionMetricScope(metric: Metric): Scope {
  const resource = dimensionValue(metric, "Resource") ?? "";
  return /:\d+$/.test(resource)
    ? odd(`it watches ${resource} alone, and the canary is another version with every release`)
    : right("");
}

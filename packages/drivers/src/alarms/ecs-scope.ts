import type { Metric } from "@aws-sdk/client-cloudwatch";
import { dimensionValue, odd, right, wrong } from "./scope.ts";
import type { Scope, ScopeOf } from "./scope.ts";
import { dimensionNames } from "./watched-metric.ts";

/** What the alarms of an ECS service behind a load balancer can be about. */
export interface EcsScopePlace {
  /** "app/shop/0123456789abcdef" */
  readonly loadBalancer: string;
  /** "targetgroup/web-blue/0123456789abcdef", of both versions. */
  readonly targetGroups: readonly string[];
  readonly clusterName: string;
  readonly serviceName: string;
}

/** Source: AWS docs, "CloudWatch metrics for your Application Load Balancer". */
const BALANCER_PUBLISHED = new Set([
  "LoadBalancer",
  "AvailabilityZone, LoadBalancer",
  "LoadBalancer, TargetGroup",
  "AvailabilityZone, LoadBalancer, TargetGroup",
  // RequestCountPerTarget, and health as some alarms have it.
  "TargetGroup",
  "AvailabilityZone, TargetGroup",
]);

const SERVICE_NAMESPACES: ReadonlySet<string> = new Set(["AWS/ECS", "ECS/ContainerInsights"]);

/** @param place undefined when it could not be read: then only the form of dimensions is judged. */
export function ecsScope(place: EcsScopePlace | undefined): ScopeOf {
  return (metric) => {
    if (metric.Namespace === "AWS/ApplicationELB") return balancerScope(metric, place);
    if (SERVICE_NAMESPACES.has(metric.Namespace ?? "")) return serviceScope(metric, place);
    return right("");
  };
}

function balancerScope(metric: Metric, place: EcsScopePlace | undefined): Scope {
  const names = dimensionNames(metric);
  if (!BALANCER_PUBLISHED.has(names)) {
    return wrong(
      `a load balancer publishes nothing under ${names === "" ? "no dimensions" : `the dimensions ${names}`}`,
      `Give it the dimension LoadBalancer=${place?.loadBalancer ?? "app/name/id"}.`,
    );
  }
  const loadBalancer = dimensionValue(metric, "LoadBalancer");
  const group = dimensionValue(metric, "TargetGroup");
  const flaw =
    formFlaw(
      "LoadBalancer",
      loadBalancer,
      "app/",
      place === undefined ? [] : [place.loadBalancer],
    ) ?? formFlaw("TargetGroup", group, "targetgroup/", place?.targetGroups ?? []);
  if (flaw !== undefined) return flaw;
  if (place === undefined) return right("");
  if (loadBalancer !== undefined && loadBalancer !== place.loadBalancer) {
    return wrong(
      `it watches load balancer ${loadBalancer}`,
      `Give it the dimension LoadBalancer=${place.loadBalancer}.`,
    );
  }
  if (group === undefined) return right("the whole load balancer");
  if (!place.targetGroups.includes(group)) {
    return wrong(
      `it watches target group ${group}, which is neither of the release's`,
      `Its versions are in ${place.targetGroups.join(" and ")}.`,
    );
  }
  return odd(
    `it watches target group ${group} alone: right only in the releases in which the canary is there, and they take turns`,
  );
}

/**
 * The last part of an ARN is only an id, and matches nothing: the alarm stays INSUFFICIENT_DATA for ever.
 * Source: AWS docs, "Metric dimensions for Application Load Balancers": the final portion, "app/name/id".
 */
function formFlaw(
  name: string,
  value: string | undefined,
  start: string,
  right: readonly string[],
): Scope | undefined {
  if (value === undefined || value.startsWith(start)) return undefined;
  const meant = right.find((one) => one.endsWith(`/${value}`) || value.endsWith(one));
  const example = meant ?? right[0] ?? `${start}name/id`;
  return wrong(
    `its dimension ${name} is "${value}", which is not how CloudWatch names one`,
    `It must be the ARN's end from "${start}" on: ${example}.`,
  );
}

function serviceScope(metric: Metric, place: EcsScopePlace | undefined): Scope {
  if (place === undefined) return right("");
  const cluster = dimensionValue(metric, "ClusterName");
  const service = dimensionValue(metric, "ServiceName");
  const hint = `Give it the dimensions ClusterName=${place.clusterName} and ServiceName=${place.serviceName}, names and not ARNs.`;
  if (cluster !== undefined && cluster !== place.clusterName) {
    return wrong(`it watches cluster ${cluster}`, hint);
  }
  if (service === undefined) {
    return cluster === undefined
      ? wrong("Amazon ECS publishes nothing without the dimension ClusterName", hint)
      : odd("it watches the whole cluster, with services that this release does not touch");
  }
  if (service !== place.serviceName) return wrong(`it watches service ${service}`, hint);
  return right("the whole service, both versions together");
}

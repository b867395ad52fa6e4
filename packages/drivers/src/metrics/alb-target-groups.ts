import type { VersionId } from "@headgate/core";
import { type CounterDefinition, undivided } from "./counter-definition.ts";

/**
 * Versions behind an Application Load Balancer, one target group each: ECS services in two target groups,
 * or weighted forwards. `loadBalancer` is "app/name/0123456789abcdef" and a target group
 * "targetgroup/name/0123456789abcdef": the last parts of their ARNs. By the minute, only where there were
 * requests. Source: AWS docs, load-balancer-cloudwatch-metrics.
 *
 * A target that cannot be reached is an error. One that takes the request and never answers is counted as a
 * request without an error: the 504 is counted for the whole load balancer only (HTTPCode_ELB_504_Count),
 * so put an alarm on that one.
 */
export function albTargetGroupCounters(parts: {
  readonly loadBalancer: string;
  readonly targetGroupOf: (version: VersionId) => string;
  /** Those of the service, for its whole traffic: a load balancer may carry others too. */
  readonly targetGroups: readonly string[];
}): CounterDefinition {
  const { loadBalancer, targetGroupOf, targetGroups } = parts;
  const ofGroup = (targetGroup: string) => ({
    LoadBalancer: loadBalancer,
    TargetGroup: targetGroup,
  });
  return {
    countedBy: "router",
    namespace: "AWS/ApplicationELB",
    requests: "RequestCount",
    errors: ["HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount"],
    latency: { metricName: "TargetResponseTime", unitMs: 1000 },
    armsOf: (version) => undivided(ofGroup(targetGroupOf(version))),
    traffic: targetGroups.map((targetGroup) => ({ dimensions: ofGroup(targetGroup) })),
  };
}

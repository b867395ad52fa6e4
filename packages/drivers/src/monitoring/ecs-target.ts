import type { MonitoredTarget } from "@headgate/core";
import { albTargetGroupCounters } from "../metrics/alb-target-groups.ts";
import { ecsCalls } from "../traffic/ecs/calls.ts";
import { type EcsTarget, lastPart, locate } from "../traffic/ecs/place.ts";
import { armOf, type MonitoringAccess } from "./parts.ts";

/**
 * Both target groups together and each by itself: versions take turns in them, so the two names are right in every
 * release, and the idle one is silent.
 */
export async function ecsTarget(
  access: MonitoringAccess,
  target: EcsTarget,
): Promise<Omit<MonitoredTarget, "name" | "chartsLeftOut">> {
  const place = await locate(ecsCalls(access), target);
  const { loadBalancerDimension, groups, serviceName, label } = place;
  const counters = albTargetGroupCounters({
    loadBalancer: loadBalancerDimension,
    targetGroupOf: (group) => group,
    targetGroups: groups.map(({ dimension }) => dimension),
  });
  const service = { ClusterName: lastPart(place.clusterArn), ServiceName: serviceName };
  return {
    label: `ecs ${label}`,
    arms: [
      armOf(counters, {
        key: "all",
        label: "both target groups",
        added: counters.traffic.map(({ dimensions }) => dimensions),
        isAlarmed: true,
      }),
      ...groups.map(({ name, dimension }) =>
        armOf(counters, {
          // The whole service has that key.
          key: name === "all" ? "group-all" : name,
          label: `target group ${name}`,
          added: counters.armsOf(dimension).map(({ dimensions }) => dimensions),
          isAlarmed: true,
        }),
      ),
    ],
    extras: [
      {
        title: "healthy targets",
        lines: groups.map(({ name, dimension }) => ({
          label: name,
          metric: {
            namespace: "AWS/ApplicationELB",
            metricName: "HealthyHostCount",
            dimensions: { LoadBalancer: loadBalancerDimension, TargetGroup: dimension },
          },
          statistic: "Minimum",
          isSure: true as const,
        })),
      },
      {
        title: "CPU and memory, percent",
        lines: ["CPUUtilization", "MemoryUtilization"].map((metricName) => ({
          label: metricName === "CPUUtilization" ? "CPU" : "memory",
          metric: { namespace: "AWS/ECS", metricName, dimensions: service },
          statistic: "Average",
        })),
      },
      {
        title: "tasks (Container Insights)",
        lines: ["RunningTaskCount", "DesiredTaskCount"].map((metricName) => ({
          label: metricName === "RunningTaskCount" ? "running" : "desired",
          metric: { namespace: "ECS/ContainerInsights", metricName, dimensions: service },
          statistic: "Maximum",
        })),
      },
    ],
    leftOut: [],
  };
}

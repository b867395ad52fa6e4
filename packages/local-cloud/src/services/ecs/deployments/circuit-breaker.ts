import type {
  DeploymentCircuitBreaker,
  ServiceDeploymentCircuitBreaker,
} from "@aws-sdk/client-ecs";
import { isOver } from "./progress.ts";
import type { ServiceDeploymentRow } from "../state.ts";

/**
 * How many tasks may fail before a deployment counts as failed.
 * Source: AWS docs, "How the Amazon ECS deployment circuit breaker detects failures": half of the desired count,
 * rounded up, from 3 to 200; botocore and SDK model of ThresholdConfiguration.
 */
export function breakerThreshold(
  breaker: DeploymentCircuitBreaker | undefined,
  desiredCount: number,
): number {
  const { type = "BOUNDED_PERCENT", value = 50 } = breaker?.thresholdConfiguration ?? {};
  const share = Math.ceil((desiredCount * value) / 100);
  switch (type) {
    case "BOUNDED_PERCENT":
      return Math.min(200, Math.max(3, share));
    case "UNBOUNDED_PERCENT":
      return Math.max(1, share);
    case "COUNT":
      return value;
    default:
      return type satisfies never;
  }
}

/** What DescribeServiceDeployments tells of it. */
export function breakerShape(
  row: ServiceDeploymentRow,
  desiredCount: number,
): ServiceDeploymentCircuitBreaker {
  const breaker = row.configuration.deploymentCircuitBreaker;
  const threshold = breakerThreshold(breaker, desiredCount);
  const { failedTaskCount: failureCount } = row;
  if (breaker?.enable !== true) return { status: "DISABLED", failureCount, threshold };
  if (failureCount >= threshold) return { status: "TRIGGERED", failureCount, threshold };
  const status =
    isOver(row) || row.rollbackStartedAtMs !== undefined ? "MONITORING_COMPLETE" : "MONITORING";
  return { status, failureCount, threshold };
}

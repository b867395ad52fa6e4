import type { Cloud } from "../../../service.ts";
import { clusterArn, serviceArn } from "../arns.ts";
import type { PlaceState, ServiceDeploymentRow } from "../state.ts";
import type { HookRun } from "./progress.ts";

type Bus = Pick<Cloud, "bus" | "clock">;

/**
 * Source: AWS docs, "Amazon ECS service deployment state change events". COMPLETED is told by the scheduler of
 * services, once the service is steady.
 */
export function tellDeployment(
  { bus, clock }: Bus,
  state: PlaceState,
  row: ServiceDeploymentRow,
  event: {
    readonly name: "SERVICE_DEPLOYMENT_IN_PROGRESS" | "SERVICE_DEPLOYMENT_FAILED";
    /** "ecs-svc/1234567890123456789" */
    readonly deploymentId: string;
    readonly reason: string;
  },
): void {
  bus.publish({
    kind: "stateChanged",
    ...state.place,
    source: "aws.ecs",
    detailType: "ECS Deployment State Change",
    resources: [serviceArn(state.place, row.clusterName, row.serviceName)],
    detail: {
      eventType: event.name === "SERVICE_DEPLOYMENT_FAILED" ? "ERROR" : "INFO",
      eventName: event.name,
      deploymentId: event.deploymentId,
      updatedAt: new Date(clock.nowMs()).toISOString(),
      reason: event.reason,
    },
  });
}

const HOOK_EVENTS: Readonly<Record<HookRun["status"], string>> = {
  AWAITING_ACTION: "HOOK_AWAITING_ACTION",
  IN_PROGRESS: "HOOK_IN_PROGRESS",
  SUCCEEDED: "HOOK_SUCCEEDED",
  FAILED: "HOOK_FAILED",
  TIMED_OUT: "HOOK_TIMED_OUT",
};

/**
 * Source: AWS docs, "Amazon ECS service deployment hook state change events". Unverified: the type of event of a
 * hook that failed or was too late, and "AWS_LAMBDA" for the type of a hook.
 */
export function tellHook(
  { bus, clock }: Bus,
  state: PlaceState,
  row: ServiceDeploymentRow,
  run: HookRun,
): void {
  const isBad = run.status === "FAILED" || run.status === "TIMED_OUT";
  bus.publish({
    kind: "stateChanged",
    ...state.place,
    source: "aws.ecs",
    detailType: "ECS Hook State Change",
    resources: [row.arn],
    detail: {
      eventType: isBad ? "ERROR" : "INFO",
      eventName: HOOK_EVENTS[run.status],
      hookId: run.id,
      hookType: run.targetType,
      expiresAt: new Date(run.expiresAtMs).toISOString(),
      lifecycleStage: run.at,
      clusterArn: clusterArn(state.place, row.clusterName),
      serviceArn: serviceArn(state.place, row.clusterName, row.serviceName),
      serviceDeploymentArn: row.arn,
      updatedAt: new Date(clock.nowMs()).toISOString(),
    },
  });
}

import type {
  DeploymentLifecycleHookDetail,
  Rollback,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevisionSummary,
} from "@aws-sdk/client-ecs";
import { clusterArn, serviceArn } from "../arns.ts";
import type { Ecs } from "../parts.ts";
import type { PlaceState, ServiceDeploymentRow, ServiceRow } from "../state.ts";
import { breakerShape } from "./circuit-breaker.ts";
import type { Progress } from "./progress.ts";

/** As ListServiceDeployments gives it. */
export function deploymentBrief(
  { place }: PlaceState,
  row: ServiceDeploymentRow,
): ServiceDeploymentBrief {
  return {
    serviceDeploymentArn: row.arn,
    serviceArn: serviceArn(place, row.clusterName, row.serviceName),
    clusterArn: clusterArn(place, row.clusterName),
    createdAt: new Date(row.createdAtMs),
    startedAt: dateOf(row.startedAtMs),
    finishedAt: dateOf(row.finishedAtMs),
    targetServiceRevisionArn: row.targetRevisionArn,
    status: row.status,
    statusReason: row.statusReason,
  };
}

/** As DescribeServiceDeployments gives it. */
export function deploymentOutput(
  ecs: Pick<Ecs, "groups">,
  state: PlaceState,
  row: ServiceDeploymentRow,
  progress: Progress | undefined,
): ServiceDeployment {
  const service = state.services(row.clusterName).get(row.serviceName);
  const summary = summaryOf(ecs, state, { row, progress, service });
  const { sourceRevisionArn: source, alarms, configuration } = row;
  return {
    ...deploymentBrief(state, row),
    stoppedAt: dateOf(row.stoppedAtMs),
    updatedAt: new Date(row.updatedAtMs),
    sourceServiceRevisions:
      source === undefined
        ? []
        : [summary(source, progress?.blueId, (percent) => (1000 - percent * 10) / 10)],
    targetServiceRevision: summary(row.targetRevisionArn, progress?.greenId, (percent) => percent),
    lifecycleStage: row.lifecycleStage,
    lifecycleHookDetails: progress?.hooks.map(hookDetail),
    deploymentConfiguration: configuration,
    rollback: rollbackOf(row),
    deploymentCircuitBreaker: breakerShape(row, service?.desiredCount ?? 0),
    alarms: {
      status: alarms.status ?? "DISABLED",
      alarmNames: configuration.alarms?.alarmNames,
      triggeredAlarmNames: [...alarms.triggered],
    },
  };
}

function summaryOf(
  { groups }: Pick<Ecs, "groups">,
  { place }: PlaceState,
  of: {
    readonly row: ServiceDeploymentRow;
    readonly progress: Progress | undefined;
    readonly service: ServiceRow | undefined;
  },
) {
  const { row, progress, service } = of;
  /** Rolling deployments, and services without load balancers, have no shares of traffic. */
  const hasShares = (progress?.routes ?? []).length > 0;
  return (
    arn: string,
    groupId: string | undefined,
    shareOf: (percent: number) => number,
  ): ServiceRevisionSummary => {
    const id =
      groupId ?? service?.deployments.find(({ revisionArn }) => revisionArn === arn)?.id ?? "";
    const view = groups.view(place, row.clusterName, id);
    return {
      arn,
      requestedTaskCount: view.desiredCount,
      runningTaskCount: view.runningCount,
      pendingTaskCount: view.pendingCount,
      requestedTestTrafficWeight: hasShares ? shareOf(row.testWeight) : undefined,
      requestedProductionTrafficWeight: hasShares ? shareOf(row.productionWeight) : undefined,
    };
  };
}

function hookDetail(run: Progress["hooks"][number]): DeploymentLifecycleHookDetail {
  return {
    hookId: run.id,
    targetType: run.targetType,
    targetArn: run.targetArn,
    status: run.status,
    expiresAt: new Date(run.expiresAtMs),
    timeoutAction: run.timeoutAction,
  };
}

function rollbackOf(row: ServiceDeploymentRow): Rollback | undefined {
  if (row.rollbackStartedAtMs === undefined) return undefined;
  return {
    reason: row.rollbackReason,
    startedAt: new Date(row.rollbackStartedAtMs),
    serviceRevisionArn: row.sourceRevisionArn,
  };
}

function dateOf(atMs: number | undefined): Date | undefined {
  return atMs === undefined ? undefined : new Date(atMs);
}

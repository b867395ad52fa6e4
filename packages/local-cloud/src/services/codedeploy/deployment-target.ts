import type {
  DeploymentTarget,
  InstanceSummary,
  LifecycleEvent,
  TargetStatus,
} from "@aws-sdk/client-codedeploy";
import type { Place } from "../../telemetry/metric-sink.ts";
import { notStarted } from "./errors.ts";
import type { DeploymentRow, LambdaTargetRow, PlaceState, TargetRow } from "./state.ts";

/** "orders:live" of a function's alias, "cluster:service" of a service. Unverified: the first. */
export function targetIdOf(target: TargetRow): string {
  return target.kind === "Lambda"
    ? `${target.functionName}:${target.alias}`
    : `${target.cluster}:${target.service}`;
}

/** @throws {AwsError} DeploymentNotStartedException when the target is not known yet. */
export function requireTarget(row: DeploymentRow): TargetRow {
  if (row.target === undefined) throw notStarted(row.id);
  return row.target;
}

export function deploymentTarget({ place }: PlaceState, row: DeploymentRow): DeploymentTarget {
  const target = requireTarget(row);
  const shared = {
    deploymentId: row.id,
    targetId: targetIdOf(target),
    lastUpdatedAt: new Date(row.updatedAtMs),
    lifecycleEvents: lifecycleEvents(row),
    status: targetStatus(row),
  };
  if (target.kind === "ECS") {
    return {
      deploymentTargetType: "ECSTarget",
      ecsTarget: { ...shared, targetArn: target.serviceArn, taskSetsInfo: [...target.taskSets] },
    };
  }
  return {
    deploymentTargetType: "LambdaTarget",
    lambdaTarget: {
      ...shared,
      targetArn: aliasArn(place, target),
      lambdaFunctionInfo: {
        functionName: target.functionName,
        functionAlias: target.alias,
        currentVersion: target.currentVersion,
        targetVersion: target.targetVersion,
        // A percentage. Source: the model's documentation; services' task sets have the same type of number.
        targetVersionWeight: row.progress.weightPercent,
      },
    },
  };
}

/** An AppSpec may name its function by the ARN. */
function aliasArn({ region, account }: Place, { functionName, alias }: LambdaTargetRow): string {
  if (functionName.startsWith("arn:")) return `${functionName}:${alias}`;
  return `arn:aws:lambda:${region}:${account}:function:${functionName}:${alias}`;
}

/** The same in the shape of before there were targets. */
export function instanceSummary(row: DeploymentRow): InstanceSummary {
  return {
    deploymentId: row.id,
    instanceId: targetIdOf(requireTarget(row)),
    status: targetStatus(row),
    lastUpdatedAt: new Date(row.updatedAtMs),
    lifecycleEvents: lifecycleEvents(row),
  };
}

export function targetStatus({ status }: DeploymentRow): TargetStatus {
  switch (status) {
    case "Created":
      return "Pending";
    case "Stopped":
      return "Failed";
    case "InProgress":
    case "Ready":
    case "Succeeded":
    case "Failed":
      return status;
    default:
      return status satisfies never;
  }
}

function lifecycleEvents({ events }: DeploymentRow): LifecycleEvent[] {
  const dateOf = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs));
  return events.map(({ name, status, startedAtMs, endedAtMs, diagnostics }) => ({
    lifecycleEventName: name,
    status,
    startTime: dateOf(startedAtMs),
    endTime: dateOf(endedAtMs),
    diagnostics,
  }));
}

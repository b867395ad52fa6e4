import type { Service, ServiceEvent, TaskSet } from "@aws-sdk/client-ecs";
import { RolloutError, type VersionId } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { CallLimits } from "../../aws/runner.ts";
import type { EcsCalls } from "./calls.ts";

/** Which service: names or ARNs. */
export interface ServiceName {
  readonly cluster: string;
  readonly service: string;
}

export interface TaskSetView {
  /** "ecs-svc/1234567890123456789" */
  readonly id: string;
  readonly version: VersionId;
  readonly status: "PRIMARY" | "ACTIVE" | "DRAINING";
  readonly taskDefinitionArn: string;
  readonly externalId: string;
  readonly groupArns: readonly string[];
  /** Of the service's desired count. */
  readonly scalePercent: number;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly isSteady: boolean;
  readonly createdAtMs: number;
  /** As AWS tells it: the network and the launch type that another task set is made with. */
  readonly raw: TaskSet;
}

export interface ServiceView {
  readonly arn: string;
  readonly name: string;
  readonly clusterArn: string;
  readonly status: string;
  /** "ECS", "EXTERNAL" or "CODE_DEPLOY". */
  readonly controller: string;
  readonly desiredCount: number;
  readonly taskSets: readonly TaskSetView[];
  /** Newest first. */
  readonly events: readonly ServiceEvent[];
  readonly raw: Service;
}

/** @throws {RolloutError} TARGET_NOT_FOUND */
export async function readService(
  { ecs }: EcsCalls,
  { cluster, service }: ServiceName,
  limits?: CallLimits,
): Promise<ServiceView> {
  const found = await ecs(
    "DescribeServices",
    `service ${service} of cluster ${cluster}`,
    async (client, options) => client.describeServices({ cluster, services: [service] }, options),
    limits,
  ).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new RolloutError("TARGET_NOT_FOUND", `there is no cluster "${cluster}"`, {
      hint: "Look at target.ecs.cluster, the account and the region: aws ecs list-clusters.",
      cause: error,
    });
  });
  const raw = found.services?.[0];
  if (raw === undefined || raw.status === "INACTIVE") {
    const gone = raw === undefined ? "has no service" : "had, and has no more, a service";
    throw new RolloutError("TARGET_NOT_FOUND", `cluster ${cluster} ${gone} "${service}"`, {
      hint: `aws ecs list-services --cluster ${cluster} lists what there is.`,
    });
  }
  return {
    arn: raw.serviceArn ?? "",
    name: raw.serviceName ?? service,
    clusterArn: raw.clusterArn ?? cluster,
    status: raw.status ?? "unknown",
    // Source: AWS docs, API_Service: absent for the ECS controller.
    controller: raw.deploymentController?.type ?? "ECS",
    desiredCount: raw.desiredCount ?? 0,
    taskSets: (raw.taskSets ?? []).map(taskSetOf),
    events: raw.events ?? [],
    raw,
  };
}

function taskSetOf(raw: TaskSet): TaskSetView {
  const { taskDefinition: taskDefinitionArn = "", status } = raw;
  return {
    id: raw.id ?? "",
    version: versionOf(taskDefinitionArn),
    status: status === "PRIMARY" || status === "DRAINING" ? status : "ACTIVE",
    taskDefinitionArn,
    externalId: raw.externalId ?? "",
    groupArns: (raw.loadBalancers ?? []).flatMap(({ targetGroupArn = "" }) => targetGroupArn),
    scalePercent: raw.scale?.value ?? 0,
    desiredCount: raw.computedDesiredCount ?? 0,
    runningCount: raw.runningCount ?? 0,
    pendingCount: raw.pendingCount ?? 0,
    isSteady: raw.stabilityStatus === "STEADY_STATE",
    createdAtMs: raw.createdAt?.getTime() ?? 0,
    raw,
  };
}

/** What people call a task definition revision: "web:7" of its ARN. */
export function versionOf(taskDefinition: string): VersionId {
  return taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1);
}

import type { Attachment, Container, Task } from "@aws-sdk/client-ecs";
import { clusterArn } from "../arns.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { ContainerRow, PlaceState, TaskRow } from "../state.ts";
import { tagList } from "../tagging.ts";

/** What LATEST stands for. Source: AWS docs, Fargate Linux platform versions. */
const PLATFORM_LATEST = "1.4.0";

/** A task as DescribeTasks, RunTask and StopTask tell it. Source: recorded AWS answers (moto's and LocalStack's ecs tests). */
export function taskOutput(state: PlaceState, row: TaskRow, withTags: boolean): Task {
  const definition = findTaskDefinition(state, row.workload.taskDefinitionArn)?.definition;
  const { platformVersion, capacityProviderStrategy } = row.workload;
  const [provider] = capacityProviderStrategy;
  const dates = {
    createdAt: dateOf(row.createdAtMs),
    pullStartedAt: dateOf(row.pullStartedAtMs),
    pullStoppedAt: dateOf(row.pullStoppedAtMs),
    startedAt: dateOf(row.startedAtMs),
    stoppingAt: dateOf(row.stoppingAtMs),
    executionStoppedAt: dateOf(row.executionStoppedAtMs),
    stoppedAt: dateOf(row.stoppedAtMs),
  };
  const { overrides } = row;
  return {
    attachments: attachmentsOf(row),
    attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
    availabilityZone: row.network?.zone,
    capacityProviderName: provider?.capacityProvider,
    clusterArn: clusterArn(state.place, row.clusterName),
    ...(row.network !== undefined && {
      connectivity: "CONNECTED" as const,
      connectivityAt: dateOf(row.pullStartedAtMs ?? row.createdAtMs),
    }),
    containers: row.containers.map((container) => containerOutput(row, container)),
    cpu: overrides.cpu ?? definition?.cpu,
    ...dates,
    desiredStatus: row.desiredStatus,
    enableExecuteCommand: row.enableExecuteCommand,
    group: row.group,
    healthStatus: row.healthStatus,
    lastStatus: row.lastStatus,
    launchType: "FARGATE",
    memory: overrides.memory ?? definition?.memory,
    overrides: {
      containerOverrides: row.containers.map(
        ({ name }) => overrides.containerOverrides?.find((item) => item.name === name) ?? { name },
      ),
      inferenceAcceleratorOverrides: [],
      ...(overrides.taskRoleArn !== undefined && { taskRoleArn: overrides.taskRoleArn }),
      ...(overrides.executionRoleArn !== undefined && {
        executionRoleArn: overrides.executionRoleArn,
      }),
    },
    platformVersion:
      platformVersion === undefined || platformVersion === "LATEST"
        ? PLATFORM_LATEST
        : platformVersion,
    platformFamily: "Linux",
    startedBy: row.startedBy,
    stopCode: row.stopCode,
    stoppedReason: row.stoppedReason,
    tags: withTags ? tagList(state.tags.get(row.arn)) : [],
    taskArn: row.arn,
    taskDefinitionArn: row.workload.taskDefinitionArn,
    version: row.version,
    ephemeralStorage: { sizeInGiB: definition?.ephemeralStorage?.sizeInGiB ?? 20 },
  };
}

function containerOutput(task: TaskRow, container: ContainerRow): Container {
  const { network } = task;
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: [],
    networkInterfaces:
      network === undefined
        ? []
        : [{ attachmentId: network.attachmentId, privateIpv4Address: network.address }],
    healthStatus: container.healthStatus,
    cpu: String(container.cpu),
    ...(container.memory !== undefined && { memory: String(container.memory) }),
  };
}

function attachmentsOf({ network, lastStatus }: TaskRow): Attachment[] {
  if (network === undefined) return [];
  const status = lastStatus === "STOPPED" ? "DELETED" : "ATTACHED";
  const details = [
    { name: "subnetId", value: network.subnetId },
    { name: "networkInterfaceId", value: network.interfaceId },
    { name: "macAddress", value: network.macAddress },
    { name: "privateDnsName", value: `ip-${network.address.replaceAll(".", "-")}.ec2.internal` },
    { name: "privateIPv4Address", value: network.address },
  ];
  return [{ id: network.attachmentId, type: "ElasticNetworkInterface", status, details }];
}

function dateOf(atMs: number | undefined): Date | undefined {
  return atMs === undefined ? undefined : new Date(atMs);
}

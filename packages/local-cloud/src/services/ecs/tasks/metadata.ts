import type { ServerResponse } from "node:http";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { lastPart } from "../arns.ts";
import type { ContainerRow, PlaceState, TaskRow } from "../state.ts";
import { taskOutput } from "./output.ts";

/** Where a container's ECS_CONTAINER_METADATA_URI_V4 points to, below the cloud's own endpoint. */
export function metadataPath({ account, region }: Place, task: TaskRow, container: string): string {
  return `/_aws/ecs-metadata/${account}/${region}/${task.clusterName}/${task.id}/${container}`;
}

/**
 * Answers the task metadata endpoint, version 4: the container, `/task`, `/stats` and `/task/stats`.
 * Source: AWS docs, Task metadata endpoint version 4 for Fargate. Stats are empty.
 *
 * @param path below the account: "/us-east-1/CLUSTER/TASK/CONTAINER[/task]".
 */
export function serveMetadata(
  states: (place: Place) => PlaceState,
  account: string,
  path: string,
  response: ServerResponse,
): void {
  const [, region = "", cluster = "", id = "", name, ...rest] =
    path.split("?")[0]?.split("/") ?? [];
  const state = states({ account, region });
  const row = state.tasks(cluster).get(id);
  const container = row?.containers.find((item) => item.name === name);
  const body =
    row === undefined || container === undefined
      ? undefined
      : documentOf(state, row, container, rest.join("/"));
  response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(body ?? { error: "no such task or container" }));
}

function documentOf(
  state: PlaceState,
  row: TaskRow,
  container: ContainerRow,
  rest: string,
): unknown {
  switch (rest) {
    case "":
      return containerDocument(state, row, container);
    case "task":
    case "taskWithTags":
      return taskDocument(state, row);
    case "stats":
    case "task/stats":
      return {};
    default:
      return undefined;
  }
}

function containerDocument({ place }: PlaceState, row: TaskRow, container: ContainerRow) {
  const [family, revision] = lastPart(row.workload.taskDefinitionArn).split(":");
  return {
    DockerId: container.runtimeId ?? "",
    Name: container.name,
    DockerName: container.name,
    Image: container.image,
    ImageID: container.imageDigest ?? "",
    Labels: {
      "com.amazonaws.ecs.cluster": `arn:aws:ecs:${place.region}:${place.account}:cluster/${row.clusterName}`,
      "com.amazonaws.ecs.container-name": container.name,
      "com.amazonaws.ecs.task-arn": row.arn,
      "com.amazonaws.ecs.task-definition-family": family,
      "com.amazonaws.ecs.task-definition-version": revision,
    },
    DesiredStatus: row.desiredStatus,
    KnownStatus: container.lastStatus,
    Limits: { CPU: container.cpu },
    CreatedAt: new Date(row.createdAtMs).toISOString(),
    Type: "NORMAL",
    ContainerARN: container.arn,
    ...(row.network && {
      Networks: [
        {
          NetworkMode: "awsvpc",
          IPv4Addresses: [row.network.address],
          AttachmentIndex: 0,
          MACAddress: row.network.macAddress,
        },
      ],
    }),
  };
}

function taskDocument(state: PlaceState, row: TaskRow) {
  const task = taskOutput(state, row, false);
  const [family, revision] = lastPart(row.workload.taskDefinitionArn).split(":");
  return {
    Cluster: task.clusterArn,
    TaskARN: row.arn,
    Family: family,
    Revision: revision,
    DesiredStatus: row.desiredStatus,
    KnownStatus: row.lastStatus,
    Limits: { CPU: Number(task.cpu ?? 0) / 1024, Memory: Number(task.memory ?? 0) },
    PullStartedAt: task.pullStartedAt?.toISOString(),
    PullStoppedAt: task.pullStoppedAt?.toISOString(),
    AvailabilityZone: task.availabilityZone,
    LaunchType: "FARGATE",
    Containers: row.containers.map((container) => containerDocument(state, row, container)),
  };
}

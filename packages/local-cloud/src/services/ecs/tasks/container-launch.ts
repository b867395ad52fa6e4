import { TaskRuntimeUnavailableError } from "../../../data-plane/tasks/choose-task-runtime.ts";
import {
  type ContainerLaunch,
  LaunchError,
  type TaskRuntime,
} from "../../../data-plane/tasks/task-runtime.ts";
import type { Cloud } from "../../../service.ts";
import { memoryMibOf } from "../definitions/sizes.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import { openContainerLog } from "./container-logs.ts";
import type { ContainerRun } from "./container-run.ts";
import { containerEnvironment } from "./environment.ts";
import { type ExecutionRole, executionRole } from "./execution-role.ts";
import { imageMissing, TaskFailure } from "./failure.ts";

/**
 * Gathers what each container of a task needs before any of them starts: variables and secrets, an image, a log. All of
 * one kind before the next: AWS's agent does it in this order, and says first what is first wrong.
 *
 * @throws {TaskFailure}, {LaunchError}
 */
export async function prepareContainers(
  cloud: Cloud,
  state: PlaceState,
  task: TaskRow,
  containers: readonly ContainerRun[],
  runtime: TaskRuntime,
): Promise<void> {
  const definition = findTaskDefinition(state, task.workload.taskDefinitionArn)?.definition;
  const taskRoleArn = task.overrides.taskRoleArn ?? definition?.taskRoleArn;
  const taskMemory = memoryMibOf(task.overrides.memory ?? definition?.memory);
  const role = executionRole(cloud, state, task);
  const parts = { runtime, taskRoleArn, role };
  await role.requireRegistry(containers.map(({ plan }) => plan.definition));
  const environments = await inOrder(containers, ({ plan }) =>
    containerEnvironment(cloud, state, task, plan, parts),
  );
  const images = await inOrder(containers, (container) => imageOf(cloud, state, role, container));
  const logs = await inOrder(containers, ({ plan }) =>
    openContainerLog(cloud, state, task, { definition: plan.definition, role }),
  );
  for (const container of containers) {
    const { definition: own, override } = container.plan;
    const image = images.get(container);
    const log = logs.get(container);
    if (image === undefined || log === undefined) continue;
    container.launch = {
      id: launchId(task, container),
      image,
      entryPoint: own.entryPoint,
      command: override?.command ?? own.command,
      workingDirectory: own.workingDirectory,
      user: own.user,
      environment: environments.get(container) ?? {},
      ports: portsOf(container),
      // Known when it starts: `inNetwork`.
      sharesNetworkWith: undefined,
      siblingPorts: undefined,
      cpuUnits: override?.cpu ?? (own.cpu === 0 ? undefined : own.cpu),
      memoryMiB: override?.memory ?? own.memory ?? taskMemory,
      readOnlyRoot: own.readonlyRootFilesystem ?? false,
      onLine: (line) => log(line),
    };
  }
}

async function inOrder<Found>(
  containers: readonly ContainerRun[],
  find: (container: ContainerRun) => Promise<Found>,
): Promise<ReadonlyMap<ContainerRun, Found>> {
  const found = new Map<ContainerRun, Found>();
  for (const container of containers) found.set(container, await find(container));
  return found;
}

/**
 * The launch of a container in its task's network: that of `holder`, or else its own, with the ports of all who may
 * come to it. A container that has ended holds no network any more.
 */
export function inNetwork(
  launch: ContainerLaunch,
  holder: ContainerRun | undefined,
  all: readonly ContainerRun[],
): ContainerLaunch {
  const holderId = holder?.launch?.id;
  if (holderId !== undefined && holderId !== launch.id) {
    return { ...launch, sharesNetworkWith: holderId };
  }
  const others = all.filter((other) => other.launch?.id !== launch.id);
  return { ...launch, siblingPorts: others.flatMap(portsOf) };
}

/** What a failure to start says of a container, and of its task. */
export function startFailure(
  cloud: Cloud,
  error: unknown,
): { readonly container: string; readonly task: string } {
  if (error instanceof TaskFailure) return { container: error.message, task: error.message };
  if (error instanceof TaskRuntimeUnavailableError) {
    return { container: `CannotStartContainerError: ${error.message}`, task: error.message };
  }
  if (!(error instanceof LaunchError)) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    cloud.warn(`internal error: a task of Amazon ECS could not be started: ${said}`);
    return { container: "CannotStartContainerError: internal error", task: "Task failed to start" };
  }
  const text = error.message.startsWith(error.reason)
    ? error.message
    : `${error.reason}: ${error.message}`;
  const isPull = error.reason === "CannotPullContainerError";
  return { container: text, task: isPull ? text : "Task failed to start" };
}

async function imageOf(
  cloud: Cloud,
  { place }: PlaceState,
  role: ExecutionRole,
  { plan }: ContainerRun,
): Promise<ContainerLaunch["image"]> {
  const { image: reference = "" } = plan.definition;
  await role.requireManifest(reference);
  const found = (await cloud.port("images")).find(place, reference);
  switch (found.kind) {
    case "found":
      await role.requireLayers(reference, found.image);
      return { kind: "stored", image: found.image };
    case "foreign":
      return { kind: "foreign", reference };
    case "imageMissing":
    case "repositoryMissing":
      throw imageMissing(reference);
  }
  return found satisfies never;
}

function launchId(task: TaskRow, container: ContainerRun): string {
  return `${task.id}-${container.name}`;
}

function portsOf({ plan }: ContainerRun): number[] {
  return (plan.definition.portMappings ?? []).flatMap(({ containerPort }) => containerPort ?? []);
}

import type { Cloud } from "../../../service.ts";
import { STOPPED_TASK_KEPT_MS } from "../limits.ts";
import type { ContainerRow, PlaceState, TaskRow } from "../state.ts";
import { keepTags } from "../tagging.ts";
import { taskStateChange } from "./state-change.ts";
import type { TaskRef } from "./tasks.ts";

export type TaskListener = (state: PlaceState, task: TaskRow) => void;

/** Keeps the rows of tasks: every change is stored, told to EventBridge, and to who listens. */
export interface TaskBook {
  add(state: PlaceState, row: TaskRow): void;
  /** Undefined when there is no such task any more. */
  change(state: PlaceState, task: TaskRef, change: Partial<TaskRow>): TaskRow | undefined;
  changeContainer(
    state: PlaceState,
    task: TaskRef,
    name: string,
    change: Partial<ContainerRow>,
  ): TaskRow | undefined;
  /** Forgets a stopped task when its hour is over. */
  expire(state: PlaceState, task: TaskRow): void;
  listen(listener: TaskListener): void;
  /** Nothing is written down any more. */
  close(): void;
}

/** What a change must touch to be told to EventBridge. Source: AWS docs, task state change events. */
const TOLD: readonly (keyof TaskRow)[] = ["lastStatus", "desiredStatus", "containers", "network"];

export function createTaskBook(cloud: Cloud): TaskBook {
  const listeners: TaskListener[] = [];
  let isClosed = false;

  const store = (state: PlaceState, row: TaskRow, isTold: boolean) => {
    state.tasks(row.clusterName).set(row.id, row);
    if (isTold) cloud.bus.publish(taskStateChange(cloud, state, row));
    for (const listener of listeners) listener(state, row);
  };

  const change: TaskBook["change"] = (state, { clusterName, id }, changes) => {
    const before = isClosed ? undefined : state.tasks(clusterName).get(id);
    if (before === undefined) return undefined;
    const isTold = TOLD.some((key) => key in changes && changes[key] !== before[key]);
    const version = isTold ? before.version + 1 : before.version;
    const row: TaskRow = { ...before, ...changes, version };
    store(state, row, isTold);
    return row;
  };

  return {
    add: (state, row) => store(state, row, true),
    change,
    changeContainer(state, task, name, changes) {
      const row = isClosed ? undefined : state.tasks(task.clusterName).get(task.id);
      if (row === undefined) return undefined;
      const containers = row.containers.map((container) =>
        container.name === name ? { ...container, ...changes } : container,
      );
      return change(state, task, { containers, healthStatus: healthOf(state, row, containers) });
    },
    expire(state, { clusterName, id, arn, stoppedAtMs }) {
      const atMs = (stoppedAtMs ?? cloud.clock.nowMs()) + STOPPED_TASK_KEPT_MS;
      cloud.clock.schedule(atMs, () => {
        state.tasks(clusterName).delete(id);
        keepTags(state, arn, {});
      });
    },
    listen: (listener) => void listeners.push(listener),
    close() {
      isClosed = true;
    },
  };
}

/**
 * Of the essential containers with a check: UNHEALTHY when one is, HEALTHY when all are.
 * Source: ecs API reference, HealthCheck.
 */
function healthOf(
  { taskDefinitions }: PlaceState,
  { workload }: TaskRow,
  containers: readonly ContainerRow[],
): TaskRow["healthStatus"] {
  const key = workload.taskDefinitionArn.slice(workload.taskDefinitionArn.lastIndexOf("/") + 1);
  const checked = (taskDefinitions.get(key)?.definition.containerDefinitions ?? [])
    .filter(({ essential, healthCheck }) => essential === true && isChecked(healthCheck))
    .map(({ name }) => containers.find((row) => row.name === name)?.healthStatus);
  if (checked.includes("UNHEALTHY")) return "UNHEALTHY";
  return checked.length > 0 && checked.every((status) => status === "HEALTHY")
    ? "HEALTHY"
    : "UNKNOWN";
}

/** A check of ["NONE"] turns off that of the image. */
export function isChecked(
  check: { readonly command?: readonly string[] | undefined } | undefined,
): boolean {
  return check?.command !== undefined && check.command[0] !== "NONE";
}

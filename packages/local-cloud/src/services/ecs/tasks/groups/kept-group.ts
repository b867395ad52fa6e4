import type { Scheduled } from "../../../../clock.ts";
import type { PlaceState, TaskRow } from "../../state.ts";
import type { TaskGroup, TaskGroupView } from "../../task-groups.ts";

const STARTING: ReadonlySet<string> = new Set(["PROVISIONING", "PENDING", "ACTIVATING"]);

/** A group as it is kept, with what happened to it. Lives as long as the cloud. */
export interface KeptGroup {
  group: TaskGroup;
  readonly state: PlaceState;
  /** Ids of tasks that were healthy at the last look. */
  healthy: ReadonlySet<string>;
  /** Ids of tasks that were healthy once. */
  readonly everHealthy: Set<string>;
  /** Ids of tasks whose end has been dealt with, or was wanted. */
  readonly settled: Set<string>;
  /** Ids of tasks whose `leftBehind` was told. */
  readonly leftBehind: Set<string>;
  failedCount: number;
  failuresInARow: number;
  lastFailure: string | undefined;
  /** No task is started before. */
  notBeforeMs: number;
  next: Scheduled | undefined;
  /** A look at it is due at this moment. */
  isDue: boolean;
  /** What listeners were last told. */
  told: string;
}

export function newKeptGroup(group: TaskGroup, state: PlaceState): KeptGroup {
  return {
    group,
    state,
    healthy: new Set(),
    everHealthy: new Set(),
    settled: new Set(),
    leftBehind: new Set(),
    failedCount: 0,
    failuresInARow: 0,
    lastFailure: undefined,
    notBeforeMs: 0,
    next: undefined,
    isDue: false,
    told: "",
  };
}

/** Its tasks, stopped ones too, oldest first. */
export function membersOf({ state, group }: KeptGroup): TaskRow[] {
  return [...state.tasks(group.clusterName).values()].filter(
    ({ startedBy }) => startedBy === group.id,
  );
}

export const isAlive = ({ desiredStatus }: TaskRow) => desiredStatus === "RUNNING";

export function viewOf(kept: KeptGroup): TaskGroupView {
  const members = membersOf(kept);
  const alive = members.filter(isAlive);
  const { count: desiredCount } = kept.group;
  const pendingCount = alive.filter(({ lastStatus }) => STARTING.has(lastStatus)).length;
  const runningCount = alive.filter(({ lastStatus }) => lastStatus === "RUNNING").length;
  const healthyCount = alive.filter(({ id }) => kept.healthy.has(id)).length;
  const stoppingCount = members.filter(
    (row) => !isAlive(row) && row.lastStatus !== "STOPPED",
  ).length;
  return {
    desiredCount,
    pendingCount,
    runningCount,
    healthyCount,
    failedCount: kept.failedCount,
    lastFailure: kept.lastFailure,
    stoppingCount,
    isSteady: healthyCount === desiredCount && alive.length === desiredCount && stoppingCount === 0,
  };
}

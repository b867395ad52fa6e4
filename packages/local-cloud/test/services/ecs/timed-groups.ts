import type { VirtualClock } from "../../../src/clock.ts";
import type {
  TaskGroup,
  TaskGroups,
  TaskGroupView,
} from "../../../src/services/ecs/task-groups.ts";

const SECOND = 1000;

export interface TimedGroups extends TaskGroups {
  /** Task definitions ("web:2") whose tasks never become healthy, a failure every ten seconds. */
  readonly sick: Set<string>;
  readonly kept: ReadonlyMap<string, TaskGroup>;
}

/** Groups whose tasks are there, or gone, a second after they were asked for. */
export function timedGroups(clock: VirtualClock): TimedGroups {
  const kept = new Map<string, TaskGroup>();
  const running = new Map<string, number>();
  const failed = new Map<string, number>();
  const sick = new Set<string>();
  const listeners: ((id: string) => void)[] = [];
  const tell = (id: string) => {
    for (const listener of listeners) listener(id);
  };
  const isSick = ({ workload }: TaskGroup) =>
    sick.has(workload.taskDefinitionArn.split("/").at(-1) ?? "");
  const settle = (id: string) => {
    const group = kept.get(id);
    if (group === undefined) return;
    if (isSick(group) && group.count > 0) {
      failed.set(id, (failed.get(id) ?? 0) + 1);
      clock.schedule(clock.nowMs() + 10 * SECOND, () => settle(id));
    } else if (running.get(id) === group.count) return;
    else running.set(id, group.count);
    tell(id);
  };
  return {
    sick,
    kept,
    keep(group) {
      kept.set(group.id, group);
      clock.schedule(clock.nowMs() + SECOND, () => settle(group.id));
    },
    view(_place, _cluster, id): TaskGroupView {
      const desiredCount = kept.get(id)?.count ?? 0;
      const runningCount = running.get(id) ?? 0;
      return {
        desiredCount,
        runningCount: Math.min(runningCount, desiredCount),
        healthyCount: Math.min(runningCount, desiredCount),
        pendingCount: Math.max(0, desiredCount - runningCount),
        stoppingCount: Math.max(0, runningCount - desiredCount),
        failedCount: failed.get(id) ?? 0,
        lastFailure: undefined,
        isSteady: runningCount === desiredCount,
      };
    },
    forget(id) {
      kept.delete(id);
      running.delete(id);
    },
    forgetFailures: (id) => void failed.delete(id),
    onChange: (listener) => void listeners.push(listener),
    close: () => Promise.resolve(),
  };
}

import type { PlaceState, ServiceRow, TaskSetRow } from "../state.ts";
import type { FailureNews } from "./failure-news.ts";
import { saySteady } from "./journal.ts";
import type { SchedulerParts } from "./service-parts.ts";

/** Source: ecs API reference, TaskSet: the service's desired count times the scale, rounded up. */
export function computedCount({ desiredCount }: ServiceRow, { scalePercent }: TaskSetRow): number {
  // The division comes last: 3 * 70 / 100 is exact where 3 * 0.7 is not.
  return Math.ceil((desiredCount * scalePercent) / 100);
}

/** Keeps the task sets of services with the controllers CODE_DEPLOY and EXTERNAL at their scale. */
export interface TaskSetKeeper {
  look(state: PlaceState, service: ServiceRow): void;
  /** All of them go: the service is being deleted. */
  drain(state: PlaceState, service: ServiceRow): void;
}

export function createTaskSetKeeper(
  parts: SchedulerParts & { readonly failureNews: FailureNews },
): TaskSetKeeper {
  const { keeper, journal, failureNews, cloud } = parts;
  /** Steady as they were seen last; not known after a restart, and then nothing is told. */
  const steady = new Map<string, boolean>();

  const follow = (state: PlaceState, service: ServiceRow, row: TaskSetRow): boolean => {
    const view = keeper.view(state, service, row.id);
    failureNews.tell(state, service, row.id, view);
    const isSteady = view.isSteady && view.desiredCount === computedCount(service, row);
    const was = steady.get(row.id);
    if (was === isSteady) return isSteady;
    steady.set(row.id, isSteady);
    if (was === undefined && !isSteady) return isSteady;
    state
      .taskSets(service.clusterName, service.name)
      .set(row.id, { ...row, stabilityAtMs: cloud.clock.nowMs() });
    if (isSteady) {
      const text = `(service ${service.name}, taskSet ${row.id}) updated state to STEADY_STATE.`;
      journal.write(state, service, text);
      journal.action(state, service, "TASKSET_STEADY_STATE", { taskSetArns: [row.arn] });
    }
    return isSteady;
  };

  const remove = (state: PlaceState, service: ServiceRow, row: TaskSetRow) => {
    keeper.keep(state, service, { id: row.id, workload: row.workload, count: 0 });
    if (service.status !== "ACTIVE" || !keeper.isGone(state, service, row.id)) return;
    keeper.forget(row.id);
    steady.delete(row.id);
    failureNews.forget(row.id);
    state.taskSets(service.clusterName, service.name).delete(row.id);
    state.tags.delete(row.arn);
  };

  return {
    look(state, service) {
      const rows = [...state.taskSets(service.clusterName, service.name).values()];
      let isSteady = rows.length > 0;
      for (const row of rows) {
        if (row.status === "DRAINING") {
          remove(state, service, row);
          isSteady = false;
          continue;
        }
        const count = computedCount(service, row);
        keeper.keep(state, service, { id: row.id, workload: row.workload, count });
        if (!follow(state, service, row)) isSteady = false;
      }
      if (isSteady) saySteady(journal, state, service);
    },
    drain(state, service) {
      for (const row of state.taskSets(service.clusterName, service.name).values()) {
        remove(state, service, row);
      }
    },
  };
}

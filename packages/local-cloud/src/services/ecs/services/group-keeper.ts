import type { Ecs } from "../parts.ts";
import type { PlaceState, ServiceRow, Workload } from "../state.ts";
import type { TaskGroup, TaskGroupView } from "../task-groups.ts";

/** The groups of tasks of services: deployments and task sets, by their ids. */
export interface GroupKeeper {
  keep(
    state: PlaceState,
    service: ServiceRow,
    group: { readonly id: string; readonly workload: Workload; readonly count: number },
  ): void;
  /** At the number of tasks that there are, after a restart of the cloud. */
  resume(
    state: PlaceState,
    service: ServiceRow,
    group: { readonly id: string; readonly workload: Workload },
  ): void;
  view(state: PlaceState, service: ServiceRow, id: string): TaskGroupView;
  isGone(state: PlaceState, service: ServiceRow, id: string): boolean;
  forget(id: string): void;
  /** Whose group it is. */
  ownerOf(
    id: string,
  ): Pick<TaskGroup, "account" | "region" | "clusterName" | "serviceName"> | undefined;
}

export function createGroupKeeper({ groups }: Pick<Ecs, "groups">): GroupKeeper {
  const kept = new Map<string, { readonly group: TaskGroup; readonly text: string }>();
  const keeper: GroupKeeper = {
    keep(state, service, { id, workload, count }) {
      const group: TaskGroup = {
        ...state.place,
        id,
        clusterName: service.clusterName,
        serviceName: service.name,
        workload,
        count,
        taskTags: taskTagsOf(state, service, workload),
        enableExecuteCommand: service.enableExecuteCommand,
      };
      const text = JSON.stringify(group);
      if (kept.get(id)?.text === text) return;
      kept.set(id, { group, text });
      groups.keep(group);
    },
    resume(state, service, { id, workload }) {
      let alive = 0;
      for (const task of state.tasks(service.clusterName).values()) {
        if (task.startedBy === id && task.desiredStatus === "RUNNING") alive++;
      }
      keeper.keep(state, service, { id, workload, count: alive });
    },
    view: (state, service, id) => groups.view(state.place, service.clusterName, id),
    isGone(state, service, id) {
      const { desiredCount, pendingCount, runningCount, stoppingCount } = keeper.view(
        state,
        service,
        id,
      );
      return desiredCount + pendingCount + runningCount + stoppingCount === 0;
    },
    forget(id) {
      if (kept.delete(id)) groups.forget(id);
    },
    ownerOf: (id) => kept.get(id)?.group,
  };
  return keeper;
}

/** Source: AWS docs, tagging Amazon ECS resources: "aws:ecs:clusterName" and "aws:ecs:serviceName". */
function taskTagsOf(state: PlaceState, service: ServiceRow, { taskDefinitionArn }: Workload) {
  const propagated = {
    NONE: undefined,
    SERVICE: service.arn,
    TASK_DEFINITION: taskDefinitionArn,
  } as const satisfies Record<ServiceRow["propagateTags"], string | undefined>;
  const from = propagated[service.propagateTags];
  return {
    ...(from === undefined ? {} : state.tags.get(from)),
    ...(service.enableEcsManagedTags
      ? {
          "aws:ecs:clusterName": service.clusterName,
          "aws:ecs:serviceName": service.name,
        }
      : {}),
  };
}

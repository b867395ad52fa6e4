import type { TaskSet } from "@aws-sdk/client-ecs";
import { clusterArn } from "../arns.ts";
import type { PlaceState, ServiceRow, TaskSetRow } from "../state.ts";
import { tagList } from "../tagging.ts";
import type { TaskGroups } from "../task-groups.ts";
import { workloadOutput } from "./service-output.ts";
import { computedCount } from "./task-set-keeper.ts";

/** How many a task set should have, and whether it has them. */
export function taskSetCounts(
  groups: TaskGroups,
  state: PlaceState,
  service: ServiceRow,
  row: TaskSetRow,
) {
  const view = groups.view(state.place, row.clusterName, row.id);
  const computedDesiredCount = row.status === "DRAINING" ? 0 : computedCount(service, row);
  return {
    computedDesiredCount,
    runningCount: view.runningCount,
    pendingCount: view.pendingCount,
    isSteady: view.isSteady && view.desiredCount === computedDesiredCount,
  };
}

/** A task set as DescribeTaskSets and DescribeServices tell it. */
export function taskSetOutput(
  groups: TaskGroups,
  state: PlaceState,
  service: ServiceRow,
  row: TaskSetRow,
  { withTags = false }: { readonly withTags?: boolean } = {},
): TaskSet {
  const { isSteady, ...counts } = taskSetCounts(groups, state, service, row);
  return {
    id: row.id,
    taskSetArn: row.arn,
    serviceArn: service.arn,
    clusterArn: clusterArn(state.place, row.clusterName),
    startedBy: row.startedBy,
    externalId: row.externalId,
    status: row.status,
    taskDefinition: row.workload.taskDefinitionArn,
    ...counts,
    createdAt: new Date(row.createdAtMs),
    updatedAt: new Date(row.updatedAtMs),
    ...workloadOutput(row.workload),
    loadBalancers: [...row.workload.loadBalancers],
    serviceRegistries: [],
    scale: { value: row.scalePercent, unit: "PERCENT" },
    stabilityStatus: isSteady ? "STEADY_STATE" : "STABILIZING",
    stabilityStatusAt: new Date(row.stabilityAtMs),
    tags: withTags ? tagList(state.tags.get(row.arn)) : [],
  };
}

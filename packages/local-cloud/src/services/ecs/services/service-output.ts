import type { Deployment, Service } from "@aws-sdk/client-ecs";
import { clusterArn } from "../arns.ts";
import type { Ecs } from "../parts.ts";
import type { DeploymentRow, PlaceState, ServiceRow, Workload } from "../state.ts";
import { tagList } from "../tagging.ts";
import type { TaskGroupView } from "../task-groups.ts";
import { taskSetOutput } from "./task-set-output.ts";

/** A service as CreateService, DescribeServices and the others tell it. */
export function serviceOutput(
  { groups }: Ecs,
  state: PlaceState,
  row: ServiceRow,
  { withTags }: { readonly withTags: boolean },
): Service {
  const { workload } = row;
  const viewOf = (id: string) => groups.view(state.place, row.clusterName, id);
  const sets = [...state.taskSets(row.clusterName, row.name).values()];
  const views = [...row.deployments, ...sets].map(({ id }) => viewOf(id));
  const sum = (count: (view: TaskGroupView) => number) =>
    views.reduce((total, view) => total + count(view), 0);
  const isEcs = row.controller === "ECS";
  return {
    serviceArn: row.arn,
    serviceName: row.name,
    clusterArn: clusterArn(state.place, row.clusterName),
    status: row.status,
    desiredCount: row.desiredCount,
    runningCount: sum(({ runningCount }) => runningCount),
    pendingCount: sum(({ pendingCount }) => pendingCount),
    loadBalancers: [...(workload?.loadBalancers ?? [])],
    serviceRegistries: [],
    ...(workload === undefined ? {} : workloadOutput(workload)),
    taskDefinition: workload?.taskDefinitionArn,
    deploymentConfiguration: row.deploymentConfiguration,
    ...(isEcs
      ? { currentServiceDeployment: row.currentServiceDeploymentArn }
      : {
          deploymentController: { type: row.controller },
          taskSets: sets.map((set) => taskSetOutput(groups, state, row, set)),
        }),
    currentServiceRevisions: row.deployments.map(({ id, revisionArn, desiredCount }) => {
      const { runningCount, pendingCount } = viewOf(id);
      return {
        arn: revisionArn,
        requestedTaskCount: desiredCount,
        runningTaskCount: runningCount,
        pendingTaskCount: pendingCount,
      };
    }),
    deployments: row.deployments.map((one) => deploymentOutput(one, viewOf(one.id))),
    roleArn: row.roleArn,
    events: row.events.map(({ id, atMs, message }) => ({ id, createdAt: new Date(atMs), message })),
    createdAt: new Date(row.createdAtMs),
    placementConstraints: [],
    placementStrategy: [],
    ...((workload?.loadBalancers.length ?? 0) > 0
      ? { healthCheckGracePeriodSeconds: workload?.healthCheckGraceSeconds }
      : {}),
    schedulingStrategy: row.schedulingStrategy,
    createdBy: row.createdBy,
    enableECSManagedTags: row.enableEcsManagedTags,
    propagateTags: row.propagateTags,
    enableExecuteCommand: row.enableExecuteCommand,
    availabilityZoneRebalancing: row.availabilityZoneRebalancing,
    resourceManagementType: "CUSTOMER",
    ...(withTags ? { tags: tagList(state.tags.get(row.arn)) } : {}),
  };
}

function deploymentOutput(row: DeploymentRow, view: TaskGroupView): Deployment {
  return {
    id: row.id,
    status: row.status,
    taskDefinition: row.workload.taskDefinitionArn,
    desiredCount: row.desiredCount,
    pendingCount: view.pendingCount,
    runningCount: view.runningCount,
    failedTasks: view.failedCount,
    createdAt: new Date(row.createdAtMs),
    updatedAt: new Date(row.updatedAtMs),
    ...workloadOutput(row.workload),
    rolloutState: row.rolloutState,
    rolloutStateReason: row.rolloutStateReason,
  };
}

/** How tasks are launched, and where they stand. */
export function workloadOutput(workload: Workload) {
  const { launchType, capacityProviderStrategy, platformVersion, network } = workload;
  return {
    ...(capacityProviderStrategy.length > 0
      ? { capacityProviderStrategy: [...capacityProviderStrategy] }
      : { launchType }),
    ...(platformVersion === undefined ? {} : { platformVersion, platformFamily: "Linux" }),
    ...(network === undefined ? {} : { networkConfiguration: { awsvpcConfiguration: network } }),
  };
}

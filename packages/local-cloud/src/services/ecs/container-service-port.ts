import type {
  CapacityShare,
  ContainerServicePort,
  ServiceRef,
  TaskSetView,
} from "../../data-plane/ports/container-services.ts";
import { lastPart } from "./arns.ts";
import { clusterNotFound } from "./errors.ts";
import { findCluster } from "./lookups.ts";
import type { ServiceParts } from "./services/service-parts.ts";
import { taskSetCounts } from "./services/task-set-output.ts";
import type { TaskSets } from "./services/task-sets.ts";
import { requireActive } from "./services/update-service.ts";
import type { PlaceState, ServiceRow, TaskSetRow } from "./state.ts";

/** Services and their task sets, for whoever deploys them from outside. */
export function createContainerServicePort(
  parts: ServiceParts,
  taskSets: TaskSets,
): ContainerServicePort {
  const activeOf = (ref: ServiceRef) => {
    const state = parts.in(ref);
    const cluster = findCluster(state, ref.cluster);
    if (cluster === undefined) throw clusterNotFound();
    return { state, service: requireActive(state, cluster.name, ref.service) };
  };
  const viewOf = (state: PlaceState, service: ServiceRow, row: TaskSetRow): TaskSetView => ({
    id: row.id,
    externalId: row.externalId,
    status: row.status,
    taskDefinitionArn: row.workload.taskDefinitionArn,
    targetGroupArns: row.workload.loadBalancers.flatMap(({ targetGroupArn }) =>
      targetGroupArn === undefined ? [] : [targetGroupArn],
    ),
    scalePercent: row.scalePercent,
    ...taskSetCounts(parts.groups, state, service, row),
  });

  return {
    find(ref) {
      const state = parts.in(ref);
      const cluster = findCluster(state, ref.cluster);
      const service = cluster && state.services(cluster.name).get(lastPart(ref.service));
      if (service === undefined) return undefined;
      const sets = [...state.taskSets(service.clusterName, service.name).values()];
      return {
        clusterName: service.clusterName,
        serviceName: service.name,
        serviceArn: service.arn,
        status: service.status,
        controller: service.controller,
        desiredCount: service.desiredCount,
        taskDefinitionArn: service.workload?.taskDefinitionArn,
        taskSets: sets.map((row) => viewOf(state, service, row)),
      };
    },

    async createTaskSet(ref, wanted) {
      const { state, service } = activeOf(ref);
      const { targetGroupArn, containerName, containerPort } = wanted;
      const row = await taskSets.create(state, service, {
        request: {
          ...(wanted.capacityProviders === undefined
            ? launchOf(service)
            : { capacityProviderStrategy: wanted.capacityProviders.map(strategyItem) }),
          taskDefinition: wanted.taskDefinition,
          platformVersion: wanted.platformVersion ?? service.workload?.platformVersion,
          networkConfiguration: networkOf(service, wanted.network),
          loadBalancers: [{ targetGroupArn, containerName, containerPort }],
          healthCheckGracePeriodSeconds: service.workload?.healthCheckGraceSeconds,
        },
        externalId: wanted.externalId,
        startedBy: wanted.startedBy,
        scalePercent: wanted.scalePercent,
        tags: {},
        mustServe: false,
      });
      return viewOf(state, service, row);
    },

    makePrimary(ref, id) {
      const { state, service } = activeOf(ref);
      taskSets.makePrimary(state, service, taskSets.require(state, service, id));
    },

    scale(ref, id, percent) {
      const { state, service } = activeOf(ref);
      taskSets.scale(state, service, taskSets.require(state, service, id), percent);
    },

    deleteTaskSet(ref, id) {
      const { state, service } = activeOf(ref);
      taskSets.remove(state, service, taskSets.require(state, service, id));
    },
  };
}

/** As the service's own tasks are launched. */
function launchOf({ workload }: ServiceRow) {
  if (workload === undefined) return {};
  const { launchType, capacityProviderStrategy } = workload;
  return { launchType, capacityProviderStrategy };
}

function strategyItem({ capacityProvider, base, weight }: CapacityShare) {
  return { capacityProvider, base, weight };
}

function networkOf(
  { workload }: ServiceRow,
  given: Parameters<ContainerServicePort["createTaskSet"]>[1]["network"],
) {
  if (given !== undefined) {
    const { subnets, securityGroups, assignPublicIp } = given;
    return {
      awsvpcConfiguration: {
        subnets: [...subnets],
        securityGroups: [...securityGroups],
        assignPublicIp,
      },
    };
  }
  return workload?.network === undefined ? undefined : { awsvpcConfiguration: workload.network };
}

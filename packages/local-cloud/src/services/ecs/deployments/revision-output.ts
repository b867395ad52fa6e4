import type {
  ContainerImage,
  ServiceRevision,
  ServiceRevisionLoadBalancer,
} from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../service.ts";
import { clusterArn, serviceArn } from "../arns.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { PlaceState, ServiceRevisionRow } from "../state.ts";
import { type Progress, progressTable } from "./progress.ts";

/** As DescribeServiceRevisions gives it. */
export async function revisionOutput(
  cloud: Cloud,
  state: PlaceState,
  row: ServiceRevisionRow,
): Promise<ServiceRevision> {
  const { place } = state;
  const { workload } = row;
  const definition = findTaskDefinition(state, workload.taskDefinitionArn)?.definition;
  return {
    serviceRevisionArn: row.arn,
    serviceArn: serviceArn(place, row.clusterName, row.serviceName),
    clusterArn: clusterArn(place, row.clusterName),
    taskDefinition: workload.taskDefinitionArn,
    capacityProviderStrategy:
      workload.capacityProviderStrategy.length === 0
        ? undefined
        : [...workload.capacityProviderStrategy],
    launchType: workload.launchType,
    platformVersion: workload.platformVersion,
    platformFamily: workload.platformVersion === undefined ? undefined : "Linux",
    loadBalancers: [...workload.loadBalancers],
    serviceRegistries: [],
    networkConfiguration: workload.network && { awsvpcConfiguration: workload.network },
    containerImages: await imagesOf(cloud, state, row, definition?.containerDefinitions ?? []),
    guardDutyEnabled: false,
    createdAt: new Date(row.createdAtMs),
    resolvedConfiguration: { loadBalancers: resolved(cloud, state, row) },
  };
}

/**
 * A tag is resolved once for a revision: what its tasks were started from goes before what the registry has now.
 * Source: AWS docs, "Container image resolution".
 */
async function imagesOf(
  cloud: Cloud,
  state: PlaceState,
  row: ServiceRevisionRow,
  containers: readonly {
    readonly name?: string | undefined;
    readonly image?: string | undefined;
  }[],
): Promise<ContainerImage[]> {
  const images = await cloud.port("images");
  const started = startedFrom(state, row);
  return containers.map(({ name = "", image = "" }) => {
    const found = started.has(name) ? undefined : images.find(state.place, image);
    return {
      containerName: name,
      image,
      imageDigest: started.get(name) ?? (found?.kind === "found" ? found.image.digest : undefined),
    };
  });
}

/** Digests by container, of a task of the revision. */
function startedFrom(state: PlaceState, row: ServiceRevisionRow): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const task of state.tasks(row.clusterName).values()) {
    const isItsOwn =
      task.group === `service:${row.serviceName}` &&
      task.workload.taskDefinitionArn === row.workload.taskDefinitionArn;
    if (!isItsOwn) continue;
    for (const { name, imageDigest } of task.containers) {
      if (imageDigest !== undefined && !digests.has(name)) digests.set(name, imageDigest);
    }
  }
  return digests;
}

/** In which of the target groups the revision is: where its tasks are now, or the last deployment brought them. */
function resolved(
  cloud: Cloud,
  state: PlaceState,
  row: ServiceRevisionRow,
): ServiceRevisionLoadBalancer[] {
  let routes: Progress["routes"];
  for (const deployment of state.serviceDeployments.values()) {
    if (deployment.targetRevisionArn !== row.arn) continue;
    routes = progressTable(cloud, state).get(deployment.arn)?.routes ?? routes;
  }
  const now = state
    .services(row.clusterName)
    .get(row.serviceName)
    ?.deployments.find(({ revisionArn }) => revisionArn === row.arn);
  return row.workload.loadBalancers.map(({ targetGroupArn, advancedConfiguration }, index) => {
    const rule = advancedConfiguration?.productionListenerRule;
    const route = routes?.find(({ productionRule }) => productionRule === rule);
    const live = now?.workload.loadBalancers[index]?.targetGroupArn;
    return {
      targetGroupArn: live ?? route?.greenGroupArn ?? targetGroupArn,
      productionListenerRule: rule,
    };
  });
}

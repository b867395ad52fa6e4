import { invalid, serviceNotActive } from "../errors.ts";
import { requireCluster, requireService } from "../lookups.ts";
import type { EcsInput } from "../sdk.ts";
import type { PlaceState, ServiceRow, Workload } from "../state.ts";
import { readDeploymentConfiguration } from "./deployment-configuration.ts";
import type { ServiceScheduler } from "./scheduler.ts";
import type { ServiceParts } from "./service-parts.ts";
import {
  checkStrategy,
  readDesiredCount,
  readServiceWorkload,
  refuseOutside,
} from "./service-request.ts";
import { editDeployment, editService, primaryOf } from "./service-rows.ts";

type UpdateServiceInput = EcsInput<"UpdateService">;

/**
 * Changes a service; what its tasks are run with is brought in by a new deployment.
 *
 * @throws what UpdateService throws.
 */
export async function updateService(
  parts: ServiceParts,
  scheduler: ServiceScheduler,
  state: PlaceState,
  input: UpdateServiceInput,
): Promise<ServiceRow> {
  const cluster = requireCluster(state, input.cluster);
  const row = requireActive(state, cluster.name, input.service);
  if (row.controller !== "ECS") refuseDeployment(row, input);
  const { type = row.controller } = input.deploymentController ?? {};
  if (type !== row.controller) {
    // Unverified: the text. AWS lets some services change theirs.
    throw invalid(
      `The deployment controller of a service cannot be changed here: it is ${row.controller}.`,
    );
  }
  const desiredCount =
    input.desiredCount === undefined
      ? row.desiredCount
      : readDesiredCount(input.desiredCount, row.schedulingStrategy);
  const deploymentConfiguration = readDeploymentConfiguration(
    input.deploymentConfiguration,
    row,
    row.deploymentConfiguration,
  );
  refuseOutside(input);
  // What stays is not checked again: a service goes on with a task definition that was deregistered since.
  const workload =
    row.workload !== undefined && changesWorkload(input)
      ? await readServiceWorkload(
          parts,
          state,
          { cluster, controller: row.controller },
          requestOf(row.workload, input),
        )
      : row.workload;
  if (input.deploymentConfiguration !== undefined || input.loadBalancers !== undefined) {
    await checkStrategy(parts, state, row.controller, {
      configuration: deploymentConfiguration,
      loadBalancers: workload?.loadBalancers ?? [],
    });
  }
  const current = requireActive(state, cluster.name, input.service);

  editService(state, current, (now) => ({
    desiredCount,
    deploymentConfiguration,
    enableExecuteCommand: input.enableExecuteCommand ?? now.enableExecuteCommand,
    enableEcsManagedTags: input.enableECSManagedTags ?? now.enableEcsManagedTags,
    propagateTags: input.propagateTags ?? now.propagateTags,
    availabilityZoneRebalancing:
      input.availabilityZoneRebalancing ?? now.availabilityZoneRebalancing,
  }));
  const isDeployed = row.controller === "ECS" && workload !== undefined;
  if (isDeployed && (input.forceNewDeployment === true || isOther(current.workload, workload))) {
    scheduler.deploy(state, current, workload);
  } else {
    const grace = input.healthCheckGracePeriodSeconds;
    if (grace !== undefined) keepGrace(state, current, grace);
    // What carries out a strategy counts its tasks anew.
    if (desiredCount !== current.desiredCount) parts.deployments().resume(state);
    scheduler.look(state, current);
  }
  return requireService(state, cluster.name, input.service);
}

/** @throws ServiceNotFoundException, ServiceNotActiveException */
export function requireActive(
  state: PlaceState,
  clusterName: string,
  nameOrArn: string | undefined,
): ServiceRow {
  const row = requireService(state, clusterName, nameOrArn);
  if (row.status !== "ACTIVE") throw serviceNotActive();
  return row;
}

/**
 * What only a new deployment by CodeDeploy, or a new task set, may change.
 * Source: AWS answers quoted in kayac/ecspresso#393 and issues of terraform modules, for the task definition, load
 * balancers and forceNewDeployment; Unverified: the rest, written after them.
 */
function refuseDeployment({ controller }: ServiceRow, input: UpdateServiceInput): void {
  const instead =
    controller === "CODE_DEPLOY"
      ? "Use AWS CodeDeploy to trigger a new deployment."
      : "Create a new task set instead.";
  const changes = {
    "task definition": input.taskDefinition,
    "load balancers": input.loadBalancers,
    "platform version": input.platformVersion,
    "network configuration": input.networkConfiguration,
    "capacity provider strategy": input.capacityProviderStrategy,
  };
  for (const [what, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    throw invalid(
      `Unable to update ${what} on services with ${article(controller)} ${controller} deployment controller. ${instead}`,
    );
  }
  if (input.forceNewDeployment === true) {
    throw invalid(
      `Cannot force a new deployment on services with ${article(controller)} ${controller} deployment controller. ${instead}`,
    );
  }
}

const article = (controller: ServiceRow["controller"]) =>
  controller === "CODE_DEPLOY" ? "a" : "an";

/** A new grace period alone is kept without reading the workload again. */
function changesWorkload(input: UpdateServiceInput): boolean {
  const { taskDefinition, networkConfiguration, platformVersion } = input;
  const changed = [
    taskDefinition,
    networkConfiguration,
    platformVersion,
    input.loadBalancers,
    input.capacityProviderStrategy,
  ];
  return changed.some((value) => value !== undefined);
}

/** The workload as it is to be read again, with what the update changes. */
function requestOf(before: Workload, input: UpdateServiceInput) {
  const { network, launchType, capacityProviderStrategy } = before;
  const strategy = input.capacityProviderStrategy;
  const launch =
    strategy !== undefined && strategy.length > 0
      ? { capacityProviderStrategy: strategy }
      : { launchType, capacityProviderStrategy };
  return {
    ...launch,
    taskDefinition: input.taskDefinition ?? before.taskDefinitionArn,
    platformVersion: input.platformVersion ?? before.platformVersion,
    networkConfiguration:
      input.networkConfiguration ??
      (network === undefined ? undefined : { awsvpcConfiguration: network }),
    loadBalancers: input.loadBalancers ?? before.loadBalancers,
    healthCheckGracePeriodSeconds:
      input.healthCheckGracePeriodSeconds ?? before.healthCheckGraceSeconds,
  };
}

/** The grace period alone brings no new deployment. */
function isOther(before: Workload | undefined, after: Workload): boolean {
  const text = (workload: Workload | undefined) =>
    JSON.stringify({ ...workload, healthCheckGraceSeconds: 0 });
  return text(before) !== text(after);
}

function keepGrace(state: PlaceState, service: ServiceRow, healthCheckGraceSeconds: number): void {
  if (service.workload === undefined) return;
  const workload = { ...service.workload, healthCheckGraceSeconds };
  editService(state, service, () => ({ workload }));
  const primary = primaryOf(service);
  if (primary === undefined) return;
  editDeployment(state, service, primary.id, {
    workload: { ...primary.workload, healthCheckGraceSeconds },
  });
}

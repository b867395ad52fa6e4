import { serviceArn, taskSetArn } from "../arns.ts";
import { invalid } from "../errors.ts";
import { requireCluster } from "../lookups.ts";
import type { EcsInput } from "../sdk.ts";
import type { PlaceState, ServiceRow, TaskSetRow, Workload } from "../state.ts";
import { keepTags, tagsOf } from "../tagging.ts";
import { readDeploymentConfiguration } from "./deployment-configuration.ts";
import type { ServiceScheduler } from "./scheduler.ts";
import type { ServiceParts } from "./service-parts.ts";
import {
  checkScheduling,
  checkStrategy,
  isAwsVpc,
  readDesiredCount,
  readServiceWorkload,
  refuseOutside,
  requireBareExternal,
  requireServiceName,
} from "./service-request.ts";
import { newDeploymentId } from "./service-rows.ts";

/**
 * Makes a service and begins to run it: with a deployment (ECS), a primary task set (CODE_DEPLOY), or with nothing
 * yet (EXTERNAL).
 *
 * @throws what CreateService throws.
 */
export async function createService(
  parts: ServiceParts,
  scheduler: ServiceScheduler,
  state: PlaceState,
  { input, createdBy }: { readonly input: EcsInput<"CreateService">; readonly createdBy: string },
): Promise<ServiceRow> {
  const { cloud } = parts;
  const cluster = requireCluster(state, input.cluster);
  const name = requireServiceName(input.serviceName);
  const controller = input.deploymentController?.type ?? "ECS";
  const schedulingStrategy = input.schedulingStrategy ?? "REPLICA";
  requireFreeName(state, cluster.name, name);
  refuseOutside(input);
  const workload = await workloadOf(parts, state, { input, controller });
  checkScheduling(workload, { schedulingStrategy, controller });
  const desiredCount = readDesiredCount(
    controller === "EXTERNAL" ? (input.desiredCount ?? 0) : input.desiredCount,
    schedulingStrategy,
  );
  const deploymentConfiguration = readDeploymentConfiguration(input.deploymentConfiguration, {
    controller,
    schedulingStrategy,
  });
  await checkStrategy(parts, state, controller, {
    configuration: deploymentConfiguration,
    loadBalancers: workload?.loadBalancers ?? [],
  });
  if (input.role !== undefined && workload !== undefined && isAwsVpc(state, workload)) {
    throw invalid(
      "You cannot specify an IAM role for services that require a service linked role.",
    );
  }
  const tags = tagsOf(input.tags);
  // Somebody else may have been quicker while target groups and subnets were looked up.
  requireFreeName(state, cluster.name, name);

  const row: ServiceRow = {
    clusterName: cluster.name,
    name,
    arn: serviceArn(state.place, cluster.name, name),
    status: "ACTIVE",
    controller,
    schedulingStrategy,
    desiredCount,
    workload,
    deploymentConfiguration,
    deployments: [],
    currentServiceDeploymentArn: undefined,
    currentServiceRevisionArns: [],
    events: [],
    roleArn: roleArnOf(state, input.role, workload),
    enableEcsManagedTags: input.enableECSManagedTags ?? false,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    propagateTags: input.propagateTags ?? "NONE",
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? "ENABLED",
    createdAtMs: cloud.clock.nowMs(),
    createdBy,
  };
  cloud.store.transaction(() => {
    state.services(cluster.name).set(name, row);
    keepTags(state, row.arn, tags);
    if (controller === "CODE_DEPLOY" && workload !== undefined) {
      const set = firstTaskSet(parts, state, row, workload);
      state.taskSets(cluster.name, name).set(set.id, set);
    }
  });
  if (controller === "ECS" && workload !== undefined) scheduler.deploy(state, row, workload);
  else scheduler.look(state, row);
  return state.services(cluster.name).get(name) ?? row;
}

async function workloadOf(
  parts: ServiceParts,
  state: PlaceState,
  {
    input,
    controller,
  }: {
    readonly input: EcsInput<"CreateService">;
    readonly controller: ServiceRow["controller"];
  },
): Promise<Workload | undefined> {
  if (controller === "EXTERNAL") {
    requireBareExternal(input);
    return undefined;
  }
  if (controller === "CODE_DEPLOY" && (input.loadBalancers ?? []).length === 0) {
    // Unverified: the text. Source: ecs API reference, CreateService: a load balancer is required.
    throw invalid("Services with a CODE_DEPLOY deployment controller must have a load balancer.");
  }
  const cluster = requireCluster(state, input.cluster);
  const { taskDefinition } = input;
  return readServiceWorkload(parts, state, { cluster, controller }, { ...input, taskDefinition });
}

/** @throws InvalidParameterException for a name that a service has which is not INACTIVE. */
function requireFreeName(state: PlaceState, clusterName: string, name: string): void {
  const status = state.services(clusterName).get(name)?.status;
  if (status === "ACTIVE") throw invalid("Creation of service was not idempotent.");
  if (status === "DRAINING") {
    throw invalid("Unable to Start a service that is still Draining.");
  }
}

function firstTaskSet(
  { cloud }: ServiceParts,
  state: PlaceState,
  service: ServiceRow,
  workload: Workload,
): TaskSetRow {
  const id = newDeploymentId(cloud.random);
  const nowMs = cloud.clock.nowMs();
  return {
    id,
    arn: taskSetArn(state.place, service.clusterName, service.name, id),
    clusterName: service.clusterName,
    serviceName: service.name,
    status: "PRIMARY",
    externalId: undefined,
    startedBy: undefined,
    workload,
    scalePercent: 100,
    stabilityAtMs: nowMs,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The service-linked role stands for services behind load balancers that give none. */
function roleArnOf(
  { place }: PlaceState,
  role: string | undefined,
  workload: Workload | undefined,
): string | undefined {
  if (role !== undefined) {
    return role.startsWith("arn:") ? role : `arn:aws:iam::${place.account}:role/${role}`;
  }
  if (workload === undefined || workload.network === undefined) return undefined;
  return `arn:aws:iam::${place.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`;
}

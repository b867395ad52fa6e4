import type { DeploymentConfiguration, LoadBalancer } from "@aws-sdk/client-ecs";
import { requireDeploymentConfiguration } from "../deployments/check.ts";
import { invalid, unsupported } from "../errors.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { EcsInput } from "../sdk.ts";
import type { ClusterRow, PlaceState, ServiceRow, Workload } from "../state.ts";
import { readWorkload, type WorkloadRequest } from "../tasks/workload.ts";
import { checkLoadBalancers } from "./load-balancers.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Source: ecs API reference, CreateService. */
const NAME = /^[a-zA-Z0-9_-]{1,255}$/;

/** Unverified: the text. @throws InvalidParameterException */
export function requireServiceName(name: string | undefined): string {
  if (name !== undefined && NAME.test(name)) return name;
  throw invalid(
    "Invalid identifier: Identifier is for a service but contains characters outside of letters, numbers, hyphens and underscores, or not 1 to 255 of them.",
  );
}

/**
 * What the tasks of a service are to be run with, its load balancers checked with it.
 *
 * @throws ClientException, InvalidParameterException, PlatformUnknownException
 */
export async function readServiceWorkload(
  parts: ServiceParts,
  state: PlaceState,
  of: {
    readonly cluster: ClusterRow;
    readonly controller: ServiceRow["controller"];
    readonly mustServe?: boolean;
  },
  request: WorkloadRequest,
): Promise<Workload> {
  const { taskDefinition } = request;
  if (taskDefinition === undefined || taskDefinition === "") {
    throw invalid("TaskDefinition can not be blank.");
  }
  const { cluster, controller, mustServe = true } = of;
  const workload = await readWorkload(parts, state, cluster, request);
  const { taskDefinitionArn, loadBalancers } = workload;
  await checkLoadBalancers(parts, state, loadBalancers, {
    taskDefinitionArn,
    controller,
    mustServe,
  });
  return workload;
}

/** @throws InvalidParameterException for what a controller does not take. */
export async function checkStrategy(
  { cloud }: ServiceParts,
  { place }: PlaceState,
  controller: ServiceRow["controller"],
  of: {
    readonly configuration: DeploymentConfiguration;
    readonly loadBalancers: readonly LoadBalancer[];
  },
): Promise<void> {
  if (controller !== "ECS") return;
  const { configuration, loadBalancers } = of;
  await requireDeploymentConfiguration(cloud, place, { configuration, loadBalancers });
}

/**
 * Of an EXTERNAL service, which gets these by its task sets.
 * Source: AWS answers quoted in aws-cdk#6245 and terraform-provider-aws#27291.
 */
export function requireBareExternal(input: {
  readonly taskDefinition?: string | undefined;
  readonly loadBalancers?: readonly LoadBalancer[] | undefined;
}): void {
  if (input.taskDefinition !== undefined) throw invalid("TaskDefinition must be blank.");
  if ((input.loadBalancers ?? []).length > 0) {
    throw invalid("LoadBalancers must be empty or null.");
  }
}

/** Source: ecs API reference, CreateService: DAEMON is for neither Fargate nor the other two controllers. */
export function checkScheduling(
  workload: Workload | undefined,
  { schedulingStrategy, controller }: Pick<ServiceRow, "schedulingStrategy" | "controller">,
): void {
  if (schedulingStrategy !== "DAEMON") return;
  // Unverified: the texts.
  if (controller !== "ECS") {
    throw invalid(
      `The ${controller} deployment controller does not support the DAEMON scheduling strategy. Use REPLICA, and try again.`,
    );
  }
  const isFargate =
    workload?.launchType === "FARGATE" || (workload?.capacityProviderStrategy.length ?? 0) > 0;
  if (isFargate) {
    throw invalid("The DAEMON scheduling strategy is not supported with the FARGATE launch type.");
  }
}

/**
 * Source: ecs API reference, CreateService: required with REPLICA. DAEMON runs one task for each container
 * instance, and there are none here.
 * @throws InvalidParameterException, its texts Unverified.
 */
export function readDesiredCount(
  given: number | undefined,
  schedulingStrategy: ServiceRow["schedulingStrategy"],
): number {
  if (schedulingStrategy === "DAEMON") {
    if (given === undefined) return 0;
    throw invalid(
      "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
    );
  }
  if (given === undefined)
    throw invalid("desiredCount must be given with the REPLICA scheduling strategy.");
  if (given < 0) throw invalid(`desiredCount must not be negative, but was ${given}.`);
  return given;
}

/**
 * What services of the local cloud do not do is refused, and not left out in silence.
 *
 * @throws UnsupportedFeatureException, its text ours.
 */
export function refuseOutside(
  input: Partial<
    Pick<
      EcsInput<"CreateService">,
      | "deploymentConfiguration"
      | "serviceConnectConfiguration"
      | "serviceRegistries"
      | "volumeConfigurations"
      | "vpcLatticeConfigurations"
    >
  >,
): void {
  const used = {
    "deploymentConfiguration.earlySuccessCriteria":
      input.deploymentConfiguration?.earlySuccessCriteria?.enable === true,
    serviceConnectConfiguration: input.serviceConnectConfiguration?.enabled === true,
    serviceRegistries: (input.serviceRegistries ?? []).length > 0,
    volumeConfigurations: (input.volumeConfigurations ?? []).length > 0,
    vpcLatticeConfigurations: (input.vpcLatticeConfigurations ?? []).length > 0,
  };
  for (const [name, isUsed] of Object.entries(used)) {
    if (!isUsed) continue;
    throw unsupported(`${name} is outside the local cloud: leave it out, or use AWS for it.`);
  }
}

/** Whether the tasks have network interfaces of their own. */
export function isAwsVpc(state: PlaceState, { taskDefinitionArn }: Workload): boolean {
  return findTaskDefinition(state, taskDefinitionArn)?.definition.networkMode === "awsvpc";
}

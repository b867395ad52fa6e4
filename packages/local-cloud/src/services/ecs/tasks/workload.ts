import type {
  CapacityProviderStrategyItem,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  TaskDefinition,
} from "@aws-sdk/client-ecs";
import { roleArnOf } from "../arns.ts";
import { client, invalid, platformUnknown, roleNotAssumable } from "../errors.ts";
import { requireTaskDefinition } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { ClusterRow, PlaceState, Workload } from "../state.ts";

/** Source: AWS docs, Fargate Linux platform versions. 1.0.0 to 1.2.0 are gone. */
const PLATFORM_VERSIONS = new Set(["LATEST", "1.3.0", "1.4.0"]);

export interface WorkloadRequest {
  readonly taskDefinition?: string | undefined;
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly loadBalancers?: readonly LoadBalancer[] | undefined;
  readonly healthCheckGracePeriodSeconds?: number | undefined;
}

/**
 * What tasks are to be run with, checked as RunTask, CreateService and CreateTaskSet check it: the task definition,
 * the way of launching, and the network. Load balancers are taken as they are.
 *
 * @throws ClientException, InvalidParameterException, PlatformUnknownException
 */
export async function readWorkload(
  ecs: Ecs,
  state: PlaceState,
  cluster: ClusterRow,
  request: WorkloadRequest,
): Promise<Workload> {
  const { arn, definition } = requireTaskDefinition(state, request.taskDefinition);
  const { launchType, strategy } = readLaunch(cluster, request);
  if (launchType !== undefined && launchType !== "EXTERNAL")
    checkCompatible(definition, launchType);
  if (strategy.length > 0) checkCompatible(definition, "FARGATE");
  const isFargate = launchType === "FARGATE" || strategy.length > 0;
  const { platformVersion } = request;
  if (platformVersion !== undefined && !PLATFORM_VERSIONS.has(platformVersion)) {
    throw platformUnknown();
  }
  return {
    taskDefinitionArn: arn,
    launchType,
    capacityProviderStrategy: strategy,
    platformVersion: isFargate ? (platformVersion ?? "LATEST") : platformVersion,
    network: await readNetwork(ecs, state, definition, request.networkConfiguration),
    loadBalancers: request.loadBalancers ?? [],
    healthCheckGraceSeconds: request.healthCheckGracePeriodSeconds ?? 0,
  };
}

/** Source: AWS docs, RunTask: without a launch type the cluster's default strategy, and without one EC2. */
function readLaunch(cluster: ClusterRow, request: WorkloadRequest) {
  const given = request.capacityProviderStrategy ?? [];
  if (given.length > 0 && request.launchType !== undefined) {
    throw invalid(
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    );
  }
  if (request.launchType === "MANAGED_INSTANCES") {
    throw invalid("The launch type MANAGED_INSTANCES is outside the local cloud: use FARGATE.");
  }
  if (request.launchType !== undefined) return { launchType: request.launchType, strategy: [] };
  const strategy = given.length > 0 ? given : cluster.defaultStrategy;
  for (const { capacityProvider = "" } of strategy) {
    if (cluster.capacityProviders.includes(capacityProvider)) continue;
    // Unverified: the text.
    throw invalid(
      `The specified capacity provider strategy contains a capacity provider that is not associated with the cluster. Specify a valid capacity provider and try again.`,
    );
  }
  return strategy.length > 0
    ? { launchType: undefined, strategy }
    : { launchType: "EC2" as const, strategy };
}

/** Source: AWS answers quoted in issues of aws-cdk and terraform-provider-aws. */
function checkCompatible(definition: TaskDefinition, launchType: "EC2" | "FARGATE"): void {
  if (definition.compatibilities?.includes(launchType)) return;
  throw invalid(`Task definition does not support launch_type ${launchType}.`);
}

async function readNetwork(
  { cloud }: Ecs,
  { place }: PlaceState,
  definition: TaskDefinition,
  configuration: NetworkConfiguration | undefined,
): Promise<Workload["network"]> {
  const wanted = configuration?.awsvpcConfiguration;
  if (definition.networkMode !== "awsvpc") {
    if (wanted === undefined) return undefined;
    throw invalid(
      "Network Configuration is not valid for the given networkMode of this task definition.",
    );
  }
  if (wanted === undefined) {
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  const subnets = wanted.subnets ?? [];
  if (subnets.length === 0) throw invalid("subnets can not be empty.");
  const network = await cloud.port("network");
  const vpcIds = new Set<string>();
  for (const id of subnets) {
    const subnet = network.subnet(place, id);
    if (subnet === undefined) {
      throw invalid(
        `Error retrieving subnet information for [${subnets.join(", ")}]: The subnet ID '${id}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
      );
    }
    vpcIds.add(subnet.vpcId);
  }
  const [vpcId = ""] = vpcIds;
  // Unverified: the text.
  if (vpcIds.size > 1) throw invalid("The subnets provided must belong to the same VPC.");
  const groups = wanted.securityGroups ?? [];
  for (const id of groups) {
    const group = network.securityGroup(place, id);
    if (group === undefined) {
      throw invalid(
        `Error retrieving security group information for [${groups.join(", ")}]: The security group '${id}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
      );
    }
    if (group.vpcId !== vpcId) {
      throw invalid(`The security group '${id}' does not belong to the VPC '${vpcId}'.`);
    }
  }
  const { assignPublicIp = "DISABLED" } = wanted;
  return { subnets, securityGroups: groups, assignPublicIp };
}

/**
 * The task's roles must exist and trust ECS.
 *
 * @throws ClientException
 */
export async function checkRoles(
  { cloud }: Pick<Ecs, "cloud">,
  { place }: PlaceState,
  roleArns: readonly (string | undefined)[],
): Promise<void> {
  const roles = await cloud.port("roles");
  for (const arn of roleArns) {
    if (arn === undefined || arn === "") continue;
    const full = roleArnOf(place, arn);
    if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(full)) throw client("Role is not valid");
    if (roles.trusts(place.account, full, "ecs-tasks.amazonaws.com") !== "trusted") {
      throw roleNotAssumable(full);
    }
  }
}

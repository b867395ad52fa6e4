import type { LoadBalancer, TaskDefinition } from "@aws-sdk/client-ecs";
import { invalid } from "../errors.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { PlaceState } from "../state.ts";

/** Source: ecs API reference, CreateService: five target groups for the ECS controller, one for the others. */
const LOAD_BALANCERS_MAX = { ECS: 5, CODE_DEPLOY: 1, EXTERNAL: 1 } as const;

/**
 * The load balancers of a service or task set must lead to containers and ports that its task definition has.
 *
 * Source: AWS answers quoted in issues of terraform-provider-aws, aws-cdk and in guides; what has none says so.
 * @throws InvalidParameterException
 */
export async function checkLoadBalancers(
  { cloud }: Ecs,
  state: PlaceState,
  loadBalancers: readonly LoadBalancer[],
  of: {
    readonly taskDefinitionArn: string;
    readonly controller: "ECS" | "CODE_DEPLOY" | "EXTERNAL";
    /** False for CodeDeploy's second target group, which gets its listener only when traffic is shifted. */
    readonly mustServe: boolean;
  },
): Promise<void> {
  const most = LOAD_BALANCERS_MAX[of.controller];
  if (loadBalancers.length > most) throw invalid(`load balancers can have at most ${most} items.`);
  const definition = findTaskDefinition(state, of.taskDefinitionArn)?.definition;
  if (definition === undefined || loadBalancers.length === 0) return;
  const groups = await cloud.port("targetGroups");
  for (const { targetGroupArn, containerName, containerPort, loadBalancerName } of loadBalancers) {
    if (loadBalancerName !== undefined) {
      // Unverified: the text. Classic Load Balancers are not here.
      throw invalid(
        `Classic Load Balancers are not supported: give a targetGroupArn instead of loadBalancerName '${loadBalancerName}'.`,
      );
    }
    // Unverified: the text.
    if (targetGroupArn === undefined) throw invalid("targetGroupArn must be given.");
    const group = groups.find(state.place, targetGroupArn);
    // Unverified: the text.
    if (group === undefined) {
      throw invalid(`The specified target group does not exist. ${targetGroupArn}`);
    }
    const mode = definition.networkMode ?? "bridge";
    const isAwsVpc = mode === "awsvpc";
    if ((group.type === "ip") !== isAwsVpc) {
      throw invalid(
        `The provided target group ${targetGroupArn} has target type ${group.type}, which is incompatible with the ` +
          `${mode} network mode specified in the task definition.`,
      );
    }
    if (of.mustServe && group.loadBalancerArn === undefined) {
      throw invalid(
        `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
      );
    }
    checkContainer(definition, containerName, containerPort);
  }
}

function checkContainer(
  definition: TaskDefinition,
  name: string | undefined,
  port: number | undefined,
): void {
  // Unverified: the texts of what is left out.
  if (name === undefined || name === "") throw invalid("Container name cannot be blank.");
  if (port === undefined) throw invalid("Container port cannot be blank.");
  const container = definition.containerDefinitions?.find((one) => one.name === name);
  if (container === undefined) {
    throw invalid(`The container ${name} does not exist in the task definition.`);
  }
  if (container.portMappings?.some(({ containerPort }) => containerPort === port) !== true) {
    throw invalid(`The container ${name} did not have a container port ${port} defined.`);
  }
}

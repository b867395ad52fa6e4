import type { EcsTargetRow } from "../state.ts";
import type { DeploymentCall } from "./service-role.ts";

type ServiceName = Pick<EcsTargetRow, "cluster" | "service">;

/** A call about the deployment's service: "DescribeServices" and the like. */
export function serviceCall(
  operation: "DescribeServices" | "UpdateServicePrimaryTaskSet",
  { cluster, service }: ServiceName,
): DeploymentCall {
  const named = operation === "DescribeServices" ? { services: [service] } : { service };
  return { service: "ecs", operation, input: { cluster, ...named } };
}

/** The roles of the definition's tasks are handed on with it. */
export function createTaskSetCall({
  cluster,
  service,
  taskDefinition,
}: EcsTargetRow): DeploymentCall {
  return {
    service: "ecs",
    operation: "CreateTaskSet",
    input: { cluster, service, taskDefinition },
  };
}

export function deleteTaskSetCall(
  { cluster, service }: ServiceName,
  taskSet: string,
): DeploymentCall {
  return { service: "ecs", operation: "DeleteTaskSet", input: { cluster, service, taskSet } };
}

export const DESCRIBE_TARGET_GROUPS: DeploymentCall = {
  service: "elasticloadbalancing",
  operation: "DescribeTargetGroups",
  input: {},
};

/** A route is a listener, or a rule of one. */
export function readRouteCall(arn: string): DeploymentCall {
  const operation = isRule(arn) ? "DescribeRules" : "DescribeListeners";
  return { service: "elasticloadbalancing", operation, input: {} };
}

export function changeRouteCall(arn: string): DeploymentCall {
  return isRule(arn)
    ? { service: "elasticloadbalancing", operation: "ModifyRule", input: { RuleArn: arn } }
    : { service: "elasticloadbalancing", operation: "ModifyListener", input: { ListenerArn: arn } };
}

function isRule(arn: string): boolean {
  return arn.includes(":listener-rule/");
}

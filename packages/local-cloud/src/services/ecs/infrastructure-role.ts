import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";

/**
 * Asks whether the role that a load balancer of a service was given (`advancedConfiguration.roleArn`) may do something
 * with it. A load balancer without one is managed in the service-linked role AWSServiceRoleForECS, which may.
 * Source: AWS docs, "Amazon ECS infrastructure IAM role for load balancers" and "Troubleshooting Amazon ECS blue/green
 * deployments", the names of its sessions included.
 *
 * @param wanted.operation "RegisterTargets"
 * @param wanted.resource left out of what has none: it reads.
 * @returns ELB's answer when it may not.
 */
export async function refusalByBalancer(
  { authority }: Pick<Cloud, "authority">,
  { region }: Place,
  as: {
    readonly roleArn: string | undefined;
    readonly sessionName: "ECSNetworkingWithELB" | "ecs-service-scheduler";
  },
  wanted: { readonly operation: string; readonly resource?: string },
): Promise<string | undefined> {
  const { roleArn, sessionName } = as;
  if (authority === undefined || roleArn === undefined) return undefined;
  const { operation, resource = "*" } = wanted;
  const denied = await authority.asRole(
    { roleArn, sessionName, region },
    {
      action: `elasticloadbalancing:${operation}`,
      resource,
      service: "elasticloadbalancing",
    },
  );
  // ELB does not name what stands for everything.
  return denied?.message.replace(" on resource: * ", " ");
}

import type { Cloud } from "../../../../service.ts";
import { refusalByBalancer } from "../../infrastructure-role.ts";
import type { TaskGroup } from "../../task-groups.ts";

/**
 * The target groups whose health the scheduler may not read in the role that it was given for them, each with why, in
 * the words of a service's events.
 * Source of the words: AWS docs, "Troubleshooting Amazon ECS blue/green deployments". Unverified: that a deployment
 * waits then, as for targets whose first checks are not over.
 */
export async function unreadableGroups(
  cloud: Cloud,
  { account, region, workload }: TaskGroup,
): Promise<ReadonlyMap<string, string>> {
  const unreadable = new Map<string, string>();
  if (cloud.authority === undefined) return unreadable;
  for (const { targetGroupArn, advancedConfiguration } of workload.loadBalancers) {
    if (targetGroupArn === undefined) continue;
    const denied = await refusalByBalancer(
      cloud,
      { account, region },
      { roleArn: advancedConfiguration?.roleArn, sessionName: "ecs-service-scheduler" },
      { operation: "DescribeTargetHealth" },
    );
    if (denied === undefined) continue;
    unreadable.set(
      targetGroupArn,
      `failed to describe target health on (target-group ${targetGroupArn}) with (error ${denied})`,
    );
  }
  return unreadable;
}

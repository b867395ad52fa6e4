import type { DeploymentRow, Workload } from "../state.ts";

/**
 * A workload whose tasks join those that serve now: after blue/green deployments these are in either of the two target
 * groups of a load balancer, and a rolling deployment moves no traffic.
 * Unverified: that AWS does the same (aws/containers-roadmap#2664 tells that rolling deployments failed at first).
 */
export function inServingGroups(
  workload: Workload,
  deployments: readonly DeploymentRow[],
): Workload {
  const serving = deployments.find(({ rolloutState }) => rolloutState === "COMPLETED");
  const loadBalancers = workload.loadBalancers.map((own) => {
    const rule = own.advancedConfiguration?.productionListenerRule;
    const now = serving?.workload.loadBalancers.find(
      ({ advancedConfiguration }) =>
        rule !== undefined && advancedConfiguration?.productionListenerRule === rule,
    );
    const isItsOwn =
      now?.targetGroupArn === own.targetGroupArn ||
      now?.targetGroupArn === own.advancedConfiguration?.alternateTargetGroupArn;
    return now !== undefined && isItsOwn ? { ...own, targetGroupArn: now.targetGroupArn } : own;
  });
  return { ...workload, loadBalancers };
}

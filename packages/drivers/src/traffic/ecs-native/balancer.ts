import type { EcsPlace } from "../ecs/place.ts";
import type { ServiceView } from "../ecs/service.ts";

/** How a service says that ECS is to shift between its two target groups. */
export interface Balancer {
  readonly groupArns: readonly string[];
  /** Undefined when the service has no advancedConfiguration: then ECS only rolls. */
  readonly productionListenerRule: string | undefined;
  readonly testListenerRule: string | undefined;
  readonly roleArn: string | undefined;
  readonly container: string;
}

/** The service's load balancer entry with one of the release's target groups. */
export function balancerOf(
  { groups }: EcsPlace,
  { raw }: Pick<ServiceView, "raw">,
): Balancer | undefined {
  const found = (raw.loadBalancers ?? []).find(
    ({ targetGroupArn, advancedConfiguration }) =>
      groups.some(({ arn }) => arn === targetGroupArn) ||
      groups.some(({ arn }) => arn === advancedConfiguration?.alternateTargetGroupArn),
  );
  if (found === undefined) return undefined;
  const { advancedConfiguration: advanced, targetGroupArn, containerName = "" } = found;
  return {
    groupArns: [targetGroupArn, advanced?.alternateTargetGroupArn].filter(
      (arn) => arn !== undefined,
    ),
    productionListenerRule: advanced?.productionListenerRule,
    testListenerRule: advanced?.testListenerRule,
    roleArn: advanced?.roleArn,
    container: containerName,
  };
}

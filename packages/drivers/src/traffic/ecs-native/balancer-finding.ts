import { type Looked, problem } from "../../preflight.ts";
import { groupName } from "../ecs/place.ts";
import { type Balancer, balancerOf } from "./balancer.ts";
import type { NativeParts } from "./native-parts.ts";
import type { NativeRoute } from "./route.ts";

/**
 * Whether the service lets ECS shift between just the two target groups, by just the listener or rule that the
 * release is about.
 * Source: AWS docs, "Required resources for Amazon ECS blue/green deployments".
 */
export async function balancerLooked(
  parts: Pick<NativeParts, "calls" | "place">,
  route: NativeRoute,
): Promise<Looked> {
  const { place } = parts;
  const { service } = route.sight;
  const names = place.groups.map(({ name }) => name).join(" and ");
  const found = balancerOf(place, service);
  if (found === undefined) {
    return problem(
      `the service is in neither ${names}`,
      "Name the service's own target groups in target.ecs.targetGroups.",
    );
  }
  const { productionListenerRule: rule, roleArn, groupArns, container } = found;
  if (rule === undefined || roleArn === undefined) {
    return problem(
      "the service's load balancer has no advancedConfiguration: ECS can only roll it",
      "Give it one (aws ecs update-service --load-balancers): alternateTargetGroupArn, productionListenerRule, and roleArn with AmazonECSInfrastructureRolePolicyForLoadBalancers.",
    );
  }
  const missing = place.groups.find(({ arn }) => !groupArns.includes(arn));
  if (missing !== undefined) {
    const own = groupArns.map((arn) => groupName(place, arn)).join(" and ");
    return problem(
      `ECS shifts between ${own}, and target.ecs.targetGroups has ${names}`,
      "Name the service's targetGroupArn and its alternateTargetGroupArn.",
    );
  }
  if (container !== place.container) {
    return problem(
      `the load balancer leads to container ${container}, and target.ecs.container is ${place.container}`,
      `Set target.ecs.container to ${container}.`,
    );
  }
  const unlinked = unlinkedGroup(parts, route, found);
  if (unlinked !== undefined) return unlinked;
  return ruleLooked(parts, rule);
}

/** Source: AWS docs, "Troubleshooting Amazon ECS blue/green deployments": one of the two rules must name each group. */
function unlinkedGroup(
  { place }: Pick<NativeParts, "place">,
  { forward }: NativeRoute,
  { testListenerRule }: Balancer,
): Looked | undefined {
  if (testListenerRule !== undefined) return undefined;
  const unlinked = place.groups.find(({ arn }) => !forward.groups.some((one) => one.arn === arn));
  if (unlinked === undefined) return undefined;
  return problem(
    `${place.action.label} does not name target group ${unlinked.name}, and without a testListenerRule ECS demands it`,
    `Add ${unlinked.name} to the forward action with weight 0.`,
  );
}

/** ECS names a listener's default action by the ARN of its default rule. */
async function ruleLooked(
  { calls, place }: Pick<NativeParts, "calls" | "place">,
  rule: string,
): Promise<Looked> {
  const { ruleArn, listenerArn, label } = place.action;
  if (ruleArn === rule) return `rule ${rule}`;
  const other = problem(
    `ECS shifts ${rule}, and the release is about ${label}`,
    `Set target.ecs.rule to ${rule} (or target.ecs.listener, when it is a listener's default rule).`,
  );
  if (ruleArn !== undefined) return other;
  const { Rules = [] } = await calls.elb("DescribeRules", `rules of ${label}`, (client, options) =>
    client.describeRules({ ListenerArn: listenerArn }, options),
  );
  const isDefault = Rules.some(({ RuleArn, IsDefault }) => RuleArn === rule && IsDefault === true);
  return isDefault ? `the default rule of ${label}` : other;
}

import type { LoadBalancer } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../aws-error.ts";
import type { ForwardShare, ListenerPort } from "../../../data-plane/ports/listeners.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { refusalByBalancer } from "../infrastructure-role.ts";
import type { Lane } from "./plan.ts";
import type { Route } from "./progress.ts";
import { hooksFailed, networkInvalid } from "./reasons.ts";

/** A failure in words for the deployment's reason. */
export interface TrafficFailure {
  readonly failure: string;
}

/**
 * Finds for each load balancer which of its two target groups serves: the new revision goes into the other one.
 * Source of the texts: AWS docs, "Troubleshooting Amazon ECS blue/green deployments".
 */
export async function findRoutes(
  cloud: Cloud,
  place: Place,
  loadBalancers: readonly LoadBalancer[],
): Promise<{ readonly routes: readonly Route[] } | TrafficFailure> {
  const [listeners, roles] = await Promise.all([cloud.port("listeners"), cloud.port("roles")]);
  const routes: Route[] = [];
  for (const loadBalancer of loadBalancers) {
    const { roleArn = "" } = loadBalancer.advancedConfiguration ?? {};
    if (roles.trusts(place.account, roleArn, "ecs.amazonaws.com") !== "trusted") {
      return {
        failure: networkInvalid(
          `ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role '${roleArn}'.`,
        ),
      };
    }
    // Unverified: which of these AWS asks, in which order, and that it hands on ELB's answer.
    for (const operation of ["DescribeListeners", "DescribeRules", "DescribeTargetGroups"]) {
      const denied = await refusalByBalancer(cloud, place, asNetworking(roleArn), { operation });
      if (denied !== undefined) return { failure: networkInvalid(denied) };
    }
    const route = findRoute(listeners, place, loadBalancer);
    if ("failure" in route) return route;
    routes.push({ ...route, roleArn });
  }
  return { routes };
}

function findRoute(
  listeners: ListenerPort,
  place: Place,
  { targetGroupArn = "", advancedConfiguration }: LoadBalancer,
): Route | TrafficFailure {
  const {
    alternateTargetGroupArn: alternate = "",
    productionListenerRule: productionRule = "",
    testListenerRule: testRule,
  } = advancedConfiguration ?? {};
  const production = listeners.find(place, productionRule);
  const test = testRule === undefined ? undefined : listeners.find(place, testRule);
  // Source: an answer of AWS, quoted in public.
  if (production === undefined || (testRule !== undefined && test === undefined)) {
    return { failure: networkInvalid("One or more rules not found") };
  }
  const serving = (production.forward ?? []).filter(({ weight }) => weight > 0);
  const [first] = serving;
  if (first === undefined || serving.length > 1) {
    return {
      failure: networkInvalid(
        `productionListenerRule ${productionRule} should have exactly one target group serving traffic but found ${serving.length} target groups which are serving traffic`,
      ),
    };
  }
  if (first.targetGroupArn !== targetGroupArn && first.targetGroupArn !== alternate) {
    return {
      failure: networkInvalid(
        `Production listener rule is forwarding traffic to unexpected target group ${first.targetGroupArn}. Expected traffic to be forwarded to either targetGroupArn: ${targetGroupArn} or alternateTargetGroupArn: ${alternate}`,
      ),
    };
  }
  const linked = [...(production.forward ?? []), ...(test?.forward ?? [])];
  for (const arn of [targetGroupArn, alternate]) {
    if (linked.some((share) => share.targetGroupArn === arn)) continue;
    return {
      failure: `Service deployment rolled back because of invalid networking configuration: Target group ${arn} is not associated with either productionListenerRule or testListenerRule.`,
    };
  }
  const isFirstServing = first.targetGroupArn === targetGroupArn;
  return {
    productionRule,
    testRule,
    blueGroupArn: isFirstServing ? targetGroupArn : alternate,
    greenGroupArn: isFirstServing ? alternate : targetGroupArn,
  };
}

/** Writes a share of the green target groups into the rules of a lane. A lane without rules stays as it is. */
export async function shiftTraffic(
  cloud: Cloud,
  place: Place,
  routes: readonly Route[],
  to: { readonly lane: Lane; readonly percent: number },
): Promise<TrafficFailure | undefined> {
  const listeners = await cloud.port("listeners");
  const stage = to.lane === "test" ? "TEST_TRAFFIC_SHIFT" : "PRODUCTION_TRAFFIC_SHIFT";
  for (const route of routes) {
    const rule = to.lane === "test" ? route.testRule : route.productionRule;
    if (rule === undefined) continue;
    const owner = listeners.find(place, rule);
    const denied = await changeDenied(cloud, place, route, { owner, percent: to.percent });
    if (denied !== undefined) return { failure: hooksFailed(stage, denied) };
    try {
      const isThere = await listeners.forward(place, rule, sharesOf(route, to.percent));
      if (!isThere) return { failure: hooksFailed(stage, "One or more rules not found") };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { failure: hooksFailed(stage, error.message) };
    }
  }
  return undefined;
}

const asNetworking = (roleArn: string | undefined) =>
  ({ roleArn, sessionName: "ECSNetworkingWithELB" }) as const;

/**
 * A rule is changed itself; of a default rule the listener, whose action it is. Nothing is asked where nothing changes:
 * what could not be moved need not be moved back. Unverified: that AWS leaves out a change that changes nothing.
 */
async function changeDenied(
  cloud: Cloud,
  place: Place,
  route: Route,
  to: { readonly owner: ReturnType<ListenerPort["find"]>; readonly percent: number },
): Promise<string | undefined> {
  if (to.owner === undefined) return undefined;
  const { ruleArn, listenerArn, forward = [] } = to.owner;
  const sum = forward.reduce((total, { weight }) => total + weight, 0);
  const isThere = sharesOf(route, to.percent).every(({ targetGroupArn, weight }, _index, all) => {
    const now = forward.find((share) => share.targetGroupArn === targetGroupArn)?.weight ?? 0;
    const wanted = all.reduce((total, share) => total + share.weight, 0);
    return now * wanted === weight * sum;
  });
  if (isThere && sum > 0) return undefined;
  return refusalByBalancer(
    cloud,
    place,
    asNetworking(route.roleArn),
    ruleArn === undefined
      ? { operation: "ModifyListener", resource: listenerArn }
      : { operation: "ModifyRule", resource: ruleArn },
  );
}

/** Whole percents as they are; tenths as weights out of 1000, which keep them exactly and stay below 1000 each. */
export function sharesOf(
  { blueGroupArn, greenGroupArn }: Pick<Route, "blueGroupArn" | "greenGroupArn">,
  percent: number,
): readonly ForwardShare[] {
  const scale = Number.isInteger(percent) ? 1 : 10;
  const green = Math.round(percent * scale);
  return [
    { targetGroupArn: blueGroupArn, weight: 100 * scale - green },
    { targetGroupArn: greenGroupArn, weight: green },
  ];
}

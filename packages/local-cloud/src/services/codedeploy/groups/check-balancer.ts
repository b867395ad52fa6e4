import type { LoadBalancerInfo, TargetGroupPairInfo } from "@aws-sdk/client-codedeploy";
import { refused } from "../errors.ts";
import { TARGET_GROUP_NAME_MAX } from "../limits.ts";

/** The load balancer of a service's group: one pair of target groups, one listener, perhaps one for tests. */
export function checkEcsBalancer(info: LoadBalancerInfo | undefined): void {
  const start = "For ECS deployment group, loadBalancerInfo must";
  if (info === undefined) throw invalid(`${start} be specified`);
  if ((info.elbInfoList ?? []).length > 0) throw invalid(`${start} not contain elbInfo list`);
  if ((info.targetGroupInfoList ?? []).length > 0) {
    throw invalid(`${start} not contain targetGroupInfo list`);
  }
  const pairs = info.targetGroupPairInfoList ?? [];
  const [only] = pairs;
  if (only === undefined || pairs.length > 1) {
    // Unverified: the text, and those of the pair.
    throw invalid(`${start} contain exactly one target group pair, got ${pairs.length}`);
  }
  checkPair(only);
}

function checkPair({ targetGroups = [], prodTrafficRoute, testTrafficRoute }: TargetGroupPairInfo) {
  const names = targetGroups.map(({ name }) => name ?? "");
  const [first, second] = names;
  if (names.length !== 2 || first === second) {
    throw invalidPair(
      `A target group pair must name two different target groups, got ${names.join(", ") || "none"}`,
    );
  }
  for (const name of names) {
    if (name.length === 0 || name.length > TARGET_GROUP_NAME_MAX) {
      throw invalidPair(
        `Target group name "${name}" must have 1 to ${TARGET_GROUP_NAME_MAX} characters: give the name, not the ARN`,
      );
    }
  }
  const listeners = prodTrafficRoute?.listenerArns ?? [];
  if (listeners.length !== 1) {
    throw invalidPair(
      `prodTrafficRoute must have exactly one listener ARN, got ${listeners.length}`,
    );
  }
  const tests = testTrafficRoute?.listenerArns;
  if (tests !== undefined && tests.length !== 1) {
    throw invalidPair(`testTrafficRoute must have exactly one listener ARN, got ${tests.length}`);
  }
  if (tests?.[0] !== undefined && tests[0] === listeners[0]) {
    throw invalidPair("prodTrafficRoute and testTrafficRoute must name different listeners");
  }
}

function invalid(message: string) {
  return refused("InvalidLoadBalancerInfoException", message);
}

function invalidPair(message: string) {
  return refused("InvalidTargetGroupPairException", message);
}

import { RolloutError } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { EcsCalls } from "./calls.ts";
import { type ListenerPlace, locateListener, locateRule } from "./listener-place.ts";
import { readService } from "./service.ts";

/** HTTP requests with this header and value go to the canary before it has any weight. */
export interface Testers {
  readonly header: string;
  readonly value: string;
}

/** `target.ecs` of headgate.yaml. */
export interface EcsTarget {
  readonly cluster: string;
  readonly service: string;
  readonly container: string;
  readonly port?: number | undefined;
  /** "loadBalancerName:port" or an ARN. Exactly one of this and `rule` is given. */
  readonly listener?: string | undefined;
  readonly rule?: string | undefined;
  readonly testListener?: string | undefined;
  readonly testers?: Testers | undefined;
  /** Two, by name or ARN, in no order. */
  readonly targetGroups: readonly string[];
  readonly mode?: EcsMode | undefined;
}

export type EcsMode = "taskSets" | "native";

/** What AWS says of a target group that does not change. */
export interface GroupPlace {
  readonly arn: string;
  readonly name: string;
  /** "targetgroup/web-blue/0123456789abcdef" */
  readonly dimension: string;
  /** "ip", "instance", "lambda" or "alb". */
  readonly targetType: string;
  readonly vpcId: string;
  readonly healthPath: string;
  readonly loadBalancerArns: readonly string[];
}

/** Everything that the target's names stand for. */
export interface EcsPlace {
  readonly clusterArn: string;
  readonly serviceArn: string;
  readonly serviceName: string;
  /** The mode that the service's deployment controller calls for. Undefined for CODE_DEPLOY. */
  readonly controllerMode: EcsMode | undefined;
  readonly container: string;
  readonly port: number | undefined;
  /** Whose forward action is shifted. */
  readonly action: ListenerPlace;
  readonly testListener: ListenerPlace | undefined;
  /** "app/shop/0123456789abcdef" */
  readonly loadBalancerDimension: string;
  readonly loadBalancerArn: string;
  readonly groups: readonly [GroupPlace, GroupPlace];
  /** For people: "service web of cluster shop". */
  readonly label: string;
}

/** @throws {RolloutError} TARGET_NOT_FOUND, TARGET_UNSUITABLE */
export async function locate(calls: EcsCalls, target: EcsTarget): Promise<EcsPlace> {
  const service = await readService(calls, target);
  const { rule, listener = "" } = target;
  const action =
    rule === undefined ? await locateListener(calls, listener) : await locateRule(calls, rule);
  const testListener =
    target.testListener === undefined
      ? undefined
      : await locateListener(calls, target.testListener);
  const [one = "", other = ""] = target.targetGroups;
  const groups = [await locateGroup(calls, one), await locateGroup(calls, other)] as const;
  if (groups[0].arn === groups[1].arn) {
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `target.ecs.targetGroups names ${groups[0].name} twice: ${one} and ${other}`,
      { hint: "Give two different target groups." },
    );
  }
  const { arn, name, clusterArn, controller } = service;
  return {
    clusterArn,
    serviceArn: arn,
    serviceName: name,
    controllerMode: modeOf(controller),
    container: target.container,
    port: target.port,
    action,
    testListener,
    loadBalancerArn: action.loadBalancerArn,
    loadBalancerDimension: dimensionOf(action.loadBalancerArn, "loadbalancer/"),
    groups,
    label: `service ${name} of cluster ${lastPart(clusterArn)}`,
  };
}

function modeOf(controller: string): EcsMode | undefined {
  if (controller === "EXTERNAL") return "taskSets";
  return controller === "ECS" ? "native" : undefined;
}

async function locateGroup({ elb }: EcsCalls, given: string): Promise<GroupPlace> {
  const wanted = given.startsWith("arn:") ? { TargetGroupArns: [given] } : { Names: [given] };
  const { TargetGroups = [] } = await elb(
    "DescribeTargetGroups",
    `target group ${given}`,
    async (client, options) => client.describeTargetGroups(wanted, options),
  ).catch((error: unknown) => {
    if (isNotFound(error)) return { TargetGroups: [] };
    throw error;
  });
  const [found] = TargetGroups;
  if (found?.TargetGroupArn === undefined) {
    throw new RolloutError("TARGET_NOT_FOUND", `there is no target group "${given}"`, {
      hint: "Look at target.ecs.targetGroups, the account and the region: aws elbv2 describe-target-groups.",
    });
  }
  const arn = found.TargetGroupArn;
  return {
    arn,
    name: found.TargetGroupName ?? given,
    dimension: dimensionOf(arn, ""),
    targetType: found.TargetType ?? "instance",
    vpcId: found.VpcId ?? "",
    healthPath: found.HealthCheckPath ?? "",
    loadBalancerArns: found.LoadBalancerArns ?? [],
  };
}

/**
 * What CloudWatch names it by: the end of the ARN, which is more than its last part.
 * Source: AWS docs, load-balancer-cloudwatch-metrics: "app/name/id" and "targetgroup/name/id".
 */
export function dimensionOf(arn: string, without: string): string {
  const resource = arn.slice(arn.lastIndexOf(":") + 1);
  return resource.startsWith(without) ? resource.slice(without.length) : resource;
}

/** "web" of "arn:aws:ecs:us-east-1:123456789012:service/shop/web". */
export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** The one of the two target groups with this ARN. */
export function groupName({ groups }: EcsPlace, arn: string): string {
  return groups.find((group) => group.arn === arn)?.name ?? nameInArn(arn);
}

/** "web-blue" of "arn:...:targetgroup/web-blue/0123456789abcdef". */
function nameInArn(arn: string): string {
  return arn.split("/").at(-2) ?? arn;
}

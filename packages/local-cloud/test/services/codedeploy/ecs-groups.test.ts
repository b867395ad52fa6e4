// Protects deployment groups of services: every rule that AWS has for them with its code and text.
import {
  CreateApplicationCommand,
  type CreateDeploymentGroupCommandInput,
  type TargetGroupPairInfo,
} from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { deployCloud, type DeployCloud } from "./deploy-cloud.ts";

type Group = Partial<CreateDeploymentGroupCommandInput>;

let at: DeployCloud;
beforeAll(async () => {
  at = await deployCloud();
  await at.deploy.send(
    new CreateApplicationCommand({ applicationName: "ECS", computePlatform: "ECS" }),
  );
});
afterAll(() => at.close());

const STYLE_TEXT =
  "the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.";

describe("of services", () => {
  const pair = {
    targetGroups: [{ name: "blue" }, { name: "green" }],
    prodTrafficRoute: { listenerArns: ["arn:prod"] },
  };
  const service = { clusterName: "main", serviceName: "web" };
  const ready = { actionOnTimeout: "CONTINUE_DEPLOYMENT" as const, waitTimeInMinutes: 0 };
  const base: Group = {
    applicationName: "ECS",
    ecsServices: [service],
    loadBalancerInfo: { targetGroupPairInfoList: [pair] },
    blueGreenDeploymentConfiguration: { deploymentReadyOption: ready },
  };
  const blueGreen = (more: NonNullable<Group["blueGreenDeploymentConfiguration"]>): Group => ({
    blueGreenDeploymentConfiguration: { deploymentReadyOption: ready, ...more },
  });
  const paired = (more: TargetGroupPairInfo): Group => ({
    loadBalancerInfo: { targetGroupPairInfoList: [{ ...pair, ...more }] },
  });
  const PAIR = "InvalidTargetGroupPairException";
  const BLUE_GREEN = "InvalidBlueGreenDeploymentConfigurationException";
  const BALANCER = "InvalidLoadBalancerInfoException";
  const rules: readonly (readonly [string, Group, string, string])[] = [
    [
      "no style",
      { deploymentStyle: undefined },
      "InvalidDeploymentStyleException",
      `For ECS deployment, ${STYLE_TEXT}`,
    ],
    [
      "no load balancer",
      { loadBalancerInfo: undefined },
      BALANCER,
      "For ECS deployment group, loadBalancerInfo must be specified",
    ],
    [
      "classic load balancers",
      { loadBalancerInfo: { elbInfoList: [{ name: "x" }] } },
      BALANCER,
      "For ECS deployment group, loadBalancerInfo must not contain elbInfo list",
    ],
    [
      "single target groups",
      { loadBalancerInfo: { targetGroupInfoList: [{ name: "x" }] } },
      BALANCER,
      "For ECS deployment group, loadBalancerInfo must not contain targetGroupInfo list",
    ],
    [
      "an ARN as a target group's name",
      {
        loadBalancerInfo: {
          targetGroupPairInfoList: [
            { ...pair, targetGroups: [{ name: "blue" }, { name: "a".repeat(33) }] },
          ],
        },
      },
      "InvalidTargetGroupPairException",
      `Target group name "${"a".repeat(33)}" must have 1 to 32 characters: give the name, not the ARN`,
    ],
    [
      "an empty list of pairs",
      { loadBalancerInfo: { targetGroupPairInfoList: [] } },
      BALANCER,
      "For ECS deployment group, loadBalancerInfo must contain exactly one target group pair, got 0",
    ],
    [
      "two pairs",
      { loadBalancerInfo: { targetGroupPairInfoList: [pair, pair] } },
      BALANCER,
      "For ECS deployment group, loadBalancerInfo must contain exactly one target group pair, got 2",
    ],
    [
      "a pair of equal target groups",
      paired({ targetGroups: [{ name: "blue" }, { name: "blue" }] }),
      PAIR,
      "A target group pair must name two different target groups, got blue, blue",
    ],
    [
      "a pair of one",
      paired({ targetGroups: [{ name: "blue" }] }),
      PAIR,
      "A target group pair must name two different target groups, got blue",
    ],
    [
      "no listener",
      paired({ prodTrafficRoute: { listenerArns: [] } }),
      PAIR,
      "prodTrafficRoute must have exactly one listener ARN, got 0",
    ],
    [
      "two listeners",
      paired({ prodTrafficRoute: { listenerArns: ["arn:prod", "arn:other"] } }),
      PAIR,
      "prodTrafficRoute must have exactly one listener ARN, got 2",
    ],
    [
      "a route for tests without a listener",
      paired({ testTrafficRoute: { listenerArns: [] } }),
      PAIR,
      "testTrafficRoute must have exactly one listener ARN, got 0",
    ],
    [
      "one listener for users and tests",
      paired({ testTrafficRoute: { listenerArns: ["arn:prod"] } }),
      PAIR,
      "prodTrafficRoute and testTrafficRoute must name different listeners",
    ],
    [
      "auto scaling groups",
      { autoScalingGroups: ["fleet"] },
      "InvalidAutoScalingGroupException",
      "For ECS deployment group, autoScalingGroups can not be specified",
    ],
    [
      "two services",
      { ecsServices: [service, { ...service, serviceName: "other" }] },
      "InvalidECSServiceException",
      "For ECS deployment group, ecsServices must name exactly one service with its cluster, got 2",
    ],
    [
      "no service",
      { ecsServices: undefined },
      "InvalidECSServiceException",
      "For ECS deployment group, ecsServices must name exactly one service with its cluster, got 0",
    ],
    [
      "more than two days until somebody continues",
      blueGreen({
        deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 2881 },
      }),
      BLUE_GREEN,
      "Timeout for deployment ready cannot be more than 2 days",
    ],
    [
      "a wait below 0 until termination",
      blueGreen({
        terminateBlueInstancesOnDeploymentSuccess: {
          action: "TERMINATE",
          terminationWaitTimeInMinutes: -1,
        },
      }),
      BLUE_GREEN,
      "Timeout for instance termination cannot be negative",
    ],
    [
      "no blue/green options",
      { blueGreenDeploymentConfiguration: undefined },
      BLUE_GREEN,
      "For ECS deployment group, blueGreenDeploymentConfiguration must be specified",
    ],
    [
      "no ready option",
      { blueGreenDeploymentConfiguration: {} },
      BLUE_GREEN,
      "Deployment ready option cannot be null for blue green deployment",
    ],
    [
      "going on after a wait",
      blueGreen({ deploymentReadyOption: { ...ready, waitTimeInMinutes: 5 } }),
      BLUE_GREEN,
      "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified",
    ],
    [
      "stopping without a wait",
      blueGreen({
        deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 0 },
      }),
      BLUE_GREEN,
      "Deployment ready action cannot be set to STOP_DEPLOYMENT when timeout is set to 0 minutes.",
    ],
    [
      "more than two days until termination",
      blueGreen({
        terminateBlueInstancesOnDeploymentSuccess: {
          action: "TERMINATE",
          terminationWaitTimeInMinutes: 2881,
        },
      }),
      BLUE_GREEN,
      "Timeout for instance termination cannot be more than 2 days",
    ],
    [
      "keeping the old tasks",
      blueGreen({ terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" } }),
      BLUE_GREEN,
      "For ECS deployment group, the action on the blue instances must be TERMINATE",
    ],
    [
      "how the green fleet is made",
      blueGreen({ greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" } }),
      BLUE_GREEN,
      "For ECS deployment group, greenFleetProvisioningOption can not be specified",
    ],
    [
      "a service that is not there",
      {},
      "InvalidECSServiceException",
      "The ECS service web could not be found in cluster main",
    ],
  ];
  it.each(rules)("refuse %s", async (_name, more, name, message) => {
    expect(await errorOf(at.group({ ...base, ...more }))).toMatchObject({ name, message });
  });
});

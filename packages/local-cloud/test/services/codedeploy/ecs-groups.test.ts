// Protects deployment groups of services: every rule that AWS has for them with its code and text.
import {
  CreateApplicationCommand,
  type CreateDeploymentGroupCommandInput,
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
  const ready = { actionOnTimeout: "CONTINUE_DEPLOYMENT" as const, waitTimeInMinutes: 0 };
  const base: Group = {
    applicationName: "ECS",
    ecsServices: [{ clusterName: "main", serviceName: "web" }],
    loadBalancerInfo: { targetGroupPairInfoList: [pair] },
    blueGreenDeploymentConfiguration: { deploymentReadyOption: ready },
  };
  const blueGreen = (more: NonNullable<Group["blueGreenDeploymentConfiguration"]>): Group => ({
    blueGreenDeploymentConfiguration: { deploymentReadyOption: ready, ...more },
  });
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

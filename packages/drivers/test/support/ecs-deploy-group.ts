import type {
  BlueGreenDeploymentConfiguration,
  CreateDeploymentGroupCommandInput,
  TrafficRoutingConfig,
} from "@aws-sdk/client-codedeploy";
import { codeDeployEcsDriver } from "../../src/traffic/code-deploy/ecs.ts";
import type { CodeDeployEcsOptions } from "../../src/traffic/code-deploy/ecs-deployment.ts";
import { scheduleOf } from "../../src/traffic/code-deploy/schedule.ts";
import { type DeployGroup, deployGroup, PLACE } from "./deploy-group.ts";
import { type EcsCloud, SERVICE, target } from "./ecs-cloud.ts";

/** A deployment group for the cloud's service, which waits before traffic and keeps stable's tasks for 20 minutes. */
export function ecsDeployGroup(
  cloud: EcsCloud,
  routing: TrafficRoutingConfig,
  blueGreen: BlueGreenDeploymentConfiguration = {},
  more: Partial<CreateDeploymentGroupCommandInput> = {},
): Promise<DeployGroup> {
  return deployGroup(cloud.url, "ECS", routing, {
    ecsServices: [{ clusterName: SERVICE.cluster, serviceName: SERVICE.service }],
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE",
        terminationWaitTimeInMinutes: 20,
      },
      ...blueGreen,
    },
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: cloud.blue.name }, { name: cloud.green.name }],
          prodTrafficRoute: { listenerArns: [cloud.listenerArn] },
        },
      ],
    },
    ...more,
  });
}

/** The driver that releases "web:two" through that group. */
export function ecsDeployDriver(
  cloud: EcsCloud,
  routing: TrafficRoutingConfig,
  options: Partial<CodeDeployEcsOptions> = {},
) {
  return codeDeployEcsDriver({
    ...cloud,
    target: target(),
    revision: { kind: "image", image: "web:two" },
    propagationMs: 0,
    counts: { resolutionMs: 1000, lagMs: 1000 },
    deploy: PLACE,
    schedule: scheduleOf(routing),
    bakeMs: 0,
    ...options,
  });
}

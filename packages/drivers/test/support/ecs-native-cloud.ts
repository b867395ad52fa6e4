import type { DeploymentConfiguration, Service, ServiceDeployment } from "@aws-sdk/client-ecs";
import { IAM } from "@aws-sdk/client-iam";
import { ecsNativeDriver } from "../../src/traffic/ecs-native/index.ts";
import type { EcsOptions } from "../../src/traffic/ecs/options.ts";
import { type EcsCloud, SERVICE, startEcsCloud, target } from "./ecs-cloud.ts";
import { ACCESS } from "./lambda-cloud.ts";
import { onTestFinished } from "vitest";

/** A cloud in which web:1 serves from the blue target group, and ECS may shift the listener's default rule. */
export interface NativeCloud extends EcsCloud {
  readonly ruleArn: string;
  readonly roleArn: string;
  service(): Promise<Service>;
  /** The newest first. */
  deployments(): Promise<readonly ServiceDeployment[]>;
  /** What somebody else does. */
  proceed(action?: "CONTINUE" | "ROLLBACK"): Promise<void>;
  stop(stopType?: "ABORT" | "ROLLBACK"): Promise<void>;
  /** Percent for the green target group. */
  greenPercent(): Promise<number>;
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
}

export async function startNativeCloud(
  configuration: DeploymentConfiguration = {},
): Promise<NativeCloud> {
  const cloud = await startEcsCloud("ECS");
  const { ecs, elb, blue, green, listenerArn, advance } = cloud;
  const roleArn = await balancerRole(cloud.url);
  const { Rules = [] } = await elb.describeRules({ ListenerArn: listenerArn });
  const ruleArn = Rules.find(({ IsDefault }) => IsDefault === true)?.RuleArn ?? "";

  const service = async () => {
    const { services = [] } = await ecs.describeServices({ ...SERVICE, services: ["web"] });
    return services[0] ?? {};
  };
  const deployments = async () => {
    const { serviceDeployments = [] } = await ecs.listServiceDeployments(SERVICE);
    const arns = serviceDeployments.flatMap(
      ({ serviceDeploymentArn }) => serviceDeploymentArn ?? [],
    );
    if (arns.length === 0) return [];
    const found = await ecs.describeServiceDeployments({ serviceDeploymentArns: arns });
    return found.serviceDeployments ?? [];
  };
  const current = async () => {
    const { currentServiceDeployment = "" } = await service();
    return (await deployments()).find(
      (one) => one.serviceDeploymentArn === currentServiceDeployment,
    );
  };
  const until: NativeCloud["until"] = async (what, isSo) => {
    for (let second = 0; second < 300; second++) {
      if (await isSo()) return;
      await advance(1000);
    }
    throw new Error(`not ${what} within 300 seconds of the cloud's time`);
  };

  await ecs.updateService({
    ...SERVICE,
    loadBalancers: [
      {
        targetGroupArn: blue.arn,
        containerName: "app",
        containerPort: 8080,
        advancedConfiguration: {
          alternateTargetGroupArn: green.arn,
          productionListenerRule: ruleArn,
          roleArn,
        },
      },
    ],
  });
  await until("at rest", async () => (await service()).currentServiceDeployment === undefined);
  // Another configuration alone begins no deployment.
  await ecs.updateService({ ...SERVICE, deploymentConfiguration: configuration });

  return {
    ...cloud,
    ruleArn,
    roleArn,
    service,
    deployments,
    until,
    async proceed(action = "CONTINUE") {
      const { serviceDeploymentArn, lifecycleHookDetails = [] } = (await current()) ?? {};
      const hook = lifecycleHookDetails.find(({ status }) => status === "AWAITING_ACTION");
      const hookId = hook?.hookId;
      await ecs.continueServiceDeployment({ serviceDeploymentArn, hookId, action });
      await advance(0);
    },
    async stop(stopType = "ROLLBACK") {
      const { serviceDeploymentArn } = (await current()) ?? {};
      await ecs.stopServiceDeployment({ serviceDeploymentArn, stopType });
      await advance(0);
    },
    async greenPercent() {
      const groups = (await cloud.actions())[0]?.ForwardConfig?.TargetGroups ?? [];
      const weight = (arn: string) =>
        groups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight ?? 0;
      const [ofBlue, ofGreen] = [weight(blue.arn), weight(green.arn)];
      return (ofGreen / (ofBlue + ofGreen)) * 100;
    },
  };
}

/** The same, closed when the test is over. */
export async function nativeCloud(configuration?: DeploymentConfiguration): Promise<NativeCloud> {
  const cloud = await startNativeCloud(configuration);
  onTestFinished(() => cloud.close());
  return cloud;
}

/** The driver of the cloud's service, by default with another image and everything at once. */
export function nativeDriver(cloud: EcsCloud, options: Partial<EcsOptions> = {}) {
  return ecsNativeDriver({
    ...cloud,
    target: target(),
    revision: { kind: "image", image: "web:two" },
    propagationMs: 0,
    counts: { resolutionMs: 1000, lagMs: 1000 },
    ...options,
  });
}

/** With which ECS writes to load balancers. */
async function balancerRole(endpoint: string): Promise<string> {
  const iam = new IAM({ ...ACCESS, endpoint });
  const trusted = {
    Effect: "Allow",
    Principal: { Service: "ecs.amazonaws.com" },
    Action: "sts:AssumeRole",
  };
  const { Role } = await iam.createRole({
    RoleName: "balancer",
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trusted] }),
  });
  await iam.attachRolePolicy({
    RoleName: "balancer",
    PolicyArn: "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
  });
  iam.destroy();
  return Role?.Arn ?? "";
}

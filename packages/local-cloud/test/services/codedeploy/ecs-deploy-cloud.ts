import {
  CodeDeployClient,
  ContinueDeploymentCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import {
  DescribeListenersCommand,
  ModifyTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { createRole } from "../../support/roles.ts";
import { serviceCloud } from "../ecs/service-cloud.ts";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { waiting } from "../lambda/lambda-cloud.ts";
import { DEPLOY_ROLE, STYLE } from "./deploy-cloud.ts";

export type EcsDeployCloud = Awaited<ReturnType<typeof ecsDeployCloud>>;
type BlueGreen = NonNullable<CreateDeploymentGroupCommandInput["blueGreenDeploymentConfiguration"]>;

const CONTINUE = {
  deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 0 },
} as const;

/** Longest that a test waits, in seconds of the cloud. */
const WAIT_MAX_SECONDS = 4000;

/**
 * A cloud on a virtual clock with the service "web" of two tasks behind the target group "blue", the target group
 * "green", a listener for users and one for tests, and the ECS application "web".
 */
export async function ecsDeployCloud(options: LocalCloudOptions = {}) {
  const bench = await serviceCloud(options);
  const { cloud, elb } = bench;
  const deploy = cloud.client(CodeDeployClient);
  await createRole(cloud, "codedeploy-role", "codedeploy.amazonaws.com");
  const { arn: balancerArn } = await bench.balancer();
  const group = async (Name: string) => {
    const { arn } = await bench.group(
      [],
      { Name },
      { "deregistration_delay.timeout_seconds": "5" },
    );
    await elb.send(
      new ModifyTargetGroupCommand({
        TargetGroupArn: arn,
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
      }),
    );
    return arn;
  };
  const blue = await group("blue");
  const green = await group("green");
  const prod = await bench.listener(balancerArn, forwardTo({ arn: blue }));
  const test = await bench.listener(balancerArn, forwardTo({ arn: blue }), { Port: 8081 });
  const [first, second] = [await bench.define("web", "web:1"), await bench.define("web", "web:2")];
  await bench.create({
    desiredCount: 2,
    taskDefinition: first,
    deploymentController: { type: "CODE_DEPLOY" },
    loadBalancers: [{ targetGroupArn: blue, containerName: "app", containerPort: 8080 }],
  });
  await bench.until(({ runningCount }) => runningCount === 2);
  await cloud.advance(15_000);
  await deploy.send(
    new CreateApplicationCommand({ applicationName: "web", computePlatform: "ECS" }),
  );
  const names = new Map([
    [blue, "blue"],
    [green, "green"],
  ]);

  return {
    ...bench,
    /** Creates a function of one Python file. */
    async function(FunctionName: string, app: string): Promise<void> {
      await bench.send(FunctionName, {}, app);
      await waitUntilFunctionActiveV2(waiting(bench.lambda), { FunctionName });
    },
    deploy,
    blue,
    green,
    prod,
    test,
    first,
    second,

    group: (
      more: Partial<CreateDeploymentGroupCommandInput> = {},
      blueGreen: Partial<BlueGreen> = {},
      testListener = true,
    ) =>
      deploy.send(
        new CreateDeploymentGroupCommand({
          applicationName: "web",
          deploymentGroupName: "prod",
          serviceRoleArn: DEPLOY_ROLE,
          deploymentStyle: STYLE,
          ecsServices: [{ clusterName: "default", serviceName: "web" }],
          blueGreenDeploymentConfiguration: { ...CONTINUE, ...blueGreen },
          loadBalancerInfo: {
            targetGroupPairInfoList: [
              {
                targetGroups: [{ name: "blue" }, { name: "green" }],
                prodTrafficRoute: { listenerArns: [prod.arn] },
                ...(testListener ? { testTrafficRoute: { listenerArns: [test.arn] } } : {}),
              },
            ],
          },
          ...more,
        }),
      ),

    /** Creates a deployment of the second task definition. @returns its id. */
    async start(
      more: Partial<CreateDeploymentCommandInput> = {},
      hooks: readonly Readonly<Record<string, string>>[] = [],
      taskDefinition = second,
    ): Promise<string> {
      const LoadBalancerInfo = { ContainerName: "app", ContainerPort: 8080 };
      const Properties = { TaskDefinition: taskDefinition, LoadBalancerInfo };
      const content = JSON.stringify({
        version: 0.0,
        Resources: [{ TargetService: { Type: "AWS::ECS::Service", Properties } }],
        Hooks: hooks,
      });
      const { deploymentId } = await deploy.send(
        new CreateDeploymentCommand({
          applicationName: "web",
          deploymentGroupName: "prod",
          revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
          ...more,
        }),
      );
      await cloud.advance(1000);
      return deploymentId ?? "";
    },

    async get(deploymentId: string): Promise<DeploymentInfo> {
      const { deploymentInfo } = await deploy.send(new GetDeploymentCommand({ deploymentId }));
      return deploymentInfo ?? {};
    },

    async target(deploymentId: string) {
      const { deploymentTarget } = await deploy.send(
        new GetDeploymentTargetCommand({ deploymentId, targetId: "default:web" }),
      );
      return deploymentTarget?.ecsTarget ?? {};
    },

    async events(deploymentId: string): Promise<string[]> {
      const { lifecycleEvents = [] } = await this.target(deploymentId);
      return lifecycleEvents.map(
        ({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`,
      );
    },

    /** Moves the clock a second at a time until the deployment is so. */
    async come(
      deploymentId: string,
      isSo: (info: DeploymentInfo) => boolean | Promise<boolean>,
    ): Promise<DeploymentInfo> {
      for (let seconds = 0; seconds < WAIT_MAX_SECONDS; seconds++) {
        const info = await this.get(deploymentId);
        if (await isSo(info)) return info;
        await cloud.advance(1000);
      }
      throw new Error(
        `it never came to that: ${JSON.stringify([await this.get(deploymentId), await this.target(deploymentId)], undefined, 1)}`,
      );
    },

    /** Until the deployment's event has begun. */
    begun(deploymentId: string, event: string): Promise<DeploymentInfo> {
      return this.come(deploymentId, async () => {
        const events = await this.events(deploymentId);
        return events.some((each) => each.startsWith(event) && !each.endsWith("Pending"));
      });
    },

    end(deploymentId: string): Promise<DeploymentInfo> {
      return this.come(deploymentId, ({ completeTime }) => completeTime !== undefined);
    },

    /** Where a listener leads: "blue:100 green:0". */
    async route(listener: { readonly arn: string }): Promise<string> {
      const { Listeners } = await elb.send(
        new DescribeListenersCommand({ ListenerArns: [listener.arn] }),
      );
      const groups = Listeners?.[0]?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
      return groups
        .map(({ TargetGroupArn = "", Weight }) => `${names.get(TargetGroupArn)}:${Weight ?? 1}`)
        .sort()
        .join(" ");
    },

    /** The service's task sets: "PRIMARY 1", the revision of each. */
    async taskSets(): Promise<string[]> {
      const { taskSets = [] } = await bench.describe("web");
      return taskSets
        .map(({ status, taskDefinition = "" }) => `${status} ${taskDefinition.split(":").at(-1)}`)
        .sort();
    },

    stop: (deploymentId: string, autoRollbackEnabled?: boolean) =>
      deploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled })),

    proceed: (deploymentId: string, deploymentWaitType: "READY_WAIT" | "TERMINATION_WAIT") =>
      deploy.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType })),
  };
}

import {
  DescribeServiceDeploymentsCommand,
  ListServiceDeploymentsCommand,
  type ServiceDeployment,
} from "@aws-sdk/client-ecs";
import {
  CreateRuleCommand,
  DescribeRulesCommand,
  ModifyTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AttachRolePolicyCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { allowing } from "../../support/iam-cloud.ts";
import { createRole } from "../../support/roles.ts";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { serviceCloud } from "./service-cloud.ts";

export const ACCOUNT = "000000000000";
const WAIT_MAX_SECONDS = 7200;

export type RolesCloud = Awaited<ReturnType<typeof rolesCloud>>;

/** A cloud that enforces IAM, with ways to give roles permissions and to deploy a service with two target groups. */
export async function rolesCloud(options: LocalCloudOptions = {}) {
  const at = await serviceCloud({ iam: "enforce", ...options });
  const iam = at.cloud.client(IAMClient);
  return {
    ...at,

    /** A role that a service may assume. @returns its ARN. */
    role: (name: string, service: string) => createRole(at.cloud, name, service),

    /** Replaces the role's one inline policy. */
    async allow(RoleName: string, actions: readonly string[], resources?: readonly string[]) {
      const PolicyDocument = JSON.stringify(allowing(actions, resources));
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument }));
    },

    async attach(RoleName: string, policy: string) {
      const PolicyArn = `arn:aws:iam::aws:policy/${policy}`;
      await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    },

    /** Users come by a rule of one listener, testers by the default rule of another. */
    async routes(roleArn: string) {
      const balancer = await at.balancer();
      const group = async () => {
        const { arn } = await at.group([], {}, { "deregistration_delay.timeout_seconds": "5" });
        await at.elb.send(
          new ModifyTargetGroupCommand({
            TargetGroupArn: arn,
            HealthCheckIntervalSeconds: 5,
            HealthCheckTimeoutSeconds: 2,
            HealthyThresholdCount: 2,
          }),
        );
        return arn;
      };
      const blue = await group();
      const green = await group();
      const forward = forwardTo({ arn: blue, weight: 100 }, { arn: green, weight: 0 });
      const users = await at.listener(balancer.arn, forward);
      const testers = await at.listener(balancer.arn, forward, { Port: 81 });
      const made = await at.elb.send(
        new CreateRuleCommand({
          ListenerArn: users.arn,
          Priority: 1,
          Conditions: [{ Field: "path-pattern", Values: ["/*"] }],
          Actions: [forward],
        }),
      );
      const productionListenerRule = made.Rules?.[0]?.RuleArn ?? "";
      const { Rules } = await at.elb.send(new DescribeRulesCommand({ ListenerArn: testers.arn }));
      await at.settle();
      return {
        blue,
        green,
        users,
        testers,
        productionListenerRule,
        loadBalancers: [
          {
            targetGroupArn: blue,
            containerName: "app",
            containerPort: 8080,
            advancedConfiguration: {
              alternateTargetGroupArn: green,
              productionListenerRule,
              testListenerRule: Rules?.[0]?.RuleArn,
              roleArn,
            },
          },
        ],
      };
    },

    /** The newest deployment of "web". */
    async deployment(): Promise<ServiceDeployment> {
      const list = await at.ecs.send(new ListServiceDeploymentsCommand({ service: "web" }));
      const newest = list.serviceDeployments?.toSorted(
        (one, other) => (other.createdAt?.getTime() ?? 0) - (one.createdAt?.getTime() ?? 0),
      )[0];
      const { serviceDeployments } = await at.ecs.send(
        new DescribeServiceDeploymentsCommand({
          serviceDeploymentArns: [newest?.serviceDeploymentArn ?? ""],
        }),
      );
      return serviceDeployments?.[0] ?? {};
    },

    /** The newest deployment once it is so; the clock moves a second at a time. */
    async deploymentUntil(
      isSo: (deployment: ServiceDeployment) => boolean,
    ): Promise<ServiceDeployment> {
      for (let second = 0; second < WAIT_MAX_SECONDS; second++) {
        const deployment = await this.deployment();
        if (isSo(deployment)) return deployment;
        await at.cloud.advance(1000);
      }
      throw new Error(`it never came to that: ${JSON.stringify(await this.deployment())}`);
    },
  };
}

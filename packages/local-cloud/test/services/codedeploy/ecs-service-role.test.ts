// Protects what CodeDeploy may do with services: where IAM is enforced, exactly what its group's role allows. With
// AWS's own policies whole deployments work; without one of their permissions a deployment ends where it needs it, says
// why, and leaves listeners and task sets as far as it had come.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { CreateRuleCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRole } from "../../support/roles.ts";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { DEPLOY_ROLE, hookApp, MINUTE_MS } from "./deploy-cloud.ts";
import { ecsDeployCloud, type EcsDeployCloud } from "./ecs-deploy-cloud.ts";
import { type ServicePolicies, servicePolicies } from "./service-policies.ts";

const FOR_ECS = "AWSCodeDeployRoleForECS";
const LIMITED = "AWSCodeDeployRoleForECSLimited";

let at: EcsDeployCloud;
let role: ServicePolicies;
beforeEach(async () => {
  at = await ecsDeployCloud({ iam: "enforce" });
  role = await servicePolicies(at.cloud);
});
afterEach(() => at.close());

const ALL_AT_ONCE = { deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce" };

/** A revision whose tasks have a role. */
async function revisionOf(taskRole: string): Promise<string> {
  const taskRoleArn = await createRole(at.cloud, taskRole, "ecs-tasks.amazonaws.com");
  return at.define("web", "web:2", { taskRoleArn });
}

/** "Failed IAM_ROLE_PERMISSIONS", and what was denied. */
async function endOf(id: string) {
  const { status, errorInformation: { code, message = "" } = {} } = await at.end(id);
  const [, denied] = /is not authorized to perform: (\S+)/.exec(message) ?? [];
  return { end: `${status} ${code}`, denied, message };
}

/** Where the users are led, and which revisions have tasks. */
async function standing() {
  return [await at.route(at.prod), ...(await at.taskSets())];
}

const BEFORE = ["blue:1", "PRIMARY 1"];

describe("AWS's policies are enough", () => {
  it.each([
    [FOR_ECS, "check", "web-task"],
    [LIMITED, "CodeDeployHook_check", "ECSTaskExecutionRole"],
  ])("%s, with the hook %s and the task role %s", async (policy, hook, taskRole) => {
    await role.attach(policy);
    await at.function(hook, hookApp("Succeeded"));
    await at.group(ALL_AT_ONCE);
    const revision = await revisionOf(taskRole);
    const hooks = [{ BeforeInstall: hook }, { AfterAllowTestTraffic: hook }];
    const id = await at.start({}, hooks, revision);
    expect((await at.end(id)).status).toBe("Succeeded");
    await at.cloud.advance(MINUTE_MS);
    expect(await standing()).toEqual(["blue:0 green:100", "PRIMARY 3"]);
  });

  it("and the limited one is not for other hooks", async () => {
    await role.attach(LIMITED);
    await at.function("check", hookApp("Succeeded"));
    await at.group();
    const { end, denied, message } = await endOf(await at.start({}, [{ BeforeInstall: "check" }]));
    expect([end, denied]).toEqual(["Failed IAM_ROLE_PERMISSIONS", "lambda:InvokeFunction"]);
    expect(message).toContain(
      `The IAM role ${DEPLOY_ROLE} does not give you permission to perform operations in the following AWS service: AWSLambda.`,
    );
    expect(await standing()).toEqual(BEFORE);
  });

  it("and the limited one is not for other roles of tasks", async () => {
    await role.attach(LIMITED);
    await at.group();
    const { end, denied } = await endOf(await at.start({}, [], await revisionOf("web-task")));
    expect([end, denied]).toEqual(["Failed IAM_ROLE_PERMISSIONS", "iam:PassRole"]);
    expect(await at.taskSets()).toEqual(["PRIMARY 1"]);
  });
});

describe("without a permission a deployment fails where it needs it", () => {
  const BEGUN = "blue:100 green:0";
  it.each([
    ["ecs:DescribeServices", "the beginning", BEFORE],
    ["elasticloadbalancing:DescribeTargetGroups", "the beginning", BEFORE],
    ["elasticloadbalancing:DescribeListeners", "the beginning", BEFORE],
    ["elasticloadbalancing:ModifyListener", "Install", BEFORE],
    ["ecs:CreateTaskSet", "Install", [BEGUN, "PRIMARY 1"]],
    ["iam:PassRole", "Install", [BEGUN, "PRIMARY 1"]],
    [
      "ecs:UpdateServicePrimaryTaskSet",
      "AllowTraffic",
      ["blue:0 green:100", "ACTIVE 3", "PRIMARY 1"],
    ],
    ["ecs:DeleteTaskSet", "the end", ["blue:0 green:100", "ACTIVE 1", "PRIMARY 3"]],
  ])("%s: in %s", async (action, event, stands) => {
    await role.without(FOR_ECS, action);
    await at.group(ALL_AT_ONCE);
    const id = await at.start({}, [], await revisionOf("web-task"));
    const { end, denied } = await endOf(id);
    expect([end, denied]).toEqual(["Failed IAM_ROLE_PERMISSIONS", action]);
    expect(await standing()).toEqual(stands);
    // The target is not known before it is found, and taking tasks away is no lifecycle event.
    const events = event === "the beginning" ? [] : await at.events(id);
    const failed = events.filter((each) => each.endsWith(" Failed"));
    expect(failed).toEqual(event.startsWith("the ") ? [] : [`${event} Failed`]);
  });

  it("cloudwatch:DescribeAlarms: it is stopped before it begins", async () => {
    await role.without(FOR_ECS, "cloudwatch:DescribeAlarms");
    await at.cloud.client(CloudWatch).putMetricAlarm({
      AlarmName: "errors",
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
    });
    await at.group({ alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] } });
    const { end, denied } = await endOf(await at.start());
    expect([end, denied]).toEqual(["Stopped IAM_ROLE_PERMISSIONS", "cloudwatch:DescribeAlarms"]);
    expect(await standing()).toEqual(BEFORE);
  });

  it.each(["elasticloadbalancing:DescribeRules", "elasticloadbalancing:ModifyRule"])(
    "%s, where the users come by a rule",
    async (action) => {
      const { Rules } = await at.elb.send(
        new CreateRuleCommand({
          ListenerArn: at.prod.arn,
          Priority: 1,
          Conditions: [{ Field: "path-pattern", Values: ["/shop/*"] }],
          Actions: [forwardTo({ arn: at.blue })],
        }),
      );
      const rule = Rules?.[0]?.RuleArn ?? "";
      await at.group({
        ...ALL_AT_ONCE,
        loadBalancerInfo: {
          targetGroupPairInfoList: [
            {
              targetGroups: [{ name: "blue" }, { name: "green" }],
              prodTrafficRoute: { listenerArns: [rule] },
            },
          ],
        },
      });
      await role.without(FOR_ECS, action);
      const { end, denied } = await endOf(await at.start());
      expect([end, denied]).toEqual(["Failed IAM_ROLE_PERMISSIONS", action]);
      await role.attach(FOR_ECS);
      expect((await at.end(await at.start())).status).toBe("Succeeded");
    },
  );
});

describe("the rollback acts in the role too", () => {
  const autoRollbackConfiguration = { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] };
  const rollbackOf = async (id: string) =>
    (await at.get(id)).rollbackInfo?.rollbackDeploymentId ?? "";

  it("and takes back what may be taken back", async () => {
    await role.without(FOR_ECS, "lambda:InvokeFunction");
    await at.group({ ...ALL_AT_ONCE, autoRollbackConfiguration });
    const id = await at.start({}, [{ AfterAllowTraffic: "check" }]);
    const { end, denied } = await endOf(id);
    expect([end, denied]).toEqual(["Failed IAM_ROLE_PERMISSIONS", "lambda:InvokeFunction"]);
    expect((await at.end(await rollbackOf(id))).status).toBe("Succeeded");
    await at.cloud.advance(MINUTE_MS);
    expect(await standing()).toEqual(["blue:100 green:0", "PRIMARY 1"]);
  });

  it("and fails without a permission, once: the shares stay", async () => {
    await role.attach(FOR_ECS);
    const deploymentConfigName = "CodeDeployDefault.ECSCanary10Percent5Minutes";
    await at.group({ deploymentConfigName, autoRollbackConfiguration });
    const id = await at.start();
    await at.begun(id, "AllowTraffic");
    const action = "elasticloadbalancing:ModifyListener";
    await role.without(FOR_ECS, action);
    expect(await endOf(id)).toMatchObject({ end: "Failed IAM_ROLE_PERMISSIONS", denied: action });
    const rollback = await rollbackOf(id);
    expect(await endOf(rollback)).toMatchObject({
      end: "Failed IAM_ROLE_PERMISSIONS",
      denied: action,
    });
    expect(await rollbackOf(rollback)).toBe("");
    expect(await at.route(at.prod)).toBe("blue:90 green:10");
    expect(await at.taskSets()).toEqual(["ACTIVE 2", "PRIMARY 1"]);
  });
});

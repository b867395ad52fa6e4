// Protects how deployments of container services end early: hooks, alarms, people, and a service, a listener or a task
// definition that is not as it should be; what is rolled back then, and what stays.
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { DeleteServiceCommand } from "@aws-sdk/client-ecs";
import { ModifyListenerCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { hookApp, MINUTE_MS } from "./deploy-cloud.ts";
import { ecsDeployCloud, type EcsDeployCloud } from "./ecs-deploy-cloud.ts";

let at: EcsDeployCloud;
beforeEach(async () => {
  at = await ecsDeployCloud();
});
afterEach(() => at.close());

describe("ways to fail", () => {
  const failing = {
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] },
  };

  it("a hook at the test listener, and the way back", async () => {
    await at.function("CodeDeployHook_test", hookApp("Failed"));
    await at.group(failing);
    const id = await at.start({}, [{ AfterAllowTestTraffic: "CodeDeployHook_test" }]);
    const { status, errorInformation, rollbackInfo } = await at.end(id);
    expect([status, errorInformation?.code]).toEqual(["Failed", "HOOK_EXECUTION_FAILURE"]);
    expect(await at.events(id)).toEqual([
      "BeforeInstall Succeeded",
      "Install Succeeded",
      "AfterInstall Succeeded",
      "AllowTestTraffic Succeeded",
      "AfterAllowTestTraffic Failed",
      "BeforeAllowTraffic Skipped",
      "AllowTraffic Skipped",
      "AfterAllowTraffic Skipped",
    ]);
    expect((await at.end(rollbackInfo?.rollbackDeploymentId ?? "")).status).toBe("Succeeded");
    expect([await at.route(at.prod), await at.route(at.test)]).toEqual([
      "blue:100 green:0",
      "blue:100",
    ]);
  });

  it("an alarm in the middle of a shift", async () => {
    const cloudwatch = at.cloud.client(CloudWatchClient);
    const AlarmName = "errors";
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace: "Shop",
        MetricName: "Errors",
        Statistic: "Sum",
        Period: 86_400,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "ignore",
      }),
    );
    await at.group({
      deploymentConfigName: "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
      alarmConfiguration: { enabled: true, alarms: [{ name: AlarmName }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM"] },
    });
    const id = await at.start();
    await at.begun(id, "AllowTraffic");
    await at.cloud.advance(4 * MINUTE_MS);
    expect(await at.route(at.prod)).toBe("blue:80 green:20");
    await cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName, StateValue: "ALARM", StateReason: "by hand" }),
    );
    const { status, errorInformation, rollbackInfo } = await at.end(id);
    expect([status, errorInformation?.code]).toEqual(["Stopped", "ALARM_ACTIVE"]);
    expect((await at.end(rollbackInfo?.rollbackDeploymentId ?? "")).status).toBe("Succeeded");
    expect(await at.route(at.prod)).toBe("blue:100 green:0");
    await at.cloud.advance(MINUTE_MS);
    expect(await at.taskSets()).toEqual(["PRIMARY 1"]);
  });

  it("a task definition that is not there", async () => {
    await at.group(failing);
    const id = await at.start({}, [], "web:99");
    const { status, errorInformation, rollbackInfo } = await at.end(id);
    expect([status, errorInformation?.code]).toEqual(["Failed", "ECS_UPDATE_ERROR"]);
    expect((await at.end(rollbackInfo?.rollbackDeploymentId ?? "")).status).toBe("Succeeded");
    expect(await at.route(at.prod)).toBe("blue:100 green:0");
  });

  it("tasks that are never healthy, after an hour", async () => {
    await at.group(failing);
    const id = await at.start({}, [], await at.define("web", "deaf:1"));
    await at.cloud.advance(59 * MINUTE_MS);
    expect((await at.get(id)).status).toBe("InProgress");
    await at.cloud.advance(2 * MINUTE_MS);
    const { status, errorInformation, rollbackInfo } = await at.get(id);
    expect([status, errorInformation]).toEqual([
      "Failed",
      {
        code: "TIMEOUT",
        message:
          "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.",
      },
    ]);
    expect((await at.end(rollbackInfo?.rollbackDeploymentId ?? "")).status).toBe("Succeeded");
    expect(await at.route(at.prod)).toBe("blue:100 green:0");
  });

  it("a listener that leads elsewhere", async () => {
    await at.group();
    await at.elb.send(
      new ModifyListenerCommand({
        ListenerArn: at.prod.arn,
        DefaultActions: [forwardTo({ arn: at.green })],
      }),
    );
    const { errorInformation } = await at.end(await at.start());
    expect(errorInformation).toEqual({
      code: "ELASTIC_LOAD_BALANCING_INVALID",
      message: `The ELB could not be updated due to the following error: Primary taskset target group must be behind listener ${at.prod.arn}`,
    });
  });

  it("a service that vanishes in the middle", async () => {
    await at.group({ deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes" });
    const id = await at.start();
    await at.begun(id, "AllowTraffic");
    await at.ecs.send(new DeleteServiceCommand({ service: "web", force: true }));
    const { status, errorInformation } = await at.end(id);
    expect([status, errorInformation?.code]).toEqual(["Failed", "INVALID_ECS_SERVICE"]);
  });
});

it("leaves shares and tasks as they are when stopped without rollback, and the next deployment takes them away", async () => {
  await at.group({ deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes" });
  const id = await at.start();
  await at.begun(id, "AllowTraffic");
  await at.stop(id);
  await at.cloud.advance(10 * MINUTE_MS);
  expect((await at.get(id)).errorInformation?.code).toBe("MANUAL_STOP");
  expect([await at.route(at.prod), await at.taskSets()]).toEqual([
    "blue:90 green:10",
    ["ACTIVE 2", "PRIMARY 1"],
  ]);
  const next = await at.start();
  await at.begun(next, "AllowTraffic");
  expect([await at.route(at.prod), await at.taskSets()]).toEqual([
    "blue:90 green:10",
    ["ACTIVE 2", "PRIMARY 1"],
  ]);
  expect((await at.end(next)).status).toBe("Succeeded");
  await at.cloud.advance(MINUTE_MS);
  expect((await at.describe("web")).taskSets?.map(({ externalId }) => externalId)).toEqual([next]);
});

describe("groups", () => {
  it("need a service that CodeDeploy deploys, which no other group has", async () => {
    await at.create({ serviceName: "rolling", taskDefinition: at.first });
    const ecsServices = [{ clusterName: "default", serviceName: "rolling" }];
    expect(await errorOf(at.group({ ecsServices }))).toMatchObject({
      name: "InvalidECSServiceException",
      message:
        "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
    });
    await at.group();
    expect((await errorOf(at.group({ deploymentGroupName: "other" }))).name).toBe(
      "ECSServiceMappingLimitExceededException",
    );
  });
});

// Protects how deployments of functions end early: alarms, people, deadlines, targets that vanish; what is rolled
// back then, by a deployment of its own, and what is left as it stands.
import {
  type AutoRollbackEvent,
  ContinueDeploymentCommand,
  DeleteDeploymentGroupCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { DeleteAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DeleteRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  DeleteAliasCommand,
  DeleteFunctionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { appSpec, BEGIN_MS, deployCloud, type DeployCloud, MINUTE_MS } from "./deploy-cloud.ts";

let at: DeployCloud;
beforeEach(async () => {
  at = await deployCloud();
});
afterEach(() => at.close());

const linear = (more: object = {}) =>
  at.group({
    deploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
    ...more,
  });
const rollbackOn = (...events: AutoRollbackEvent[]) => ({
  autoRollbackConfiguration: { enabled: true, events },
});
const watching = (...names: string[]) => ({
  alarmConfiguration: { enabled: true, alarms: names.map((name) => ({ name })) },
});
const stop = (deploymentId: string, autoRollbackEnabled?: boolean) =>
  at.deploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled }));

/** The rollback of a deployment, which must be told on both sides. */
async function rollbackOf(id: string) {
  const { rollbackInfo } = await at.get(id);
  const rollbackId = rollbackInfo?.rollbackDeploymentId ?? "";
  expect(rollbackInfo?.rollbackMessage).toBe(
    `Deployment ${id} terminated. Automatic rollback is triggered with a DeploymentId ${rollbackId}.`,
  );
  const rollback = await at.get(rollbackId);
  expect(rollback).toMatchObject({
    creator: "codeDeployRollback",
    deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
    rollbackInfo: {
      rollbackTriggeringDeploymentId: id,
      rollbackMessage: `Deployment ${rollbackId} is triggered to roll back deployment ${id}.`,
    },
  });
  return rollback;
}

describe("alarms", () => {
  it("stop a deployment that runs, at the next poll, and roll it back", async () => {
    await at.alarm("errors");
    await at.alarm("latency");
    await linear({ ...watching("errors", "latency"), ...rollbackOn("DEPLOYMENT_STOP_ON_ALARM") });
    const id = await at.start();
    await at.cloud.advance(10 * MINUTE_MS);
    expect(await at.alias()).toBe("1 2:0.2");
    await at.setAlarm("errors", "ALARM");
    expect(await at.statusOf(id)).toBe("InProgress");
    await at.cloud.advance(20_000);
    expect(await at.statusOf(id)).toBe("Stopped ALARM_ACTIVE");
    expect((await at.get(id)).errorInformation?.message).toBe(
      "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <errors>",
    );
    expect(await at.eventsOf(id)).toEqual([
      "BeforeAllowTraffic Succeeded",
      "AllowTraffic Failed",
      "AfterAllowTraffic Skipped",
    ]);
    const rollback = await rollbackOf(id);
    expect(rollback.status).toBe("Succeeded");
    expect(await at.alias()).toBe("1");
    expect(await at.targetOf(rollback.deploymentId ?? "")).toMatchObject({
      lambdaFunctionInfo: { currentVersion: "2", targetVersion: "1", targetVersionWeight: 100 },
    });
  });

  it("that fire already stop it before any traffic moves", async () => {
    await at.alarm("errors", "ALARM");
    await linear(watching("errors"));
    const id = await at.start();
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Stopped ALARM_ACTIVE", "1"]);
    expect((await at.get(id)).rollbackInfo).toBeUndefined();
  });

  it("that fire between two polls only are not seen", async () => {
    await at.alarm("errors");
    await linear(watching("errors"));
    const id = await at.start();
    await at.setAlarm("errors", "ALARM");
    await at.setAlarm("errors", "OK");
    await at.cloud.advance(MINUTE_MS);
    expect(await at.statusOf(id)).toBe("InProgress");
  });

  it("stop without rolling back, when no event asks for it: the alias stays weighted", async () => {
    await at.alarm("errors");
    await linear({ ...watching("errors"), ...rollbackOn("DEPLOYMENT_FAILURE") });
    const id = await at.start();
    await at.setAlarm("errors", "ALARM");
    await at.cloud.advance(MINUTE_MS);
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Stopped ALARM_ACTIVE", "1 2:0.1"]);
    expect((await at.get(id)).rollbackInfo).toBeUndefined();
  });

  it("of a deployment of its own are followed instead of the group's", async () => {
    await at.alarm("errors", "ALARM");
    await at.alarm("own");
    await linear(watching("errors"));
    const id = await at.start(appSpec(), {
      overrideAlarmConfiguration: { enabled: true, alarms: [{ name: "own" }] },
    });
    expect(await at.statusOf(id)).toBe("InProgress");
    await at.setAlarm("own", "ALARM");
    await at.cloud.advance(MINUTE_MS);
    expect(await at.statusOf(id)).toBe("Stopped ALARM_ACTIVE");
  });

  it("without a list are refused for one deployment, too", async () => {
    await linear();
    const overrideAlarmConfiguration = { enabled: true, alarms: [] };
    expect(await errorOf(at.request(appSpec(), { overrideAlarmConfiguration }))).toMatchObject({
      name: "InvalidAlarmConfigException",
      message: "The alarm configuration is enabled, but the alarm list is empty",
    });
  });

  it("that nobody can tell stop it, unless that is to be ignored", async () => {
    await at.alarm("errors");
    await linear({ alarmConfiguration: { ...watching("errors").alarmConfiguration } });
    const id = await at.start();
    await at.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["errors"] }));
    // At the next poll, and not only with the next shift.
    await at.cloud.advance(20_000);
    expect(await at.statusOf(id)).toBe("Stopped ALARM_ACTIVE");
    expect((await at.get(id)).errorInformation?.message).toContain("could not tell the state");
    await at.lambda.send(
      new UpdateAliasCommand({
        FunctionName: "orders",
        Name: "live",
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    );
    const ignoring = await at.start(appSpec(), {
      overrideAlarmConfiguration: {
        ...watching("errors").alarmConfiguration,
        ignorePollAlarmFailure: true,
      },
    });
    expect(await at.statusOf(ignoring)).toBe("InProgress");
  });
});

describe("StopDeployment", () => {
  it("leaves the alias weighted, and the next deployment fails for it", async () => {
    await linear();
    const id = await at.start();
    expect(await stop(id)).toMatchObject({
      status: "Succeeded",
      statusMessage: "No more commands will be scheduled for execution in the deployment instances",
    });
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Stopped MANUAL_STOP", "1 2:0.1"]);
    await at.cloud.advance(60 * MINUTE_MS);
    expect(await at.alias()).toBe("1 2:0.1");
    const next = await at.start();
    expect(await at.statusOf(next)).toBe("Failed INVALID_LAMBDA_CONFIGURATION");
    expect((await at.get(next)).errorInformation?.message).toContain("leads to 1 and 2 (0.1)");
    expect(await at.alias()).toBe("1 2:0.1");
  });

  it.each([
    ["when told to", {}, true],
    ["when the group says so", rollbackOn("DEPLOYMENT_STOP_ON_REQUEST"), undefined],
  ])("rolls back %s", async (_when, more, told) => {
    await linear(more);
    const id = await at.start();
    await stop(id, told);
    await at.cloud.advance(BEGIN_MS);
    expect((await rollbackOf(id)).status).toBe("Succeeded");
    expect(await at.alias()).toBe("1");
  });

  it("does not roll back when told not to", async () => {
    await linear(rollbackOn("DEPLOYMENT_STOP_ON_REQUEST"));
    const id = await at.start();
    await stop(id, false);
    await at.cloud.advance(BEGIN_MS);
    expect((await at.get(id)).rollbackInfo).toBeUndefined();
  });

  it("is refused after the end", async () => {
    await at.group();
    const id = await at.start();
    expect(await at.statusOf(id)).toBe("Succeeded");
    expect((await errorOf(stop(id))).name).toBe("DeploymentAlreadyCompletedException");
  });

  it("stops one that has not begun", async () => {
    await linear();
    const { deploymentId: id = "" } = await at.request();
    expect(await at.statusOf(id)).toBe("Created");
    await stop(id);
    await at.cloud.advance(MINUTE_MS);
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Stopped MANUAL_STOP", "1"]);
  });
});

describe("what fails", () => {
  it.each([
    ["an alias", (name: string) => new DeleteAliasCommand({ FunctionName: name, Name: "live" })],
    ["a function", (name: string) => new DeleteFunctionCommand({ FunctionName: name })],
  ])("%s that vanishes in the middle", async (what, command) => {
    await linear(rollbackOn("DEPLOYMENT_FAILURE"));
    const id = await at.start();
    if (what === "a function") {
      await at.lambda.send(new DeleteAliasCommand({ FunctionName: "orders", Name: "live" }));
    }
    await at.lambda.send(command("orders") as DeleteAliasCommand);
    await at.cloud.advance(10 * MINUTE_MS);
    expect(await at.statusOf(id)).toBe("Failed INVALID_LAMBDA_FUNCTION");
    await at.cloud.advance(MINUTE_MS);
    const rollback = await rollbackOf(id);
    // There is nothing to roll back to any more, and that ends it.
    expect([rollback.status, rollback.rollbackInfo?.rollbackDeploymentId]).toEqual([
      "Failed",
      undefined,
    ]);
  });

  it("a group that is deleted in the middle", async () => {
    await linear();
    const id = await at.start();
    await at.deploy.send(
      new DeleteDeploymentGroupCommand({ applicationName: "shop", deploymentGroupName: "prod" }),
    );
    await at.cloud.advance(10 * MINUTE_MS);
    expect(await at.statusOf(id)).toBe("Failed DEPLOYMENT_GROUP_MISSING");
  });

  it("a role that is gone by then", async () => {
    await linear();
    await at.cloud.client(IAMClient).send(new DeleteRoleCommand({ RoleName: "codedeploy-role" }));
    const id = await at.start();
    expect(await at.statusOf(id)).toBe("Failed IAM_ROLE_MISSING");
  });

  it("ContinueDeployment, which functions do not have", async () => {
    await linear();
    const deploymentId = await at.start();
    const call = at.deploy.send(
      new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: "READY_WAIT" }),
    );
    expect((await errorOf(call)).name).toBe("UnsupportedActionForDeploymentTypeException");
  });
});

it("refuses a second deployment of a group while one runs", async () => {
  await linear();
  const id = await at.start();
  expect(await errorOf(at.start())).toMatchObject({
    name: "DeploymentLimitExceededException",
    message: `The Deployment Group 'prod' already has an active Deployment '${id}'`,
  });
});

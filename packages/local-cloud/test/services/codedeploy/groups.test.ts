// Protects deployment groups of functions and servers: every rule that AWS has for them with its code and text, and what is read back.
import {
  CreateApplicationCommand,
  type CreateDeploymentGroupCommandInput,
  DeleteDeploymentGroupCommand,
  GetDeploymentGroupCommand,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { deployCloud, type DeployCloud, STYLE } from "./deploy-cloud.ts";

type Group = Partial<CreateDeploymentGroupCommandInput>;

let at: DeployCloud;
beforeAll(async () => {
  at = await deployCloud();
  await at.deploy.send(
    new CreateApplicationCommand({ applicationName: "Server", computePlatform: "Server" }),
  );
});
afterAll(() => at.close());
afterEach(() =>
  at.deploy.send(
    new DeleteDeploymentGroupCommand({ applicationName: "shop", deploymentGroupName: "prod" }),
  ),
);

const STYLE_TEXT =
  "the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.";
const named = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `a${index}` }));
const trigger = (triggerName: string) => ({
  triggerName,
  triggerTargetArn: "arn:aws:sns:us-east-1:000000000000:deployments",
  triggerEvents: ["DeploymentStart" as const],
});

describe("of functions", () => {
  const rules: readonly (readonly [string, Group, string, string])[] = [
    [
      "no style",
      { deploymentStyle: undefined },
      "InvalidDeploymentStyleException",
      `For LAMBDA deployment, ${STYLE_TEXT}`,
    ],
    [
      "in place",
      { deploymentStyle: { ...STYLE, deploymentType: "IN_PLACE" } },
      "InvalidDeploymentStyleException",
      `For LAMBDA deployment, ${STYLE_TEXT}`,
    ],
    [
      "blue/green options",
      { blueGreenDeploymentConfiguration: {} },
      "InvalidBlueGreenDeploymentConfigurationException",
      "For Lambda deployment group, blueGreenDeploymentConfiguration can not be specified",
    ],
    [
      "instances",
      { ec2TagFilters: [{ Key: "a", Value: "b", Type: "KEY_AND_VALUE" }] },
      "InvalidEC2TagException",
      "For LAMBDA deployment group, ec2TagFilters can not be specified",
    ],
    [
      "a configuration of another platform",
      { deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce" },
      "InvalidDeploymentConfigNameException",
      "Compute platform of deployment config CodeDeployDefault.ECSAllAtOnce does not match expected compute platform, correct compute platform should be Lambda.",
    ],
    [
      "a configuration that is not there",
      { deploymentConfigName: "mine" },
      "DeploymentConfigDoesNotExistException",
      "No Deployment Config found for name: mine",
    ],
    [
      "rollback without events",
      { autoRollbackConfiguration: { enabled: true, events: [] } },
      "InvalidAutoRollbackConfigException",
      "Deployment Groups need to have at least one event specified when auto rollback is enabled",
    ],
    [
      "alarms without a list",
      { alarmConfiguration: { enabled: true, alarms: [] } },
      "InvalidAlarmConfigException",
      "The alarm configuration is enabled, but the alarm list is empty",
    ],
    [
      "an alarm twice",
      { alarmConfiguration: { enabled: true, alarms: [{ name: "a" }, { name: "a" }] } },
      "InvalidAlarmConfigException",
      "Two alarms have the same name: a",
    ],
    [
      "eleven alarms",
      { alarmConfiguration: { enabled: true, alarms: named(11) } },
      "AlarmsLimitExceededException",
      "Deployment Groups cannot contain more than 10 alarms, got 11.",
    ],
    [
      "eleven triggers",
      { triggerConfigurations: Array.from({ length: 11 }, (_, index) => trigger(`t${index}`)) },
      "TriggerTargetsLimitExceededException",
      "Deployment Groups cannot contain more than 10 TriggerTargets.",
    ],
    [
      "a trigger twice",
      { triggerConfigurations: [trigger("same"), trigger("same")] },
      "InvalidTriggerConfigException",
      "Duplicate Trigger target name detected",
    ],
    [
      "a role that is not there",
      { serviceRoleArn: "arn:aws:iam::000000000000:role/nobody" },
      "InvalidRoleException",
      "AWS CodeDeploy does not have the permissions required to assume the role arn:aws:iam::000000000000:role/nobody.",
    ],
    [
      "a role for another service",
      { serviceRoleArn: "arn:aws:iam::000000000000:role/lambda-role" },
      "InvalidRoleException",
      "AWS CodeDeploy does not have the permissions required to assume the role arn:aws:iam::000000000000:role/lambda-role.",
    ],
    [
      "another application",
      { applicationName: "nobody" },
      "ApplicationDoesNotExistException",
      "No application found for name: nobody",
    ],
  ];
  it.each(rules)("refuse %s", async (_name, more, name, message) => {
    expect(await errorOf(at.group(more))).toMatchObject({ name, message, status: 400 });
  });

  it("refuse an event that there is not", async () => {
    const events = ["DEPLOYMENT_STOP_ON_INSTANCE_FAILURE" as "DEPLOYMENT_FAILURE"];
    const error = await errorOf(at.group({ autoRollbackConfiguration: { enabled: true, events } }));
    expect(error.name).toBe("ValidationException");
    expect(error.message).toContain("DEPLOYMENT_STOP_ON_ALARM");
  });

  it("are told as they were made, are unique by name, and change in part", async () => {
    const { deploymentGroupId } = await at.group({
      alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
    });
    expect(deploymentGroupId).toMatch(/^[0-9a-f]{8}-/);
    expect((await errorOf(at.group())).name).toBe("DeploymentGroupAlreadyExistsException");
    await at.deploy.send(
      new UpdateDeploymentGroupCommand({
        applicationName: "shop",
        currentDeploymentGroupName: "prod",
        newDeploymentGroupName: "live",
        deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
      }),
    );
    const wanted = { applicationName: "shop", deploymentGroupName: "live" };
    const { deploymentGroupInfo } = await at.deploy.send(new GetDeploymentGroupCommand(wanted));
    expect(deploymentGroupInfo).toMatchObject({
      deploymentGroupId,
      deploymentGroupName: "live",
      deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
      alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
      deploymentStyle: STYLE,
      computePlatform: "Lambda",
    });
    await at.deploy.send(new DeleteDeploymentGroupCommand(wanted));
    expect(await errorOf(at.deploy.send(new GetDeploymentGroupCommand(wanted)))).toMatchObject({
      name: "DeploymentGroupDoesNotExistException",
      message: "No Deployment Group found for name: live",
    });
  });

  it("are held to the rules when they change, too", async () => {
    await at.group();
    const change = at.deploy.send(
      new UpdateDeploymentGroupCommand({
        applicationName: "shop",
        currentDeploymentGroupName: "prod",
        deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      }),
    );
    expect((await errorOf(change)).name).toBe("InvalidDeploymentStyleException");
  });
});

describe("of servers", () => {
  it("refuse services, and blue/green without traffic control", async () => {
    const services = { ecsServices: [{ clusterName: "main", serviceName: "web" }] };
    expect(await errorOf(at.group({ applicationName: "Server", ...services }))).toMatchObject({
      name: "InvalidInputException",
      message:
        "Server Deployment Groups should not define a value for ecsServices, eksClusters, or targetGroupPairInfoList",
    });
    const pairs = { loadBalancerInfo: { targetGroupPairInfoList: [{}] } };
    expect((await errorOf(at.group({ applicationName: "Server", ...pairs }))).message).toContain(
      "should not define a value for ecsServices, eksClusters, or targetGroupPairInfoList",
    );
    const deploymentStyle = { ...STYLE, deploymentOption: "WITHOUT_TRAFFIC_CONTROL" } as const;
    expect(await errorOf(at.group({ applicationName: "Server", deploymentStyle }))).toMatchObject({
      name: "InvalidDeploymentStyleException",
      message: "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option",
    });
  });

  it("are kept, but not deployed to", async () => {
    await at.group({ applicationName: "Server", deploymentStyle: undefined });
    const revision = {
      revisionType: "S3" as const,
      s3Location: { bucket: "b", key: "k", bundleType: "zip" as const },
    };
    const error = await errorOf(at.request("", { applicationName: "Server", revision }));
    expect(error.message).toContain("deploys to Lambda and ECS");
  });
});

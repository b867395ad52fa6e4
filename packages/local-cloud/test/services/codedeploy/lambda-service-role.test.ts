// Protects what CodeDeploy may do with functions: where IAM is enforced, exactly what its group's role allows. With
// AWS's own policies whole deployments work; without one of their permissions a deployment ends at once, says why, and
// leaves the alias where it was.
import { Lambda } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  appSpec,
  deployCloud,
  type DeployCloud,
  DEPLOY_ROLE,
  hookApp,
  MINUTE_MS,
} from "./deploy-cloud.ts";
import { type ServicePolicies, servicePolicies } from "./service-policies.ts";

const FOR_LAMBDA = "service-role/AWSCodeDeployRoleForLambda";
const LIMITED = "service-role/AWSCodeDeployRoleForLambdaLimited";
const HOOK = "CodeDeployHook_check";
const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";

let at: DeployCloud;
let role: ServicePolicies;
beforeEach(async () => {
  at = await deployCloud({ iam: "enforce" });
  role = await servicePolicies(at.cloud);
});
afterEach(() => at.close());

const hooks = (name = HOOK) =>
  appSpec({ hooks: [{ BeforeAllowTraffic: name }, { AfterAllowTraffic: name }] });

/** A group that moves a tenth, and the rest five minutes later. */
const group = (more: Parameters<DeployCloud["group"]>[0] = {}) =>
  at.group({
    deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
    ...more,
  });

/** How AWS's message begins. Ours says behind it what was denied. */
const refusal = (service: string) =>
  `The IAM role ${DEPLOY_ROLE} does not give you permission to perform operations in the following AWS service: ${service}. Contact your AWS administrator if you need help.`;

const messageOf = async (id: string) => (await at.get(id)).errorInformation?.message ?? "";

describe("AWS's policies are enough", () => {
  it.each([FOR_LAMBDA, LIMITED])("%s, with hooks of the name that they allow", async (policy) => {
    await role.attach(policy);
    await at.create(HOOK, {}, hookApp("Succeeded"));
    await at.alarm("errors");
    await group({ alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] } });
    const id = await at.start(hooks());
    expect(await at.alias()).toBe("1 2:0.1");
    await at.cloud.advance(5 * MINUTE_MS);
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Succeeded", "2"]);
  });

  it("and let nobody invoke a hook of another name: it fails before any traffic", async () => {
    await role.attach(FOR_LAMBDA);
    await at.create("check", {}, hookApp("Succeeded"));
    await group();
    const id = await at.start(hooks("check"));
    expect(await at.statusOf(id)).toBe("Failed IAM_ROLE_PERMISSIONS");
    const message = await messageOf(id);
    expect(message).toContain(refusal("AWSLambda"));
    expect(message).toContain(
      "is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:check",
    );
    expect(await at.eventsOf(id)).toEqual([
      "BeforeAllowTraffic Failed",
      "AllowTraffic Skipped",
      "AfterAllowTraffic Skipped",
    ]);
    expect(await at.alias()).toBe("1");
  });

  it("and a hook whose own policy names the role needs no more", async () => {
    await role.attach(FOR_LAMBDA);
    await at.create("check", {}, hookApp("Succeeded"));
    await at.cloud.client(Lambda).addPermission({
      FunctionName: "check",
      StatementId: "deployments",
      Action: "lambda:InvokeFunction",
      Principal: DEPLOY_ROLE,
    });
    await group();
    await at.start(hooks("check"));
    expect(await at.alias()).toBe("1 2:0.1");
  });
});

describe("without a permission", () => {
  it.each([
    // Before anything is begun.
    [
      "lambda:GetAlias",
      ["BeforeAllowTraffic Skipped", "AllowTraffic Skipped", "AfterAllowTraffic Skipped"],
    ],
    [
      "lambda:InvokeFunction",
      ["BeforeAllowTraffic Failed", "AllowTraffic Skipped", "AfterAllowTraffic Skipped"],
    ],
    [
      "lambda:GetProvisionedConcurrencyConfig",
      ["BeforeAllowTraffic Succeeded", "AllowTraffic Failed", "AfterAllowTraffic Skipped"],
    ],
    [
      "lambda:UpdateAlias",
      ["BeforeAllowTraffic Succeeded", "AllowTraffic Failed", "AfterAllowTraffic Skipped"],
    ],
  ])("%s the deployment fails, and the alias stays", async (action, events) => {
    await role.without(FOR_LAMBDA, action);
    await at.create(HOOK, {}, hookApp("Succeeded"));
    await group({ autoRollbackConfiguration: { enabled: false } });
    const id = await at.start(hooks());
    expect(await at.statusOf(id)).toBe("Failed IAM_ROLE_PERMISSIONS");
    expect(await messageOf(id)).toContain(`is not authorized to perform: ${action} on resource:`);
    expect(await messageOf(id)).toContain(refusal("AWSLambda"));
    expect(await at.eventsOf(id)).toEqual(events);
    expect(await at.alias()).toBe("1");
  });

  it("to look at its alarms it stops, unless the group lets it go on", async () => {
    await role.without(FOR_LAMBDA, "cloudwatch:DescribeAlarms");
    await at.alarm("errors");
    const alarms = [{ name: "errors" }];
    await group({ alarmConfiguration: { enabled: true, alarms } });
    const id = await at.start();
    expect(await at.statusOf(id)).toBe("Stopped IAM_ROLE_PERMISSIONS");
    expect(await messageOf(id)).toContain(refusal("AmazonCloudWatch"));
    expect(await at.alias()).toBe("1");
    const ignorePollAlarmFailure = true;
    const overrideAlarmConfiguration = { enabled: true, alarms, ignorePollAlarmFailure };
    const next = await at.start(appSpec(), { overrideAlarmConfiguration });
    expect([await at.statusOf(next), await at.alias()]).toEqual(["InProgress", "1 2:0.1"]);
  });

  it("that goes in the middle it fails there, and so does the rollback: the share stays", async () => {
    await role.attach(FOR_LAMBDA);
    await group();
    const id = await at.start();
    expect(await at.alias()).toBe("1 2:0.1");
    await role.without(FOR_LAMBDA, "lambda:UpdateAlias");
    await at.cloud.advance(6 * MINUTE_MS);
    expect(await at.statusOf(id)).toBe("Failed IAM_ROLE_PERMISSIONS");
    const { rollbackInfo } = await at.get(id);
    const rollback = rollbackInfo?.rollbackDeploymentId ?? "";
    expect(await at.statusOf(rollback)).toBe("Failed IAM_ROLE_PERMISSIONS");
    expect((await at.get(rollback)).rollbackInfo?.rollbackDeploymentId).toBeUndefined();
    expect(await at.alias()).toBe("1 2:0.1");
  });

  it("to invoke the last hook the deployment fails, and its rollback takes the traffic back", async () => {
    await role.attach(FOR_LAMBDA);
    await at.create("check", {}, hookApp("Succeeded"));
    await group({ deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" });
    const id = await at.start(appSpec({ hooks: [{ AfterAllowTraffic: "check" }] }));
    await at.cloud.advance(MINUTE_MS);
    expect(await at.statusOf(id)).toBe("Failed IAM_ROLE_PERMISSIONS");
    const { rollbackInfo } = await at.get(id);
    expect(await at.statusOf(rollbackInfo?.rollbackDeploymentId ?? "")).toBe("Succeeded");
    expect(await at.alias()).toBe("1");
  });

  it("at all, for the role is gone in the middle", async () => {
    await role.attach(FOR_LAMBDA);
    await group({ autoRollbackConfiguration: { enabled: false } });
    const id = await at.start();
    await role.remove();
    await at.cloud.advance(6 * MINUTE_MS);
    expect(await at.statusOf(id)).toBe("Failed IAM_ROLE_MISSING");
    expect(await at.alias()).toBe("1 2:0.1");
  });
});

describe("triggers", () => {
  const subjects = async () => {
    await at.cloud.advance(MINUTE_MS);
    const answer = await fetch(`${at.cloud.url}/_headgate/outbox`);
    return answer.text();
  };

  it("are told by who may publish, and lost without failing the deployment otherwise", async () => {
    const sns = at.cloud.client(SNS);
    await sns.createTopic({ Name: "deployments" });
    await sns.subscribe({
      TopicArn: TOPIC,
      Protocol: "sqs",
      Endpoint: TOPIC.replace("sns", "sqs"),
    });
    await role.attach(LIMITED);
    const triggerConfigurations = [
      {
        triggerName: "all",
        triggerTargetArn: TOPIC,
        triggerEvents: ["DeploymentSuccess" as const],
      },
    ];
    const all = { deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" };
    await group({ ...all, triggerConfigurations });
    const id = await at.start();
    expect(await at.statusOf(id)).toBe("Succeeded");
    expect(await subjects()).not.toContain(id);
    expect(at.cloud.warnings.join("\n")).toContain("is not authorized to perform: SNS:Publish");
    await role.attach(FOR_LAMBDA);
    const next = await at.start(appSpec({ current: "2", target: "1" }));
    expect(await subjects()).toContain(`SUCCEEDED: AWS CodeDeploy ${next}`);
  });
});

it("nothing is asked of the role where IAM is not enforced", async () => {
  const free = await deployCloud();
  try {
    await free.create("check", {}, hookApp("Succeeded"));
    await free.group({ deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" });
    const id = await free.start(hooks("check"));
    expect([await free.statusOf(id), await free.alias()]).toEqual(["Succeeded", "2"]);
  } finally {
    await free.close();
  }
});

// Protects what the world hears of a deployment: a group's triggers by SNS, in AWS's shape, and EventBridge's events.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { StopDeploymentCommand, type TriggerEventType } from "@aws-sdk/client-codedeploy";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { OutboxItem } from "../../../src/data-plane/ports.ts";
import { appSpec, BEGIN_MS, deployCloud, type DeployCloud } from "./deploy-cloud.ts";

let at: DeployCloud;
beforeEach(async () => {
  at = await deployCloud();
  const sns = at.cloud.client(SNSClient);
  await sns.send(new CreateTopicCommand({ Name: "deployments" }));
  await sns.send(
    new SubscribeCommand({
      TopicArn: TOPIC,
      Protocol: "sqs",
      Endpoint: "arn:aws:sqs:us-east-1:000000000000:deployments",
    }),
  );
});
afterEach(() => at.close());

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
const ALL: TriggerEventType[] = [
  "DeploymentStart",
  "DeploymentSuccess",
  "DeploymentFailure",
  "DeploymentStop",
  "DeploymentRollback",
];
const trigger = (triggerEvents: TriggerEventType[]) => ({
  triggerConfigurations: [{ triggerName: "all", triggerTargetArn: TOPIC, triggerEvents }],
});

/** What the topic delivered: subject and message. */
async function delivered(): Promise<readonly (readonly [string, string])[]> {
  await at.cloud.advance(0);
  const answer = await fetch(`${at.cloud.url}/_headgate/outbox`);
  const { items } = (await answer.json()) as { items: OutboxItem[] };
  return items.map(({ body }) => {
    const { Subject, Message } = JSON.parse(body) as Record<string, string>;
    return [Subject ?? "", Message ?? ""] as const;
  });
}

it("tests a trigger when it is made, and tells start and success", async () => {
  await at.group(trigger(ALL));
  const [test] = await delivered();
  expect(test?.[1]).toContain("'all'");
  const id = await at.start();
  const [, created, succeeded] = await delivered();
  expect(created?.[0]).toBe(`CREATED: AWS CodeDeploy ${id} in us-east-1 to shop`);
  expect(JSON.parse(created?.[1] ?? "")).toEqual({
    region: "us-east-1",
    accountId: "000000000000",
    eventTriggerName: "all",
    applicationName: "shop",
    deploymentId: id,
    deploymentGroupName: "prod",
    createTime: "Sat Nov 21 12:00:00 UTC 2026",
    completeTime: null,
    status: "CREATED",
  });
  expect(JSON.parse(succeeded?.[1] ?? "")).toMatchObject({
    status: "SUCCEEDED",
    completeTime: "Sat Nov 21 12:00:00 UTC 2026",
  });
});

it("tells of failures why, and of a stop what rolls it back", async () => {
  await at.group({
    ...trigger(ALL),
    deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
  });
  const failed = await at.start(appSpec({ target: "9" }));
  const id = await at.start();
  await at.deploy.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
  await at.cloud.advance(BEGIN_MS);
  const { rollbackInfo } = await at.get(id);
  const messages = (await delivered())
    .slice(1)
    .map(([, message]) => JSON.parse(message) as Record<string, unknown>);
  expect(messages.map(({ deploymentId, status }) => [deploymentId, status])).toEqual([
    [failed, "CREATED"],
    [failed, "FAILED"],
    [id, "CREATED"],
    [id, "STOPPED"],
    [id, "STOPPED"],
    [rollbackInfo?.rollbackDeploymentId, "CREATED"],
    [rollbackInfo?.rollbackDeploymentId, "SUCCEEDED"],
  ]);
  expect(messages[1]?.["errorInformation"]).toMatchObject({ ErrorCode: "INVALID_LAMBDA_FUNCTION" });
  expect(messages[4]?.["rollbackInformation"]).toMatchObject({
    RollbackDeploymentId: rollbackInfo?.rollbackDeploymentId,
  });
});

it("sends only what a trigger asks for, and goes on when the topic is gone", async () => {
  await at.group({
    triggerConfigurations: [
      { triggerName: "end", triggerTargetArn: TOPIC, triggerEvents: ["DeploymentSuccess"] },
      {
        triggerName: "lost",
        triggerTargetArn: `${TOPIC}-lost`,
        triggerEvents: ["DeploymentStart"],
      },
    ],
  });
  const id = await at.start();
  expect(await at.statusOf(id)).toBe("Succeeded");
  expect((await delivered()).slice(1).map(([subject]) => subject.split(":")[0])).toEqual([
    "SUCCEEDED",
  ]);
  expect(at.cloud.warnings.join("\n")).toContain(`${TOPIC}-lost refused the message: NotFound`);
});

it("puts each change on the default bus of EventBridge", async () => {
  const logs = at.cloud.client(CloudWatchLogsClient);
  const logGroupName = "/aws/events/deployments";
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  const events = at.cloud.client(EventBridgeClient);
  await events.send(
    new PutRuleCommand({
      Name: "deployments",
      EventPattern: JSON.stringify({ source: ["aws.codedeploy"] }),
    }),
  );
  const Arn = `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}`;
  await events.send(new PutTargetsCommand({ Rule: "deployments", Targets: [{ Id: "logs", Arn }] }));
  const { deploymentGroupId } = await at.group();
  const id = await at.start();
  await at.cloud.advance(60_000);
  const found = await logs.send(new FilterLogEventsCommand({ logGroupName }));
  const told = (found.events ?? []).map(
    ({ message = "{}" }) => JSON.parse(message) as Record<string, unknown>,
  );
  const prefix = "arn:aws:codedeploy:us-east-1:000000000000";
  for (const [index, state] of ["START", "SUCCESS"].entries()) {
    expect(told[index]).toEqual({
      version: "0",
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      account: "000000000000",
      region: "us-east-1",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      source: "aws.codedeploy",
      "detail-type": "CodeDeploy Deployment State-change Notification",
      resources: [`${prefix}:application:shop`, `${prefix}:deploymentgroup:shop/prod`],
      detail: {
        instanceGroupId: deploymentGroupId,
        region: "us-east-1",
        application: "shop",
        deploymentId: id,
        state,
        deploymentGroup: "prod",
      },
    });
  }
  expect(told).toHaveLength(2);
});

// Protects by whose right a rule's targets get events: where a target has a role, EventBridge acts in it, and the
// role's policies decide where IAM is enforced; where it has none, the resource's own policy must let EventBridge in.
import { afterEach, expect, it } from "vitest";
import { allowing } from "../../support/iam-cloud.ts";
import { trustOf } from "../../support/roles.ts";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../../support/serverless-cloud.ts";

const START_MS = Date.UTC(2026, 10, 21, 10);
const TOPIC = "arn:aws:sns:us-east-1:000000000000:news";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:box";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:hear";
const ROLE = "arn:aws:iam::000000000000:role/teller";

let cloud: ServerlessCloud;
afterEach(() => cloud.core.close());

/** A cloud in which a rule sends to a target by the role "teller", which trusts EventBridge. */
async function start({ enforcesIam, Arn = TOPIC }: { enforcesIam: boolean; Arn?: string }) {
  cloud = serverlessCloud(START_MS, { enforcesIam });
  await cloud.call("sns", "CreateTopic", { Name: "news" });
  await cloud.call("sns", "Subscribe", { TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE });
  await cloud.call("iam", "CreateRole", {
    RoleName: "teller",
    AssumeRolePolicyDocument: trustOf("events.amazonaws.com"),
  });
  const EventPattern = JSON.stringify({ source: ["shop"] });
  await cloud.call("events", "PutRule", { Name: "all", EventPattern });
  const Targets = [{ Id: "1", Arn, RoleArn: ROLE }];
  await cloud.call("events", "PutTargets", { Rule: "all", Targets });
}

function allow(actions: readonly string[]) {
  const PolicyDocument = JSON.stringify(allowing(actions));
  return cloud.call("iam", "PutRolePolicy", {
    RoleName: "teller",
    PolicyName: "own",
    PolicyDocument,
  });
}

/** How many events have reached the topic, and how many deliveries have failed, after one more event. */
async function emit() {
  const Entries = [{ Source: "shop", DetailType: "order", Detail: "{}" }];
  await cloud.call("events", "PutEvents", { Entries });
  await cloud.clock.advance(0);
  const metric = {
    namespace: "AWS/Events",
    metricName: "FailedInvocations",
    dimensions: [{ Name: "RuleName", Value: "all" }],
  };
  const window = { startMs: START_MS, endMs: START_MS + 60_000, periodMs: 60_000 };
  const failed = cloud.core.cloud.metrics.read(PLACE, metric, window)[0]?.samples.sum ?? 0;
  return { told: (await cloud.core.cloud.port("outbox")).items().length, failed };
}

it("a role that may publish is enough, and one that may not is told of", async () => {
  await start({ enforcesIam: true });
  expect(await emit()).toEqual({ told: 0, failed: 1 });
  expect(cloud.warnings.join("\n")).toContain(
    `User: arn:aws:sts::000000000000:assumed-role/teller/all is not authorized to perform: SNS:Publish on resource: ${TOPIC}`,
  );
  await allow(["sns:Publish"]);
  expect(await emit()).toEqual({ told: 1, failed: 1 });
});

it("a role may invoke a function only where a policy lets it", async () => {
  await start({ enforcesIam: true, Arn: FUNCTION });
  await emit();
  expect(cloud.warnings.join("\n")).toContain(
    `is not authorized to perform: lambda:InvokeFunction on resource: ${FUNCTION}`,
  );
  await allow(["lambda:InvokeFunction"]);
  // What is missing now is the function itself.
  await emit();
  expect(cloud.warnings.at(-1)).toContain("Function not found");
});

it("a resource's policy that lets EventBridge in does not stand in for the role", async () => {
  await start({ enforcesIam: true });
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sns:Publish",
    Resource: TOPIC,
  };
  await cloud.call("sns", "SetTopicAttributes", {
    TopicArn: TOPIC,
    AttributeName: "Policy",
    AttributeValue: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
  });
  expect(await emit()).toEqual({ told: 0, failed: 1 });
  const Targets = [{ Id: "1", Arn: TOPIC }];
  await cloud.call("events", "PutTargets", { Rule: "all", Targets });
  expect(await emit()).toEqual({ told: 1, failed: 1 });
});

it.each([true, false])(
  "a role must be there and trust EventBridge (enforced: %s)",
  async (enforcesIam) => {
    await start({ enforcesIam });
    await allow(["*"]);
    const PolicyDocument = trustOf("lambda.amazonaws.com");
    await cloud.call("iam", "UpdateAssumeRolePolicy", { RoleName: "teller", PolicyDocument });
    expect(await emit()).toEqual({ told: 0, failed: 1 });
    expect(cloud.warnings.at(-1)).toContain(`${ROLE} does not trust events.amazonaws.com`);
    await cloud.call("iam", "DeleteRolePolicy", { RoleName: "teller", PolicyName: "own" });
    await cloud.call("iam", "DeleteRole", { RoleName: "teller" });
    expect(await emit()).toEqual({ told: 0, failed: 2 });
    expect(cloud.warnings.at(-1)).toContain(`${ROLE} does not exist`);
  },
);

it("a log group is written to where a resource policy of the account lets EventBridge", async () => {
  const group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/all";
  await start({ enforcesIam: true, Arn: group });
  await cloud.call("logs", "CreateLogGroup", { logGroupName: "/aws/events/all" });
  const letIn = (more: object) =>
    cloud.call("logs", "PutResourcePolicy", {
      policyName: "events",
      policyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] },
            Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
            Resource: `${group}:*`,
            ...more,
          },
        ],
      }),
    });
  // The role of the target does not count.
  await allow(["logs:*"]);
  expect(await emit()).toMatchObject({ failed: 1 });
  expect(cloud.warnings.at(-1)).toContain(
    `events.amazonaws.com is not authorized to perform: logs:CreateLogStream on resource: ${group}:log-stream:all because no resource-based policy allows`,
  );
  for (const more of [
    { Principal: { Service: "lambda.amazonaws.com" } },
    { Resource: "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/other:*" },
    { Action: "logs:CreateLogStream" },
    {
      Condition: {
        ArnEquals: { "aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/other" },
      },
    },
    { Effect: "Deny" },
  ]) {
    await letIn(more);
    await emit();
  }
  expect(await emit()).toMatchObject({ failed: 7 });
  await letIn({
    Condition: {
      ArnLike: { "aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/a*" },
      StringEquals: { "aws:SourceAccount": "000000000000" },
    },
  });
  expect(await emit()).toMatchObject({ failed: 7 });
  const lines = [...cloud.core.cloud.logs.read(PLACE, "/aws/events/all", { order: "oldestFirst" })];
  expect(lines).toHaveLength(1);
});

it("nobody asks what the role may where IAM is not enforced", async () => {
  await start({ enforcesIam: false });
  expect(await emit()).toEqual({ told: 1, failed: 0 });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../../support/serverless-cloud.ts";

// Protects what leaves the bus: to whom, in which form, at which time, and what is counted.

const START_MS = Date.UTC(2026, 10, 21, 10);
const TOPIC = "arn:aws:sns:us-east-1:000000000000:news";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:box";
const GROUP = "/aws/events/all";
const LOGS = `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`;
const RULE_ARN = "arn:aws:events:us-east-1:000000000000:rule/all";

let cloud: ServerlessCloud;
beforeEach(async () => {
  cloud = serverlessCloud(START_MS);
  await cloud.call("logs", "CreateLogGroup", { logGroupName: GROUP });
});
afterEach(() => cloud.core.close());

const events = (operation: string, input: object) => cloud.call("events", operation, input);
const rule = (input: object) => events("PutRule", { Name: "all", ...input });
const target = (more: object) =>
  events("PutTargets", { Rule: "all", Targets: [{ Id: "1", Arn: LOGS, ...more }] });
const emit = (Detail: object = { id: 7, name: "Ann" }) =>
  events("PutEvents", {
    Entries: [{ Source: "shop", DetailType: "order", Detail: JSON.stringify(Detail) }],
  });

async function written(): Promise<string[]> {
  await cloud.clock.advance(0);
  const query = { order: "oldestFirst" } as const;
  return [...cloud.core.cloud.logs.read(PLACE, GROUP, query)].map(({ message }) => message);
}

function counted(metricName: string): number {
  const id = {
    namespace: "AWS/Events",
    metricName,
    dimensions: [{ Name: "RuleName", Value: "all" }],
  };
  const window = { startMs: START_MS, endMs: START_MS + 86_400_000, periodMs: 86_400_000 };
  return cloud.core.cloud.metrics.read(PLACE, id, window)[0]?.samples.sum ?? 0;
}

const SHOP = { EventPattern: JSON.stringify({ source: ["shop"] }) };

describe("a matching event", () => {
  it("is written into a log group as a whole", async () => {
    await rule(SHOP);
    await target({});
    await emit();
    const [text = ""] = await written();
    expect(JSON.parse(text)).toEqual({
      version: "0",
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      "detail-type": "order",
      source: "shop",
      account: "000000000000",
      time: "2026-11-21T10:00:00Z",
      region: "us-east-1",
      resources: [],
      detail: { id: 7, name: "Ann" },
    });
    expect(
      ["MatchedEvents", "TriggeredRules", "Invocations", "FailedInvocations"].map(counted),
    ).toEqual([1, 1, 1, 0]);
  });

  it.each([
    [{ Input: '{"fixed":1}' }, '{"fixed":1}'],
    [{ InputPath: "$.detail" }, '{"id":7,"name":"Ann"}'],
    [{ InputPath: "$['detail-type']" }, '"order"'],
    [{ InputPath: "$.detail.*" }, '[7,"Ann"]'],
    [{ InputPath: "$.resources[*]" }, "[]"],
    [
      {
        InputTransformer: {
          InputPathsMap: { who: "$.detail.name", all: "$.detail", none: "$.detail.none" },
          InputTemplate: '"<who> ordered <all><none>"',
        },
      },
      '"Ann ordered {id:7,name:Ann}"',
    ],
    [
      {
        InputTransformer: {
          InputPathsMap: { who: "$.detail.name", all: "$.detail" },
          InputTemplate: '{"who": <who>, "all": <all>, "rule": "<aws.events.rule-name>"}',
        },
      },
      '{"who": "Ann", "all": {"id":7,"name":"Ann"}, "rule": "all"}',
    ],
  ])("is given as %j says", async (how, expected) => {
    await rule(SHOP);
    await target(how);
    await emit();
    expect(await written()).toEqual([expected]);
  });

  it("does not reach a disabled rule, or one that wants another", async () => {
    await rule({ ...SHOP, State: "DISABLED" });
    await target({});
    await emit();
    await rule({ EventPattern: JSON.stringify({ source: ["other"] }) });
    await emit();
    expect(await written()).toEqual([]);
  });

  it("reaches a topic whose policy lets EventBridge in, and fails aloud otherwise", async () => {
    await cloud.call("sns", "CreateTopic", { Name: "news" });
    await cloud.call("sns", "Subscribe", { TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE });
    await rule(SHOP);
    await target({ Arn: TOPIC });
    await emit();
    await emit();
    await cloud.clock.advance(0);
    expect(counted("FailedInvocations")).toBe(2);
    expect(cloud.warnings).toEqual([expect.stringContaining(`could not deliver to ${TOPIC}`)]);
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
    await emit();
    await cloud.clock.advance(0);
    const [item] = (await cloud.core.cloud.port("outbox")).items();
    expect(item?.body).toContain(String.raw`\"detail-type\":\"order\"`);
    expect(counted("FailedInvocations")).toBe(2);
  });

  it("is counted as failed where the cloud has no such target", async () => {
    await rule(SHOP);
    await target({ Arn: QUEUE });
    await emit();
    await cloud.clock.advance(0);
    expect(counted("FailedInvocations")).toBe(1);
    expect(cloud.warnings[0]).toContain("it has no targets of sqs");
  });
});

describe("a schedule", () => {
  it("fires on the cloud's clock while it is enabled", async () => {
    await rule({ ScheduleExpression: "rate(5 minutes)" });
    await target({});
    await cloud.clock.advance(11 * 60_000);
    const texts = await written();
    expect(texts).toHaveLength(2);
    expect(JSON.parse(texts[0] ?? "")).toMatchObject({
      source: "aws.events",
      "detail-type": "Scheduled Event",
      time: "2026-11-21T10:05:00Z",
      resources: [RULE_ARN],
      detail: {},
    });
    await events("DisableRule", { Name: "all" });
    await cloud.clock.advance(60 * 60_000);
    expect(await written()).toHaveLength(2);
  });
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("the default bus", () => {
  it("hears of alarms in AWS's shape", async () => {
    await rule({ EventPattern: JSON.stringify({ source: ["aws.cloudwatch"] }) });
    await target({});
    await cloud.call("monitoring", "PutMetricAlarm", {
      AlarmName: "errors",
      AlarmDescription: "too many",
      Namespace: "Shop",
      MetricName: "Errors",
      Dimensions: [{ Name: "Stage", Value: "prod" }],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
    });
    const state = { AlarmName: "errors", StateValue: "ALARM", StateReason: "testing" };
    await cloud.call("monitoring", "SetAlarmState", state);
    const [text = ""] = await written();
    // Source: AWS docs, "Alarm events and EventBridge": these fields and no others.
    expect(JSON.parse(text)).toEqual({
      version: "0",
      id: expect.stringMatching(UUID),
      "detail-type": "CloudWatch Alarm State Change",
      source: "aws.cloudwatch",
      account: "000000000000",
      time: "2026-11-21T10:00:00Z",
      region: "us-east-1",
      resources: ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"],
      detail: {
        alarmName: "errors",
        state: { value: "ALARM", reason: "testing", timestamp: "2026-11-21T10:00:00.000+0000" },
        previousState: {
          value: "INSUFFICIENT_DATA",
          reason: "Unchecked: Initial alarm creation",
          timestamp: "2026-11-21T10:00:00.000+0000",
        },
        configuration: {
          description: "too many",
          metrics: [
            {
              id: expect.stringMatching(UUID),
              metricStat: {
                metric: { namespace: "Shop", name: "Errors", dimensions: { Stage: "prod" } },
                period: 60,
                stat: "Sum",
              },
              returnData: true,
            },
          ],
        },
      },
    });
  });
});

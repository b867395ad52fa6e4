import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { zipOf } from "../../support/worker-cloud.ts";
import { arnOf, eventually, type LambdaCloud, lambdaCloud } from "../lambda/lambda-cloud.ts";

// Protects the way from an alarm to a running function, through a topic and directly: with the permission
// that AWS asks for, and not without.

const TOPIC = "arn:aws:sns:us-east-1:000000000000:rollback";
const ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors";
/** Writes its event into its log. */
const PYTHON_APP =
  'import json\ndef handler(event, context):\n  print("EVENT " + json.dumps(event))\n';
const NODE_APP =
  'export const handler = async (event) => console.log("EVENT " + JSON.stringify(event));\n';

let test: LambdaCloud;
let sns: SNSClient;
beforeEach(async () => {
  test = await lambdaCloud();
  sns = test.cloud.client(SNSClient);
  await sns.send(new CreateTopicCommand({ Name: "rollback" }));
});
afterEach(() => test.close());

const permit = (FunctionName: string, Principal: string, SourceArn: string) =>
  test.lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: "events",
      Action: "lambda:InvokeFunction",
      Principal,
      SourceArn,
    }),
  );

const subscribe = (name: string) =>
  sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: "lambda", Endpoint: arnOf(name) }));

/** The events that a function has logged, once there is one. */
async function eventsOf(name: string): Promise<unknown[]> {
  const logs = test.cloud.client(CloudWatchLogsClient);
  return eventually(async () => {
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }),
    );
    const found = events.flatMap(({ message = "" }) => {
      const [, json] = /EVENT (\{.*\})/s.exec(message) ?? [];
      return json === undefined ? [] : [JSON.parse(json) as unknown];
    });
    expect(found.length).toBeGreaterThan(0);
    return found;
  });
}

async function raiseAlarm(action: string): Promise<(string | undefined)[]> {
  const watch = test.cloud.client(CloudWatchClient);
  await watch.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      AlarmActions: [action],
    }),
  );
  const raised = { AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" } as const;
  await watch.send(new SetAlarmStateCommand(raised));
  const query = { AlarmName: "errors", HistoryItemType: "Action" } as const;
  const { AlarmHistoryItems } = await watch.send(new DescribeAlarmHistoryCommand(query));
  return AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary) ?? [];
}

describe("a function", () => {
  it("gets a topic's messages as AWS hands them to it", async () => {
    await test.create("listener", {}, PYTHON_APP);
    await permit("listener", "sns.amazonaws.com", TOPIC);
    const { SubscriptionArn } = await subscribe("listener");
    const { MessageId } = await sns.send(
      new PublishCommand({
        TopicArn: TOPIC,
        Message: "hello",
        MessageAttributes: { size: { DataType: "Number", StringValue: "5" } },
      }),
    );
    const base = `${test.cloud.url}/_aws/sns/`;
    expect(await eventsOf("listener")).toEqual([
      {
        Records: [
          {
            EventSource: "aws:sns",
            EventVersion: "1.0",
            EventSubscriptionArn: SubscriptionArn,
            Sns: {
              Type: "Notification",
              MessageId,
              TopicArn: TOPIC,
              Subject: null,
              Message: "hello",
              Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/) as string,
              SignatureVersion: "1",
              Signature: expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/) as string,
              SigningCertUrl: expect.stringMatching(`^${base}SimpleNotificationService-`) as string,
              UnsubscribeUrl: `${base}?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`,
              MessageAttributes: { size: { Type: "Number", Value: "5" } },
            },
          },
        ],
      },
    ]);
  });

  it("gets nothing without a permission for that topic", async () => {
    await test.create("listener", {}, PYTHON_APP);
    await permit("listener", "sns.amazonaws.com", `${TOPIC}-other`);
    await subscribe("listener");
    await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: "hello" }));
    await eventually(() => {
      expect(test.cloud.warnings.join()).toContain(
        "because no resource-based policy allows the lambda:InvokeFunction action",
      );
    });
    const logs = test.cloud.client(CloudWatchLogsClient);
    const group = { logGroupName: "/aws/lambda/listener" };
    await expect(logs.send(new FilterLogEventsCommand(group))).rejects.toThrow("does not exist");
  });
});

describe("an alarm", () => {
  it("reaches a Node.js function through a topic", async () => {
    const Code = { ZipFile: await zipOf({ "app.mjs": NODE_APP }) };
    await test.create("rollback", { Code, Runtime: "nodejs22.x" });
    await permit("rollback", "sns.amazonaws.com", TOPIC);
    await subscribe("rollback");
    expect(await raiseAlarm(TOPIC)).toEqual([`Successfully executed action ${TOPIC}`]);
    const [event] = (await eventsOf("rollback")) as {
      Records: { Sns: Record<string, string> }[];
    }[];
    const { Subject, Message = "" } = event?.Records[0]?.Sns ?? {};
    expect(Subject).toBe('ALARM: "errors" in US East (N. Virginia)');
    expect(JSON.parse(Message)).toMatchObject({
      AlarmName: "errors",
      NewStateValue: "ALARM",
      Trigger: { MetricName: "Errors", Statistic: "SUM" },
    });
  });

  it("invokes a function directly, with the permission that is for alarms", async () => {
    await test.create("rollback", {}, PYTHON_APP);
    const action = arnOf("rollback");
    await permit("rollback", "lambda.alarms.cloudwatch.amazonaws.com", ALARM);
    expect(await raiseAlarm(action)).toEqual([`Successfully executed action ${action}`]);
    expect(await eventsOf("rollback")).toMatchObject([
      {
        source: "aws.cloudwatch",
        alarmArn: ALARM,
        accountId: "000000000000",
        region: "us-east-1",
        alarmData: {
          alarmName: "errors",
          state: { value: "ALARM", reason: "drill" },
          previousState: { value: "INSUFFICIENT_DATA" },
          configuration: { metrics: [{ metricStat: { stat: "Sum", period: 60 } }] },
        },
      },
    ]);
  });

  it("is refused by a function whose permission is for topics", async () => {
    await test.create("rollback", {}, PYTHON_APP);
    await permit("rollback", "sns.amazonaws.com", ALARM);
    const action = arnOf("rollback");
    expect(await raiseAlarm(action)).toEqual([
      `Failed to execute action ${action}. Received error: "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource: ${action} because no resource-based policy allows the lambda:InvokeFunction action"`,
    ]);
  });
});

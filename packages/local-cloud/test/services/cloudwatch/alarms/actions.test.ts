import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { virtualClock } from "../../../../src/clock.ts";
import { type CloudCore, createCloud } from "../../../../src/cloud.ts";
import { seededRandom } from "../../../../src/random.ts";
import type { RequestContext } from "../../../../src/service.ts";
import { openStore } from "../../../../src/storage/sqlite-store.ts";

// Protects what leaves cloudwatch for sns: one message for each action, and the history of all of them.

const START_MS = Date.parse("2026-11-20T10:00:00Z");
const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:rollback";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:on-call";

const CONTEXT: RequestContext = {
  account: "000000000000",
  region: "us-east-1",
  requestId: "1",
  operation: "",
  caller: { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: "000000000000" },
  signal: new AbortController().signal,
};

let core: CloudCore;
let warnings: string[];
beforeEach(async () => {
  warnings = [];
  const fail = (error: unknown) => {
    throw error;
  };
  core = createCloud({
    clock: virtualClock(START_MS, fail),
    random: seededRandom(1),
    store: openStore(undefined),
    account: CONTEXT.account,
    region: CONTEXT.region,
    endpointUrl: () => "http://127.0.0.1:1",
    warn: (message) => void warnings.push(message),
  });
  await callOf("sns", "CreateTopic", { Name: "on-call" });
  await callOf("sns", "Subscribe", { TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE });
});
afterEach(() => core.close());

async function callOf(service: "monitoring" | "sns", operation: string, input: object) {
  const { handlers } = await core.service(service);
  const answer: unknown = await handlers[operation]?.(input, CONTEXT);
  return answer;
}

const call = (operation: string, input: object) => callOf("monitoring", operation, input);

interface Envelope {
  readonly Subject: string;
  readonly Message: string;
}

async function advance(byMs: number): Promise<void> {
  const { clock } = core.cloud;
  if (!("advance" in clock)) throw new Error("expected a virtual clock");
  await (clock as ReturnType<typeof virtualClock>).advance(byMs);
}

async function sent(): Promise<Envelope[]> {
  await advance(0);
  const outbox = await core.cloud.port("outbox");
  return outbox.items().map(({ body }) => JSON.parse(body) as Envelope);
}

async function actionHistory() {
  const answer = (await call("DescribeAlarmHistory", {
    HistoryItemType: "Action",
    ScanBy: "TimestampAscending",
  })) as { AlarmHistoryItems: { HistorySummary: string; HistoryData: string }[] };
  return answer.AlarmHistoryItems;
}

const ERRORS = {
  AlarmName: "errors",
  AlarmDescription: "too many",
  Namespace: "Shop",
  MetricName: "Errors",
  Dimensions: [{ Name: "Stage", Value: "prod" }],
  Statistic: "Average",
  Period: 10,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: "GreaterThanThreshold",
};

describe("alarm actions", () => {
  it("are taken for the new state, once for each change", async () => {
    await call("PutMetricAlarm", { ...ERRORS, AlarmActions: [TOPIC], OKActions: [TOPIC] });
    const change = (StateValue: string, StateReason: string) =>
      call("SetAlarmState", { AlarmName: "errors", StateValue, StateReason });
    await change("ALARM", "testing alarm");
    const [first] = await sent();
    expect(first?.Subject).toBe('ALARM: "errors" in US East (N. Virginia)');
    expect(JSON.parse(first?.Message ?? "")).toEqual({
      AlarmName: "errors",
      AlarmDescription: "too many",
      AWSAccountId: "000000000000",
      AlarmConfigurationUpdatedTimestamp: "2026-11-20T10:00:00.000+0000",
      NewStateValue: "ALARM",
      NewStateReason: "testing alarm",
      StateChangeTime: "2026-11-20T10:00:00.000+0000",
      Region: "US East (N. Virginia)",
      AlarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
      OldStateValue: "INSUFFICIENT_DATA",
      ActionExecutedAfterMuteWindow: false,
      OKActions: [TOPIC],
      AlarmActions: [TOPIC],
      InsufficientDataActions: [],
      Trigger: {
        MetricName: "Errors",
        Namespace: "Shop",
        StatisticType: "Statistic",
        Statistic: "AVERAGE",
        Unit: null,
        Dimensions: [{ value: "prod", name: "Stage" }],
        Period: 10,
        EvaluationPeriods: 1,
        ComparisonOperator: "GreaterThanThreshold",
        Threshold: 1,
        TreatMissingData: "",
        EvaluateLowSampleCountPercentile: "",
      },
    });
    await change("ALARM", "again");
    await change("OK", "over");
    expect((await sent()).map(({ Subject }) => Subject.split(":")[0])).toEqual(["ALARM", "OK"]);
  });

  it("that fail stand in the history with the reason", async () => {
    const gone = `${TOPIC}-gone`;
    await call("PutMetricAlarm", { ...ERRORS, AlarmActions: [TOPIC, gone, FUNCTION] });
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" });
    const items = await actionHistory();
    expect(items.map(({ HistorySummary }) => HistorySummary)).toEqual([
      `Successfully executed action ${TOPIC}`,
      `Failed to execute action ${gone}. Received error: "Topic does not exist"`,
      `Failed to execute action ${FUNCTION}. Received error: "Function not found: ${FUNCTION}"`,
    ]);
    expect(items.map(({ HistoryData }) => JSON.parse(HistoryData) as unknown)).toMatchObject([
      { actionState: "Succeeded", notificationResource: TOPIC },
      { actionState: "Failed", notificationResource: gone, error: "Topic does not exist" },
      { actionState: "Failed", notificationResource: FUNCTION },
    ]);
  });

  // Source of the texts: alarm histories that public repositories quote.
  it.each([
    [
      "a policy that names others only",
      {
        AttributeName: "Policy",
        AttributeValue: JSON.stringify({
          Version: "2012-10-17",
          Statement: {
            Sid: "pipelines",
            Effect: "Allow",
            Principal: { Service: "codepipeline.amazonaws.com" },
            Action: "sns:Publish",
            Resource: TOPIC,
          },
        }),
      },
      `CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: ${TOPIC}`,
    ],
    [
      "AWS's own key",
      { AttributeName: "KmsMasterKeyId", AttributeValue: "alias/aws/sns" },
      "CloudWatch Alarms does not have authorization to access the SNS topic encryption key.",
    ],
  ])("are shut out by %s", async (_what, attribute, error) => {
    await callOf("sns", "SetTopicAttributes", { TopicArn: TOPIC, ...attribute });
    await call("PutMetricAlarm", { ...ERRORS, AlarmActions: [TOPIC] });
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" });
    const [item] = await actionHistory();
    expect(item?.HistorySummary).toBe(
      `Failed to execute action ${TOPIC}. Received error: "${error}"`,
    );
    expect(await sent()).toEqual([]);
  });

  it("are let in again by a statement for CloudWatch and this alarm", async () => {
    const statement = {
      Sid: "alarms",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "SNS:Publish",
      Resource: TOPIC,
      Condition: {
        StringEquals: { "aws:SourceAccount": "000000000000" },
        ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:err*" },
      },
    };
    await callOf("sns", "SetTopicAttributes", {
      TopicArn: TOPIC,
      AttributeName: "Policy",
      AttributeValue: JSON.stringify({ Statement: [statement] }),
    });
    for (const AlarmName of ["errors", "other"]) {
      await call("PutMetricAlarm", { ...ERRORS, AlarmName, AlarmActions: [TOPIC] });
      await call("SetAlarmState", { AlarmName, StateValue: "ALARM", StateReason: "drill" });
    }
    expect((await sent()).map(({ Subject }) => Subject)).toEqual([
      'ALARM: "errors" in US East (N. Virginia)',
    ]);
  });

  it("of composite alarms carry the rule and the children that triggered it", async () => {
    await call("PutMetricAlarm", ERRORS);
    await call("PutCompositeAlarm", {
      AlarmName: "both",
      AlarmRule: "ALARM(errors)",
      AlarmActions: [TOPIC],
    });
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" });
    const [message] = await sent();
    expect(JSON.parse(message?.Message ?? "")).toMatchObject({
      AlarmName: "both",
      AlarmRule: "ALARM(errors)",
      OldStateValue: "OK",
      TriggeringChildren: [
        {
          Arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
          State: { Value: "ALARM", Timestamp: "2026-11-20T10:00:00.000+0000" },
        },
      ],
    });
  });

  it("that are switched off are not taken", async () => {
    await call("PutMetricAlarm", { ...ERRORS, AlarmActions: [TOPIC], ActionsEnabled: false });
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "ALARM", StateReason: "drill" });
    expect(await actionHistory()).toEqual([]);
    expect(await sent()).toEqual([]);
  });
});

describe("a restart", () => {
  it("takes the actions that were stored with the change of state", async () => {
    const state = (value: string) => ({
      value,
      reason: "drill",
      updatedAtMs: START_MS,
      transitionedAtMs: START_MS,
    });
    const pending = {
      id: "1",
      old: state("OK"),
      alarm: {
        kind: "MetricAlarm",
        name: "errors",
        arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
        config: { ...ERRORS, AlarmActions: [TOPIC] },
        configuredAtMs: START_MS,
        state: state("ALARM"),
      },
    };
    const { store } = core.cloud;
    const scope = { account: CONTEXT.account, region: CONTEXT.region, service: "monitoring" };
    const rows = store.table(scope, "pending-actions");
    rows.set(pending.id, pending);
    await core.resume();
    // Whatever is asked next finds them taken.
    await call("PutMetricAlarm", ERRORS);
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "OK", StateReason: "over" });
    expect((await sent()).map(({ Subject }) => Subject)).toEqual([
      'ALARM: "errors" in US East (N. Virginia)',
    ]);
    expect((await actionHistory()).map(({ HistorySummary }) => HistorySummary)).toEqual([
      `Successfully executed action ${TOPIC}`,
    ]);
    expect(rows.size).toBe(0);
  });
});

describe("a reset", () => {
  it("leaves nothing behind that would fire", async () => {
    await call("PutMetricAlarm", {
      ...ERRORS,
      TreatMissingData: "breaching",
      AlarmActions: [TOPIC],
    });
    await core.reset();
    await advance(60_000);
    expect(await sent()).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

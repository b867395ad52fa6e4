import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CloudEventOf } from "../../../../src/bus.ts";
import { virtualClock } from "../../../../src/clock.ts";
import { type CloudCore, createCloud } from "../../../../src/cloud.ts";
import { seededRandom } from "../../../../src/random.ts";
import type { RequestContext } from "../../../../src/service.ts";
import { openStore } from "../../../../src/storage/sqlite-store.ts";

// Protects what leaves cloudwatch for sns and lambda: one event for each action, with both forms.

const START_MS = Date.parse("2026-11-20T10:00:00Z");
const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:rollback";

const CONTEXT: RequestContext = {
  account: "000000000000",
  region: "us-east-1",
  requestId: "1",
  operation: "",
  caller: { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: "000000000000" },
  signal: new AbortController().signal,
};

let core: CloudCore;
let events: CloudEventOf<"alarmAction">[];
beforeEach(() => {
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
    warn: fail,
  });
  events = [];
  core.cloud.bus.subscribe("alarmAction", (event) => void events.push(event));
});
afterEach(() => core.close());

async function call(operation: string, input: object): Promise<unknown> {
  const { handlers } = await core.service("monitoring");
  const answer: unknown = await handlers[operation]?.(input, CONTEXT);
  return answer;
}

describe("alarm actions", () => {
  it("leave as events for each action of the new state", async () => {
    await call("PutMetricAlarm", {
      AlarmName: "errors",
      AlarmDescription: "testing lambda alarm action",
      Namespace: "Shop",
      MetricName: "Errors",
      Dimensions: [{ Name: "Stage", Value: "prod" }],
      Statistic: "Average",
      Period: 10,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      AlarmActions: [TOPIC, FUNCTION],
      OKActions: [TOPIC],
    });
    await call("SetAlarmState", {
      AlarmName: "errors",
      StateValue: "ALARM",
      StateReason: "testing alarm",
    });
    expect(events).toMatchObject([
      { actionArn: TOPIC, subject: 'ALARM: "errors" in US East (N. Virginia)' },
      { actionArn: FUNCTION, oldState: "INSUFFICIENT_DATA", newState: "ALARM" },
    ]);
    expect(JSON.parse(events[0]?.message ?? "")).toMatchObject({
      NewStateReason: "testing alarm",
      Trigger: { Dimensions: [{ value: "prod", name: "Stage" }], Statistic: "AVERAGE" },
    });
    expect(events[1]?.lambdaEvent).toEqual({
      source: "aws.cloudwatch",
      alarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
      accountId: "000000000000",
      time: "2026-11-20T10:00:00.000+0000",
      region: "us-east-1",
      alarmData: {
        alarmName: "errors",
        state: {
          value: "ALARM",
          reason: "testing alarm",
          timestamp: "2026-11-20T10:00:00.000+0000",
        },
        previousState: {
          value: "INSUFFICIENT_DATA",
          reason: "Unchecked: Initial alarm creation",
          timestamp: "2026-11-20T10:00:00.000+0000",
        },
        configuration: {
          description: "testing lambda alarm action",
          metrics: [
            {
              id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
              metricStat: {
                metric: { namespace: "Shop", name: "Errors", dimensions: { Stage: "prod" } },
                period: 10,
                stat: "Average",
              },
              returnData: true,
            },
          ],
        },
      },
    });
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "ALARM", StateReason: "again" });
    expect(events).toHaveLength(2);
    await call("SetAlarmState", { AlarmName: "errors", StateValue: "OK", StateReason: "over" });
    expect(events.map(({ newState }) => newState)).toEqual(["ALARM", "ALARM", "OK"]);
  });
});

describe("a reset", () => {
  it("leaves nothing behind that would fire", async () => {
    await call("PutMetricAlarm", {
      AlarmName: "errors",
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 10,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "breaching",
      AlarmActions: [TOPIC],
    });
    await core.reset();
    const { clock } = core.cloud;
    if (!("advance" in clock)) throw new Error("expected a virtual clock");
    await (clock as ReturnType<typeof virtualClock>).advance(60_000);
    expect(events).toEqual([]);
  });
});

// Protects tests and rehearsals that run on virtual time: hours pass in one call, everything that falls
// due on the way has happened when it returns, and the same seed gives the same answers.
import {
  APIGatewayClient,
  CreateRestApiCommand,
  GetResourcesCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, expect, it } from "vitest";
import { seededRandom, virtualClock } from "../../src/index.ts";
import { createRole, FAILING_APP, pythonApp, ROLE } from "../services/lambda/lambda-cloud.ts";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { zipOf } from "../support/worker-cloud.ts";

const START_MS = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;

function start(seed = 11): Promise<TestCloud> {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  return startTestCloud({ clock, random: seededRandom(seed) });
}

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await start();
});
afterEach(() => cloud.close());

async function createFunction(on: TestCloud, FunctionName: string, app: string): Promise<void> {
  await on.client(LambdaClient).send(
    new CreateFunctionCommand({
      FunctionName,
      Role: ROLE,
      Runtime: "python3.13",
      Handler: "app.handler",
      Code: { ZipFile: await zipOf({ "app.py": app }) },
    }),
  );
}

async function sumOf(MetricName: string, FunctionName: string): Promise<number | undefined> {
  const { Datapoints } = await cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/Lambda",
      MetricName,
      Dimensions: [{ Name: "FunctionName", Value: FunctionName }],
      StartTime: new Date(START_MS),
      EndTime: new Date(START_MS + 86_400_000),
      Period: 86_400,
      Statistics: ["Sum"],
    }),
  );
  return Datapoints?.[0]?.Sum;
}

it("an alarm of 2 out of 3 rises and falls at the minutes its data says", async () => {
  const client = cloud.client(CloudWatchClient);
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 5,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    }),
  );
  const states: (string | undefined)[] = [];
  // One value a minute; the state is the one after that minute has been evaluated.
  await cloud.advance(5000);
  for (const Value of [9, 9, 0, 9, 0, 0]) {
    const MetricData = [{ MetricName: "Errors", Value, Timestamp: new Date(cloud.nowMs()) }];
    await client.send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
    await cloud.advance(MINUTE_MS);
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
    states.push(MetricAlarms?.[0]?.StateValue);
  }
  expect(states).toEqual(["OK", "ALARM", "ALARM", "ALARM", "OK", "OK"]);
  const { AlarmHistoryItems = [] } = await client.send(
    new DescribeAlarmHistoryCommand({
      HistoryItemType: "StateUpdate",
      ScanBy: "TimestampAscending",
    }),
  );
  const changes = AlarmHistoryItems.map(({ HistorySummary, Timestamp }) => [
    HistorySummary,
    (Timestamp?.getTime() ?? 0) - START_MS,
  ]);
  expect(changes).toEqual([
    ["Alarm updated from INSUFFICIENT_DATA to OK", 1000],
    ["Alarm updated from OK to ALARM", 2 * MINUTE_MS + 1000],
    ["Alarm updated from ALARM to OK", 5 * MINUTE_MS + 1000],
  ]);
});

it("a failing event is tried again after one and after two minutes, and then dropped", async () => {
  await createRole(cloud, "lambda-role", "lambda.amazonaws.com");
  await createFunction(cloud, "failing", FAILING_APP);
  await cloud.advance(0);
  const event = { FunctionName: "failing", InvocationType: "Event" as const };
  await cloud.client(LambdaClient).send(new InvokeCommand(event));
  const attempts: (number | undefined)[] = [];
  for (const byMs of [0, 59_000, 2000, 118_000, 2000, 3_600_000]) {
    await cloud.advance(byMs);
    attempts.push(await sumOf("Errors", "failing"));
  }
  expect(attempts).toEqual([1, 1, 2, 2, 3, 3]);
  expect(await sumOf("AsyncEventsDropped", "failing")).toBe(1);
  expect(cloud.warnings).toEqual([]);
});

it("a new function is Pending until the cloud has had its time", async () => {
  await createRole(cloud, "lambda-role", "lambda.amazonaws.com");
  await createFunction(cloud, "fresh", pythonApp("one"));
  await cloud.advance(0);
  const fresh = { FunctionName: "fresh" };
  const configuration = await cloud
    .client(LambdaClient)
    .send(new GetFunctionConfigurationCommand(fresh));
  expect(configuration).toMatchObject({ State: "Active", LastUpdateStatus: "Successful" });
});

it("fifty hours pass at once", async () => {
  const client = cloud.client(CloudWatchClient);
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: "quiet",
      Namespace: "Shop",
      MetricName: "Orders",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    }),
  );
  await cloud.advance(50 * 60 * MINUTE_MS);
  expect(cloud.nowMs()).toBe(START_MS + 50 * 60 * MINUTE_MS);
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
  expect(MetricAlarms?.[0]?.StateValue).toBe("ALARM");
});

/** Everything a caller sees of some work in several services, all ids included. */
async function story(on: TestCloud): Promise<unknown> {
  const lambda = on.client(LambdaClient);
  const gateway = on.client(APIGatewayClient);
  await createRole(on, "lambda-role", "lambda.amazonaws.com");
  await createFunction(on, "shop", pythonApp("one"));
  await on.advance(0);
  const shop = { FunctionName: "shop" };
  const first = await lambda.send(new PublishVersionCommand(shop));
  const ZipFile = await zipOf({ "app.py": pythonApp("two") });
  const updated = await lambda.send(new UpdateFunctionCodeCommand({ ...shop, ZipFile }));
  await on.advance(0);
  await lambda.send(new PublishVersionCommand(shop));
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
  const live = { ...shop, Name: "live", FunctionVersion: "1", RoutingConfig };
  const alias = await lambda.send(new CreateAliasCommand(live));
  const versions: (string | undefined)[] = [];
  for (let index = 0; index < 20; index++) {
    const answer = await lambda.send(new InvokeCommand({ ...shop, Qualifier: "live" }));
    versions.push(answer.ExecutedVersion);
  }
  const api = await gateway.send(new CreateRestApiCommand({ name: "shop" }));
  const { items } = await gateway.send(new GetResourcesCommand({ restApiId: api.id }));
  const iam = on.client(IAMClient);
  const { User } = await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
  const secret = await on
    .client(SecretsManagerClient)
    .send(new CreateSecretCommand({ Name: "db", SecretString: "x", ClientRequestToken: TOKEN }));
  const revisions = [first.RevisionId, updated.RevisionId, alias.RevisionId];
  const requestId = secret.$metadata.requestId;
  return { revisions, versions, api: api.id, items, User, AccessKey, ARN: secret.ARN, requestId };
}

const TOKEN = "11111111-2222-4333-8444-555555555555";

it("the same seed and the same calls give the same answers", async () => {
  const [again, other] = [await start(), await start(12)];
  const [one, two, three] = [await story(cloud), await story(again), await story(other)];
  await Promise.all([again.close(), other.close()]);
  expect(one).toEqual(two);
  expect(one).not.toEqual(three);
});

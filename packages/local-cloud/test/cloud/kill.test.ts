// Protects the promise of --data-dir: whatever the cloud has acknowledged is there, and works, after the
// process was killed right after the answer. Every step below is followed by SIGKILL and a new start,
// and then everything that was acknowledged so far is looked at again.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateStageCommand,
  GetStageCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { deployApi } from "../data-plane/execute-api/test-api.ts";
import { zipOf } from "../support/worker-cloud.ts";
import { type ChildCloud, startChildCloud } from "./child-cloud.ts";

const scratch = mkdtempSync(join(tmpdir(), "headgate-kill-"));
const dataDirectory = join(scratch, "data");
const marker = join(scratch, "marker");
let cloud: ChildCloud;
afterAll(async () => {
  await cloud.end("SIGKILL");
  rmSync(scratch, { recursive: true });
});

const ACCOUNT = "000000000000";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/shop`;
const trust = (principal: object) => ({
  Effect: "Allow",
  Principal: principal,
  Action: "sts:AssumeRole",
});
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [trust({ Service: "lambda.amazonaws.com" }), trust({ AWS: ACCOUNT })],
});
const app = (answer: string) => ({
  "app.py": [
    "def handler(event, context):",
    "    if 'marker' in event:",
    "        open(event['marker'], 'a').write('ran')",
    `    return {"statusCode": 200, "body": "${answer}"}`,
  ].join("\n"),
});
const waiting = () => ({
  client: cloud.client(LambdaClient),
  maxWaitTime: 20,
  minDelay: 0.05,
  maxDelay: 0.1,
});
const shop = { FunctionName: "shop" };
const answerOf = async (Qualifier: string) => {
  const { Payload } = await cloud
    .client(LambdaClient)
    .send(new InvokeCommand({ ...shop, Qualifier }));
  return JSON.parse(Payload?.transformToString() ?? "").body;
};

interface Step {
  readonly name: string;
  /** Its last call is the one the process is killed after. */
  readonly run: () => Promise<unknown>;
  /** Holds after every later restart. */
  readonly check: () => Promise<unknown>;
}

const metric = { Namespace: "Shop", MetricName: "Orders" };
const sampledAt = new Date();
let apiId = "";
let secondDeployment = "";
const keys: Record<string, string> = {};
const callerOf = async (account = "") =>
  (await cloud.client(STSClient, { account }).send(new GetCallerIdentityCommand({}))).Arn;

const STEPS: readonly Step[] = [
  {
    name: "a role",
    run: () =>
      cloud
        .client(IAMClient)
        .send(new CreateRoleCommand({ RoleName: "shop", AssumeRolePolicyDocument: TRUST })),
    check: async () => {
      const { Role } = await cloud.client(IAMClient).send(new GetRoleCommand({ RoleName: "shop" }));
      expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(TRUST);
    },
  },
  {
    name: "a session",
    run: async () => {
      const { Credentials } = await cloud
        .client(STSClient)
        .send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "ci" }));
      keys["session"] = Credentials?.AccessKeyId ?? "";
    },
    check: async () =>
      expect(await callerOf(keys["session"])).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/shop/ci`),
  },
  {
    name: "a user's access key",
    run: async () => {
      const iam = cloud.client(IAMClient);
      await iam.send(new CreateUserCommand({ UserName: "ann" }));
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
      keys["user"] = AccessKey?.AccessKeyId ?? "";
    },
    check: async () =>
      expect(await callerOf(keys["user"])).toBe(`arn:aws:iam::${ACCOUNT}:user/ann`),
  },
  {
    name: "a secret",
    run: () =>
      cloud
        .client(SecretsManagerClient)
        .send(new CreateSecretCommand({ Name: "db", SecretString: "s3cret" })),
    check: async () =>
      expect(
        await cloud
          .client(SecretsManagerClient)
          .send(new GetSecretValueCommand({ SecretId: "db" })),
      ).toMatchObject({ SecretString: "s3cret", VersionStages: ["AWSCURRENT"] }),
  },
  {
    name: "a function that was still being created",
    run: async () =>
      cloud.client(LambdaClient).send(
        new CreateFunctionCommand({
          ...shop,
          Role: ROLE,
          Runtime: "python3.13",
          Handler: "app.handler",
          Code: { ZipFile: await zipOf(app("one")) },
        }),
      ),
    check: async () => {
      await waitUntilFunctionActiveV2(waiting(), shop);
      expect(["one", "two"]).toContain(await answerOf("$LATEST"));
    },
  },
  {
    name: "an event that was accepted",
    run: () =>
      cloud.client(LambdaClient).send(
        new InvokeCommand({
          ...shop,
          InvocationType: "Event",
          Payload: Buffer.from(JSON.stringify({ marker })),
        }),
      ),
    check: async () => {
      await vi.waitFor(() => expect(existsSync(marker)).toBe(true), 10_000);
      expect(readFileSync(marker, "utf8")).toMatch(/^ran/);
    },
  },
  {
    name: "two versions",
    run: async () => {
      const lambda = cloud.client(LambdaClient);
      await lambda.send(new PublishVersionCommand(shop));
      const ZipFile = await zipOf(app("two"));
      await lambda.send(new UpdateFunctionCodeCommand({ ...shop, ZipFile }));
      await waitUntilFunctionUpdatedV2(waiting(), shop);
      await lambda.send(new PublishVersionCommand(shop));
    },
    check: async () => {
      const { Versions = [] } = await cloud
        .client(LambdaClient)
        .send(new ListVersionsByFunctionCommand(shop));
      expect(Versions.map(({ Version }) => Version)).toEqual(["$LATEST", "1", "2"]);
      expect([await answerOf("1"), await answerOf("2")]).toEqual(["one", "two"]);
    },
  },
  {
    name: "an alias with weights and a permission",
    run: async () => {
      const lambda = cloud.client(LambdaClient);
      const RoutingConfig = { AdditionalVersionWeights: { 2: 0.25 } };
      await lambda.send(
        new CreateAliasCommand({ ...shop, Name: "live", FunctionVersion: "1", RoutingConfig }),
      );
      await lambda.send(
        new AddPermissionCommand({
          ...shop,
          Qualifier: "live",
          StatementId: "api",
          Action: "lambda:InvokeFunction",
          Principal: "apigateway.amazonaws.com",
        }),
      );
    },
    check: async () => {
      const lambda = cloud.client(LambdaClient);
      expect(await lambda.send(new GetAliasCommand({ ...shop, Name: "live" }))).toMatchObject({
        FunctionVersion: "1",
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.25 } },
      });
      const { Policy = "" } = await lambda.send(
        new GetPolicyCommand({ ...shop, Qualifier: "live" }),
      );
      expect(JSON.parse(Policy).Statement).toHaveLength(1);
    },
  },
  {
    name: "an API with two deployments and stages",
    run: async () => {
      const client = cloud.client(APIGatewayClient);
      const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:shop:live`;
      const integration = {
        type: "AWS_PROXY" as const,
        integrationHttpMethod: "POST",
        uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
      };
      const api = await deployApi({ ...cloud, warnings: [] }, client, { "GET /": { integration } });
      apiId = api.apiId;
      const more = await client.send(new CreateDeploymentCommand({ restApiId: apiId }));
      secondDeployment = more.id ?? "";
      await client.send(
        new CreateStageCommand({
          restApiId: apiId,
          stageName: "beta",
          deploymentId: secondDeployment,
          variables: { colour: "blue" },
        }),
      );
    },
    check: async () => {
      const stage = await cloud
        .client(APIGatewayClient)
        .send(new GetStageCommand({ restApiId: apiId, stageName: "beta" }));
      expect(stage).toMatchObject({
        deploymentId: secondDeployment,
        variables: { colour: "blue" },
      });
      for (const stageName of ["prod", "beta"]) {
        const answer = await fetch(`${cloud.url}/_aws/execute-api/${apiId}/${stageName}/`);
        expect(answer.status).toBe(200);
        expect(await answer.text()).toMatch(/^(one|two)$/);
      }
    },
  },
  {
    name: "a metric",
    run: () =>
      cloud.client(CloudWatchClient).send(
        new PutMetricDataCommand({
          Namespace: metric.Namespace,
          MetricData: [{ MetricName: metric.MetricName, Value: 7, Timestamp: sampledAt }],
        }),
      ),
    check: async () => {
      const { Datapoints } = await cloud.client(CloudWatchClient).send(
        new GetMetricStatisticsCommand({
          ...metric,
          StartTime: new Date(sampledAt.getTime() - 60_000),
          EndTime: new Date(sampledAt.getTime() + 60_000),
          Period: 60,
          Statistics: ["Sum", "SampleCount"],
        }),
      );
      expect(Datapoints).toMatchObject([{ Sum: 7, SampleCount: 1 }]);
    },
  },
  {
    name: "an alarm and its state",
    run: async () => {
      const client = cloud.client(CloudWatchClient);
      await client.send(
        new PutMetricAlarmCommand({
          ...metric,
          AlarmName: "orders",
          Statistic: "Sum",
          Period: 86_400,
          EvaluationPeriods: 1,
          Threshold: 1000,
          ComparisonOperator: "GreaterThanThreshold",
          TreatMissingData: "ignore",
          Dimensions: [{ Name: "Shop", Value: "none" }],
        }),
      );
      await client.send(
        new SetAlarmStateCommand({
          AlarmName: "orders",
          StateValue: "ALARM",
          StateReason: "by hand",
        }),
      );
    },
    check: async () => {
      const { MetricAlarms } = await cloud
        .client(CloudWatchClient)
        .send(new DescribeAlarmsCommand({}));
      expect(MetricAlarms).toMatchObject([{ StateValue: "ALARM", StateReason: "by hand" }]);
    },
  },
  {
    name: "log events",
    run: async () => {
      const client = cloud.client(CloudWatchLogsClient);
      const stream = { logGroupName: "app", logStreamName: "one" };
      await client.send(new CreateLogGroupCommand({ logGroupName: "app" }));
      await client.send(new CreateLogStreamCommand(stream));
      const logEvents = [{ timestamp: Date.now(), message: "kept" }];
      await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
    },
    check: async () => {
      const { events } = await cloud
        .client(CloudWatchLogsClient)
        .send(new FilterLogEventsCommand({ logGroupName: "app" }));
      expect(events?.map(({ message }) => message)).toEqual(["kept"]);
    },
  },
];

it("keeps everything that it acknowledged, killed after each step", async () => {
  const start = () => startChildCloud({ argv: ["--data-dir", dataDirectory] });
  cloud = await start();
  for (const [index, { name, run }] of STEPS.entries()) {
    await run();
    await cloud.end("SIGKILL");
    cloud = await start();
    for (const done of STEPS.slice(0, index + 1)) {
      await expect(done.check(), `${done.name}, killed after ${name}`).resolves.not.toThrow();
    }
    expect(cloud.complaints()).toBe("");
  }
}, 120_000);

it("goes on evaluating alarms after a restart, without any request", async () => {
  const directory = join(scratch, "alarms");
  const start = () => startChildCloud({ argv: ["--data-dir", directory, "--clock", "virtual"] });
  await cloud.end("SIGKILL");
  cloud = await start();
  await cloud.advance(50 * 3_600_000);
  const client = cloud.client(CloudWatchClient);
  const errors = { Namespace: "Shop", MetricName: "Errors" };
  await client.send(
    new PutMetricAlarmCommand({
      ...errors,
      AlarmName: "errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    }),
  );
  const MetricData = [{ MetricName: "Errors", Value: 5 }];
  await client.send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
  await cloud.end("SIGKILL");

  cloud = await start();
  await cloud.advance(2 * 60_000);
  const { MetricAlarms } = await cloud.client(CloudWatchClient).send(new DescribeAlarmsCommand({}));
  expect(MetricAlarms).toMatchObject([{ AlarmName: "errors", StateValue: "ALARM" }]);
  expect(MetricAlarms?.[0]?.StateReason).toMatch(/^Threshold Crossed: 1 .*\[5\.0 /);
});

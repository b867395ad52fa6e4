// Protects what AWS people take for granted: the same names in two regions or two accounts are different
// things, in every service; and IAM is one for all regions of an account.
import {
  APIGatewayClient,
  CreateRestApiCommand,
  GetRestApisCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { zipOf } from "../support/worker-cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.close());

interface Place {
  readonly account: string;
  readonly region: string;
}

/** Two regions of one account, and the same region of another. */
const PLACES: readonly Place[] = [
  { account: "111111111111", region: "us-east-1" },
  { account: "111111111111", region: "eu-west-1" },
  { account: "222222222222", region: "us-east-1" },
];
const nameOf = ({ account, region }: Place) => `${account}-${region}`;

/** One thing called "same" in each place, made first everywhere, then looked at everywhere. */
interface Subject {
  readonly make: (place: Place) => Promise<unknown>;
  /** What the place says it has. */
  readonly list: (place: Place) => Promise<unknown>;
  readonly expected: (place: Place) => unknown;
}

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});

const SUBJECTS: Readonly<Record<string, Subject>> = {
  apigateway: {
    make: (place) =>
      cloud
        .client(APIGatewayClient, place)
        .send(new CreateRestApiCommand({ name: "same", description: nameOf(place) })),
    list: async (place) =>
      (await cloud.client(APIGatewayClient, place).send(new GetRestApisCommand({}))).items?.map(
        ({ name, description }) => [name, description],
      ),
    expected: (place) => [["same", nameOf(place)]],
  },
  logs: {
    make: (place) =>
      cloud
        .client(CloudWatchLogsClient, place)
        .send(new CreateLogGroupCommand({ logGroupName: "same" })),
    list: async (place) =>
      (
        await cloud.client(CloudWatchLogsClient, place).send(new DescribeLogGroupsCommand({}))
      ).logGroups?.map(({ arn }) => arn),
    expected: ({ account, region }) => [`arn:aws:logs:${region}:${account}:log-group:same:*`],
  },
  "monitoring: metrics": {
    make: (place) =>
      cloud.client(CloudWatchClient, place).send(
        new PutMetricDataCommand({
          Namespace: "Same",
          MetricData: [{ MetricName: nameOf(place), Value: 1 }],
        }),
      ),
    list: async (place) =>
      (await cloud.client(CloudWatchClient, place).send(new ListMetricsCommand({}))).Metrics?.map(
        ({ MetricName }) => MetricName,
      ),
    expected: (place) => [nameOf(place)],
  },
  "monitoring: alarms": {
    make: (place) =>
      cloud.client(CloudWatchClient, place).send(
        new PutMetricAlarmCommand({
          AlarmName: "same",
          Namespace: "Same",
          MetricName: "Errors",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: "GreaterThanThreshold",
        }),
      ),
    list: async (place) =>
      (
        await cloud.client(CloudWatchClient, place).send(new DescribeAlarmsCommand({}))
      ).MetricAlarms?.map(({ AlarmArn }) => AlarmArn),
    expected: ({ account, region }) => [`arn:aws:cloudwatch:${region}:${account}:alarm:same`],
  },
  secretsmanager: {
    make: (place) =>
      cloud
        .client(SecretsManagerClient, place)
        .send(new CreateSecretCommand({ Name: "same", SecretString: nameOf(place) })),
    list: async (place) => {
      const client = cloud.client(SecretsManagerClient, place);
      const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: "same" }));
      return [SecretList.length, SecretString];
    },
    expected: (place) => [1, nameOf(place)],
  },
};

describe("the same name in three places", () => {
  it.each(Object.keys(SUBJECTS))("%s keeps three things", async (name) => {
    const subject = SUBJECTS[name] as Subject;
    for (const place of PLACES) await subject.make(place);
    for (const place of PLACES) expect(await subject.list(place)).toEqual(subject.expected(place));
  });

  it("lambda runs each place's own function as its own account", async () => {
    for (const place of PLACES.slice(0, 1).concat(PLACES.slice(2))) {
      const role = { RoleName: "same", AssumeRolePolicyDocument: TRUST };
      await cloud.client(IAMClient, place).send(new CreateRoleCommand(role));
    }
    // What every python3 has: an SDK need not be there.
    const code = [
      "import os, re, urllib.request",
      "def handler(event, context):",
      "    key, region = os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_REGION']",
      "    scope = f'AWS4-HMAC-SHA256 Credential={key}/20261121/{region}/sts/aws4_request'",
      "    headers = {'authorization': f'{scope}, SignedHeaders=host, Signature=0'}",
      "    body = b'Action=GetCallerIdentity&Version=2011-06-15'",
      "    call = urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], body, headers)",
      "    answer = urllib.request.urlopen(call, timeout=10).read().decode()",
      "    caller = re.search('<Arn>(.*?)</Arn>', answer).group(1)",
      "    return [region, context.invoked_function_arn, caller]",
    ].join("\n");
    const same = { FunctionName: "same" };
    for (const place of PLACES) {
      const client = cloud.client(LambdaClient, place);
      await client.send(
        new CreateFunctionCommand({
          ...same,
          Role: `arn:aws:iam::${place.account}:role/same`,
          Runtime: "python3.13",
          Handler: "app.handler",
          Timeout: 20,
          Code: { ZipFile: await zipOf({ "app.py": code }) },
        }),
      );
      const waiting = { client, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 };
      await waitUntilFunctionActiveV2(waiting, same);
    }
    for (const place of PLACES) {
      const client = cloud.client(LambdaClient, place);
      const { Functions } = await client.send(new ListFunctionsCommand({}));
      const arn = `arn:aws:lambda:${place.region}:${place.account}:function:same`;
      expect(Functions?.map(({ FunctionArn }) => FunctionArn)).toEqual([arn]);
      const { Payload, FunctionError } = await client.send(new InvokeCommand(same));
      expect(FunctionError).toBeUndefined();
      expect(JSON.parse(Payload?.transformToString() ?? "")).toEqual([
        place.region,
        arn,
        `arn:aws:sts::${place.account}:assumed-role/same/same`,
      ]);
    }
  });

  it("does not find what another region has", async () => {
    const call = cloud
      .client(LambdaClient, { account: "222222222222", region: "eu-west-1" })
      .send(new GetFunctionCommand({ FunctionName: "same" }));
    await expect(call).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Function not found: arn:aws:lambda:eu-west-1:222222222222:function:same",
    });
  });
});

it("IAM has one list of roles for all regions of an account, and none for another", async () => {
  const rolesOf = async (place: Place) =>
    (await cloud.client(IAMClient, place).send(new ListRolesCommand({}))).Roles?.map(
      ({ Arn }) => Arn,
    );
  const account = "333333333333";
  await cloud
    .client(IAMClient, { account, region: "us-east-1" })
    .send(new CreateRoleCommand({ RoleName: "global", AssumeRolePolicyDocument: TRUST }));
  const arns = [`arn:aws:iam::${account}:role/global`];
  expect(await rolesOf({ account, region: "us-east-1" })).toEqual(arns);
  expect(await rolesOf({ account, region: "eu-west-1" })).toEqual(arns);
  expect(await rolesOf({ account: "444444444444", region: "us-east-1" })).toEqual([]);
});

it("STS answers with the account that the key names, in every region", async () => {
  for (const place of PLACES) {
    const caller = await cloud.client(STSClient, place).send(new GetCallerIdentityCommand({}));
    expect(caller).toMatchObject({
      Account: place.account,
      Arn: `arn:aws:iam::${place.account}:root`,
    });
  }
});

it("forgets the things of all places on reset, and serves on", async () => {
  const answer = await fetch(`${cloud.url}/_headgate/reset`, {
    method: "POST",
    headers: { "x-headgate-admin": "1" },
  });
  expect(answer.status).toBe(200);
  for (const place of PLACES) {
    for (const { list } of Object.values(SUBJECTS).slice(0, 4)) {
      expect(await list(place)).toEqual([]);
    }
    const { Functions } = await cloud
      .client(LambdaClient, place)
      .send(new ListFunctionsCommand({}));
    expect(Functions).toEqual([]);
  }
  expect(cloud.warnings).toEqual([]);
});

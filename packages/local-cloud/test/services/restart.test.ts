import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";

// Protects what a data directory promises: a cloud that starts on it again knows what was there.

const directory = mkdtempSync(join(tmpdir(), "headgate-restart-"));
let running: TestCloud | undefined;
afterEach(async () => {
  await running?.close();
  rmSync(directory, { recursive: true });
});

async function start(): Promise<TestCloud> {
  await running?.close();
  running = await startTestCloud({ dataDirectory: directory });
  return running;
}

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" }],
});

it("logs, roles, sessions and secrets survive a restart", async () => {
  let cloud = await start();
  const stream = { logGroupName: "app", logStreamName: "one" };
  const logs = cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "app" }));
  await logs.send(new CreateLogStreamCommand(stream));
  const logEvents = [{ timestamp: cloud.nowMs(), message: "kept" }];
  await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
  await cloud
    .client(IAMClient)
    .send(new CreateRoleCommand({ RoleName: "app", AssumeRolePolicyDocument: TRUST }));
  const RoleArn = "arn:aws:iam::000000000000:role/app";
  const { Credentials } = await cloud
    .client(STSClient)
    .send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "ci" }));
  await cloud
    .client(SecretsManagerClient)
    .send(new CreateSecretCommand({ Name: "db", SecretString: "s3cret" }));

  cloud = await start();
  const found = await cloud
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName: "app" }));
  expect(found.events?.map(({ message }) => message)).toEqual(["kept"]);
  const { Role } = await cloud.client(IAMClient).send(new GetRoleCommand({ RoleName: "app" }));
  expect(Role?.Arn).toBe(RoleArn);
  const session = cloud.client(STSClient, { account: Credentials?.AccessKeyId ?? "" });
  const caller = await session.send(new GetCallerIdentityCommand({}));
  expect(caller.Arn).toBe("arn:aws:sts::000000000000:assumed-role/app/ci");
  const secret = await cloud
    .client(SecretsManagerClient)
    .send(new GetSecretValueCommand({ SecretId: "db" }));
  expect(secret.SecretString).toBe("s3cret");
});

import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects STS: who a key belongs to, and whom a role lets in.

const ACCOUNT = "000000000000";
let cloud: TestCloud;
let sts: STSClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  sts = cloud.client(STSClient);
});
afterEach(() => cloud.close());

function createRole(RoleName: string, principal: object, condition?: object, maxSeconds?: number) {
  const statement = { Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" };
  const document = {
    Version: "2012-10-17",
    Statement: [condition === undefined ? statement : { ...statement, Condition: condition }],
  };
  return cloud.client(IAMClient).send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify(document),
      MaxSessionDuration: maxSeconds,
    }),
  );
}

const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const assume = (name: string, changes: Partial<AssumeRoleCommandInput> = {}, client = sts) =>
  client.send(new AssumeRoleCommand({ RoleArn: roleArn(name), RoleSessionName: "ci", ...changes }));
const denied = (callerArn: string, name: string) => ({
  name: "AccessDenied",
  message: `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn(name)}`,
  $metadata: expect.objectContaining({ httpStatusCode: 403 }),
});

/** A client with the credentials of a session. */
function sessionClient(accessKeyId: string | undefined): STSClient {
  return cloud.client(STSClient, { account: accessKeyId ?? "" });
}

describe("GetCallerIdentity", () => {
  it("is the root of the cloud's account, or of the account that the key names", async () => {
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      UserId: ACCOUNT,
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:root`,
    });
    const other = cloud.client(STSClient, { account: "111111111111" });
    expect(await other.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "111111111111",
    });
  });
});

describe("AssumeRole", () => {
  it("gives credentials that are the role's session until they expire", async () => {
    await createRole("deploy", { AWS: `arn:aws:iam::${ACCOUNT}:root` });
    const { Credentials, AssumedRoleUser } = await assume("deploy");
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`;
    expect(AssumedRoleUser).toEqual({
      Arn: arn,
      AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:ci$/),
    });
    expect(Credentials?.AccessKeyId).toMatch(/^ASIA/);
    const expectedMs = Math.floor((cloud.nowMs() + 3_600_000) / 1000) * 1000;
    expect(Credentials?.Expiration).toEqual(new Date(expectedMs));
    const session = sessionClient(Credentials?.AccessKeyId);
    expect(await session.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: arn,
      Account: ACCOUNT,
      UserId: AssumedRoleUser?.AssumedRoleId,
    });
  });

  it("is denied alike for a role that is missing and one that trusts others", async () => {
    const root = `arn:aws:iam::${ACCOUNT}:root`;
    await expect(assume("missing")).rejects.toMatchObject(denied(root, "missing"));
    await createRole("function", { Service: "lambda.amazonaws.com" });
    await expect(assume("function")).rejects.toMatchObject(denied(root, "function"));
    await createRole("theirs", { AWS: "arn:aws:iam::111111111111:root" });
    await expect(assume("theirs")).rejects.toMatchObject(denied(root, "theirs"));
    const stranger = cloud.client(STSClient, { account: "111111111111" });
    expect((await assume("theirs", {}, stranger)).AssumedRoleUser?.Arn).toContain("/theirs/ci");
  });

  it("asks for the external id that the role wants", async () => {
    const condition = { StringEquals: { "sts:ExternalId": "s3cret" } };
    await createRole("partner", { AWS: ACCOUNT }, condition);
    await expect(assume("partner")).rejects.toMatchObject({ name: "AccessDenied" });
    const { Credentials } = await assume("partner", { ExternalId: "s3cret" });
    expect(Credentials?.SessionToken).toBeDefined();
  });

  it("lasts no longer than the role allows, and an hour in a chain", async () => {
    await createRole("first", { AWS: ACCOUNT }, undefined, 7200);
    await createRole("second", { AWS: roleArn("first") }, undefined, 7200);
    await expect(assume("first", { DurationSeconds: 7201 })).rejects.toMatchObject({
      message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    });
    const { Credentials } = await assume("first", { DurationSeconds: 7200 });
    const session = sessionClient(Credentials?.AccessKeyId);
    await expect(assume("second", { DurationSeconds: 3601 }, session)).rejects.toMatchObject({
      message:
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    });
    const chained = await assume("second", {}, session);
    expect(chained.AssumedRoleUser?.Arn).toContain("assumed-role/second/ci");
  });

  it("checks the session's name", async () => {
    await createRole("deploy", { AWS: ACCOUNT });
    await expect(assume("deploy", { RoleSessionName: "a b" })).rejects.toMatchObject({
      name: "ValidationError",
    });
  });
});

describe("GetSessionToken", () => {
  it("gives temporary credentials of the same caller", async () => {
    const { Credentials } = await sts.send(new GetSessionTokenCommand({}));
    const session = sessionClient(Credentials?.AccessKeyId);
    expect(await session.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT}:root`,
    });
  });
});

// Protects --verify-signatures over the whole cloud: the configured pair, users' keys and sessions get
// in with their own secrets, each as who they are, and nothing else gets in.
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetUserCommand,
  IAMClient,
  ListUsersCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seededRandom, startLocalCloud, virtualClock } from "../../src/index.ts";
import { Sha256 } from "../support/sha256.ts";
import { errorOf } from "../services/lambda/lambda-cloud.ts";
import { startChildCloud } from "./child-cloud.ts";

const PAIR = { accessKeyId: "AKIACONFIGURED", secretAccessKey: "configured" };

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const clock = virtualClock(Date.now(), (error) => {
  throw error;
});
let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
beforeAll(async () => {
  cloud = await startLocalCloud({
    port: 0,
    clock,
    random: seededRandom(3),
    verifySignatures: true,
    rootKey: PAIR,
  });
});
afterAll(() => cloud.close());

const clients: { destroy(): void }[] = [];
beforeEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

interface Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly maxAttempts: number;
  readonly systemClockOffset: number;
}

function as<Client extends { destroy(): void }>(
  credentials: Credentials,
  type: new (settings: Settings) => Client,
): Client {
  // Clients sign with the time of the machine; the cloud checks with its own.
  const systemClockOffset = clock.nowMs() - Date.now();
  const shared = { endpoint: cloud.url, region: "us-east-1", maxAttempts: 1, systemClockOffset };
  const client = new type({ ...shared, credentials });
  clients.push(client);
  return client;
}

const callerOf = (credentials: Credentials) =>
  as(credentials, STSClient).send(new GetCallerIdentityCommand({}));

async function userWithKey(name: string): Promise<Credentials> {
  const iam = as(PAIR, IAMClient);
  await iam.send(new CreateUserCommand({ UserName: name, Path: "/team/" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? "",
    secretAccessKey: AccessKey?.SecretAccessKey ?? "",
  };
}

async function assume(credentials: Credentials, RoleName: string): Promise<Credentials> {
  const { Credentials } = await as(credentials, STSClient).send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::000000000000:role/${RoleName}`,
      RoleSessionName: "ci",
      DurationSeconds: 900,
    }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken ?? "",
  };
}

async function makeRole(RoleName: string): Promise<void> {
  const Statement = [
    { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" },
  ];
  await as(PAIR, IAMClient).send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
    }),
  );
}

describe("a right signature", () => {
  it("by the configured pair is the root of the cloud's account", async () => {
    expect(await callerOf(PAIR)).toMatchObject({
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:root",
    });
  });

  it("by a user's key is the user, who is then meant where no user is named", async () => {
    const ann = await userWithKey("ann");
    const { User } = await as(ann, IAMClient).send(new GetUserCommand({}));
    expect(User).toMatchObject({
      UserName: "ann",
      Arn: "arn:aws:iam::000000000000:user/team/ann",
    });
    expect(await callerOf(ann)).toMatchObject({
      UserId: User?.UserId,
      Account: "000000000000",
      Arn: User?.Arn,
    });
    const more = await as(ann, IAMClient).send(new CreateAccessKeyCommand({}));
    expect(more.AccessKey?.UserName).toBe("ann");
  });

  it("by a session is its role, and by a session token the user it was given to", async () => {
    await makeRole("deploy");
    const bob = await userWithKey("bob");
    expect(await callerOf(await assume(bob, "deploy"))).toMatchObject({
      Arn: "arn:aws:sts::000000000000:assumed-role/deploy/ci",
    });
    const { Credentials } = await as(bob, STSClient).send(new GetSessionTokenCommand({}));
    const temporary = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    expect(await callerOf(temporary)).toMatchObject({
      Arn: "arn:aws:iam::000000000000:user/team/bob",
    });
  });
});

describe("a presigned link", () => {
  const link = (secretAccessKey: string) => {
    const { protocol, hostname, port } = new URL(cloud.url);
    const signer = new SignatureV4({
      service: "sts",
      region: "us-east-1",
      credentials: { ...PAIR, secretAccessKey },
      sha256: Sha256,
    });
    const request = {
      protocol,
      hostname,
      port: Number(port),
      method: "GET",
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: `${hostname}:${port}` },
    };
    return signer.presign(request, { signingDate: new Date(clock.nowMs()), expiresIn: 60 });
  };
  const open = async (secretAccessKey: string) => {
    const { query } = await link(secretAccessKey);
    const text = new URLSearchParams(query as Record<string, string>).toString();
    const answer = await fetch(`${cloud.url}/?${text}`);
    return `${answer.status} ${await answer.text()}`;
  };

  it("lets in who has it, when the right secret signed it", async () => {
    expect(await open(PAIR.secretAccessKey)).toMatch(
      /^200 .*<Arn>arn:aws:iam::000000000000:root<\/Arn>/s,
    );
    expect(await open("other")).toMatch(/^403 .*<Code>SignatureDoesNotMatch<\/Code>/s);
  });
});

const UNKNOWN = "The security token included in the request is invalid.";
const EXPIRED = "The security token included in the request is expired";
const refused = (name: string, status: number, message: unknown) =>
  expect.objectContaining({ name, status, message });

describe("what may not sign", () => {
  it("is refused in each protocol's own words: another's secret", async () => {
    const wrong = { ...PAIR, secretAccessKey: "other" };
    const message = expect.stringMatching(/^The request signature we calculated does not match/);
    expect(await errorOf(callerOf(wrong))).toEqual(refused("SignatureDoesNotMatch", 403, message));
    const listed = as(wrong, LambdaClient).send(new ListFunctionsCommand({}));
    expect(await errorOf(listed)).toEqual(refused("InvalidSignatureException", 403, message));
    const groups = as(wrong, CloudWatchLogsClient).send(new DescribeLogGroupsCommand({}));
    expect(await errorOf(groups)).toEqual(refused("InvalidSignatureException", 400, message));
  });

  it("is refused and changes nothing", async () => {
    const wrong = { ...PAIR, secretAccessKey: "other" };
    const made = as(wrong, IAMClient).send(new CreateUserCommand({ UserName: "mallory" }));
    expect(await errorOf(made)).toMatchObject({ name: "SignatureDoesNotMatch" });
    const { Users } = await as(PAIR, IAMClient).send(new ListUsersCommand({}));
    expect(Users?.map(({ UserName }) => UserName)).not.toContain("mallory");
  });

  it("is the well-known test key when another was configured, and a key of twelve digits", async () => {
    for (const accessKeyId of ["test", "123456789012", "AKIANOBODY"]) {
      const call = callerOf({ accessKeyId, secretAccessKey: "test" });
      expect(await errorOf(call)).toEqual(refused("InvalidClientTokenId", 403, UNKNOWN));
    }
  });

  it("is a key that is inactive or deleted, but not one that is active again", async () => {
    const key = await userWithKey("eve");
    const iam = as(PAIR, IAMClient);
    const named = { UserName: "eve", AccessKeyId: key.accessKeyId };
    await iam.send(new UpdateAccessKeyCommand({ ...named, Status: "Inactive" }));
    expect(await errorOf(callerOf(key))).toEqual(refused("InvalidClientTokenId", 403, UNKNOWN));
    await iam.send(new UpdateAccessKeyCommand({ ...named, Status: "Active" }));
    expect((await callerOf(key)).Arn).toBe("arn:aws:iam::000000000000:user/team/eve");
    await iam.send(new DeleteAccessKeyCommand(named));
    expect(await errorOf(callerOf(key))).toEqual(refused("InvalidClientTokenId", 403, UNKNOWN));
  });

  it("is a session's key without its token, or with another", async () => {
    await makeRole("tokens");
    const { sessionToken: _none, ...bare } = await assume(PAIR, "tokens");
    const other = { ...bare, sessionToken: "other" };
    for (const credentials of [bare, other]) {
      const error = await errorOf(callerOf(credentials));
      expect(error).toEqual(refused("InvalidClientTokenId", 403, UNKNOWN));
    }
  });

  it("is a session whose time is over", async () => {
    await makeRole("short");
    const session = await assume(PAIR, "short");
    await clock.advance(899_000);
    expect((await callerOf(session)).Arn).toContain(":assumed-role/short/ci");
    await clock.advance(2000);
    expect(await errorOf(callerOf(session))).toEqual(refused("ExpiredToken", 403, EXPIRED));
    const listed = as(session, LambdaClient).send(new ListFunctionsCommand({}));
    expect(await errorOf(listed)).toEqual(refused("ExpiredTokenException", 403, EXPIRED));
    const groups = as(session, CloudWatchLogsClient).send(new DescribeLogGroupsCommand({}));
    expect(await errorOf(groups)).toEqual(refused("ExpiredTokenException", 400, EXPIRED));
  });
});

it("an expired session is nobody's, where signatures are not looked at", async () => {
  const open = await startLocalCloud({ port: 0, clock, random: seededRandom(4) });
  const client = (accessKeyId: string) => {
    const credentials = { accessKeyId, secretAccessKey: "any" };
    const made = new STSClient({ endpoint: open.url, region: "us-east-1", credentials });
    clients.push(made);
    return made;
  };
  const { Credentials } = await client("999999999999").send(
    new GetSessionTokenCommand({ DurationSeconds: 900 }),
  );
  const arnOf = async () =>
    (await client(Credentials?.AccessKeyId ?? "").send(new GetCallerIdentityCommand({}))).Arn;
  expect(await arnOf()).toBe("arn:aws:iam::999999999999:root");
  await clock.advance(901_000);
  expect(await arnOf()).toBe("arn:aws:iam::000000000000:root");
  await open.close();
});

it("the command line takes the pair of its own environment", async () => {
  const child = await startChildCloud({
    argv: ["--verify-signatures"],
    env: { AWS_ACCESS_KEY_ID: PAIR.accessKeyId, AWS_SECRET_ACCESS_KEY: PAIR.secretAccessKey },
  });
  try {
    const wellKnown = child.client(STSClient).send(new GetCallerIdentityCommand({}));
    expect(await errorOf(wellKnown)).toEqual(refused("InvalidClientTokenId", 403, UNKNOWN));
    const client = new STSClient({ endpoint: child.url, region: "us-east-1", credentials: PAIR });
    clients.push(client);
    expect((await client.send(new GetCallerIdentityCommand({}))).Arn).toBe(
      "arn:aws:iam::000000000000:root",
    );
  } finally {
    await child.end("SIGTERM");
  }
});

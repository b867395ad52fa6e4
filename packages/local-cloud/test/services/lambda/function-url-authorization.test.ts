// Protects who may call a function URL with AWS_IAM where IAM is enforced: only who signed with a key that is somebody's,
// and whom policies let do both things that AWS asks for; and that the function is told who it was.
import { Lambda } from "@aws-sdk/client-lambda";
import { STS } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { allowing, type IamCloud, type Key, startIamCloud } from "../../support/iam-cloud.ts";
import { trustOf } from "../../support/roles.ts";
import { signedFetch } from "../../support/signed-fetch.ts";
import { zipOf } from "../../support/worker-cloud.ts";

const ACCOUNT = "000000000000";
const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:shop`;
const BOTH = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] as const;
const ECHO = 'def handler(event, context):\n    return event["requestContext"]';

let cloud: IamCloud;
let lambda: Lambda;
let key: Key;
let url: string;
let aliasUrl: string;
beforeAll(async () => {
  cloud = await startIamCloud();
  lambda = cloud.client(Lambda);
  const { Role } = await cloud.iam.createRole({
    RoleName: "function",
    AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
  });
  await lambda.createFunction({
    FunctionName: "shop",
    Runtime: "python3.13",
    Handler: "app.handler",
    Role: Role?.Arn,
    Timeout: 30,
    Code: { ZipFile: await zipOf({ "app.py": ECHO }) },
  });
  await cloud.advance(5000);
  const { Version } = await lambda.publishVersion({ FunctionName: "shop" });
  await lambda.createAlias({ FunctionName: "shop", Name: "live", FunctionVersion: Version });
  url = await urlOf();
  aliasUrl = await urlOf("live");
  key = await cloud.user("ann");
});
afterAll(() => cloud.close());
beforeEach(() => cloud.allow("ann", allowing(["sns:*"])));

/** By path: not every machine resolves *.localhost. */
async function urlOf(Qualifier?: string): Promise<string> {
  const FunctionName = "shop";
  const made = await lambda.createFunctionUrlConfig({
    FunctionName,
    Qualifier,
    AuthType: "AWS_IAM",
  });
  const [id = ""] = new URL(made.FunctionUrl ?? "").host.split(".");
  return `${cloud.url}/_aws/lambda-url/${id}/orders`;
}

const SIGNED = { service: "lambda" } as const;

async function refusal(response: Response): Promise<readonly [number, string | null, unknown]> {
  return [
    response.status,
    response.headers.get("x-amzn-errortype"),
    JSON.parse(await response.text()),
  ];
}

const FORBIDDEN = [403, "AccessDeniedException", { Message: expect.stringMatching(/^Forbidden/) }];

it("is refused to the unsigned, and to whom no policy lets", async () => {
  expect(await refusal(await fetch(url))).toEqual(FORBIDDEN);
  expect(await refusal(await signedFetch(url, key, SIGNED))).toEqual(FORBIDDEN);
});

it("asks for both permissions of the caller's policies", async () => {
  for (const action of BOTH) {
    await cloud.allow("ann", allowing([action], [ARN]));
    expect((await signedFetch(url, key, SIGNED)).status).toBe(403);
  }
  await cloud.allow("ann", allowing(BOTH, [ARN]));
  const response = await signedFetch(url, key, SIGNED);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    accountId: ACCOUNT,
    authorizer: {
      iam: {
        accessKey: key.accessKeyId,
        accountId: ACCOUNT,
        callerId: expect.stringMatching(/^AIDA/),
        cognitoIdentity: null,
        userArn: `arn:aws:iam::${ACCOUNT}:user/ann`,
      },
    },
  });
  expect((await signedFetch(url, key, { ...SIGNED, isPresigned: true })).status).toBe(200);
});

it("knows the keys that the two permissions may ask for", async () => {
  const Statement = (wanted: string) => [
    {
      Effect: "Allow",
      Action: BOTH[0],
      Resource: ARN,
      Condition: { StringEquals: { "lambda:FunctionUrlAuthType": wanted } },
    },
    {
      Effect: "Allow",
      Action: BOTH[1],
      Resource: ARN,
      Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
    },
  ];
  await cloud.allow("ann", { Version: "2012-10-17", Statement: Statement("NONE") });
  expect((await signedFetch(url, key, SIGNED)).status).toBe(403);
  await cloud.allow("ann", { Version: "2012-10-17", Statement: Statement("AWS_IAM") });
  expect((await signedFetch(url, key, SIGNED)).status).toBe(200);
  // What may be invoked by its URL may not be invoked otherwise.
  await expect(cloud.as(Lambda, key).invoke({ FunctionName: "shop" })).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
});

it("asks for the alias of an alias's URL", async () => {
  await cloud.allow("ann", allowing(BOTH, [ARN]));
  expect((await signedFetch(aliasUrl, key, SIGNED)).status).toBe(403);
  await cloud.allow("ann", allowing(BOTH, [`${ARN}:live`]));
  expect((await signedFetch(aliasUrl, key, SIGNED)).status).toBe(200);
  expect((await signedFetch(url, key, SIGNED)).status).toBe(403);
});

it("is open to whom the function's own policy names, across accounts only when both sides do", async () => {
  const OTHER = "111122223333";
  const permit = async (principal: string) => {
    const who = { FunctionName: "shop", Principal: principal };
    const [id] = principal.split(":").slice(-1);
    const by = `${id?.replaceAll(/\W/g, "-")}`;
    await lambda.addPermission({
      ...who,
      StatementId: `${by}-url`,
      Action: BOTH[0],
      FunctionUrlAuthType: "AWS_IAM",
    });
    await lambda.addPermission({
      ...who,
      StatementId: `${by}-by-url`,
      Action: BOTH[1],
      InvokedViaFunctionUrl: true,
    });
  };
  await permit(`arn:aws:iam::${ACCOUNT}:user/ann`);
  expect((await signedFetch(url, key, SIGNED)).status).toBe(200);

  const root = { accessKeyId: OTHER, secretAccessKey: "any" };
  expect((await signedFetch(url, root, SIGNED)).status).toBe(403);
  await permit(OTHER);
  expect((await signedFetch(url, root, SIGNED)).status).toBe(200);
});

it("says what is wrong with a key, and with what a signature is for", async () => {
  const nobody = { accessKeyId: "AKIANOBODY", secretAccessKey: "any" };
  expect(await refusal(await signedFetch(url, nobody, SIGNED))).toEqual([
    403,
    "UnrecognizedClientException",
    { message: "The security token included in the request is invalid." },
  ]);
  const elsewhere = await signedFetch(url, key, { service: "execute-api", region: "eu-west-1" });
  expect(await refusal(elsewhere)).toEqual([
    403,
    "InvalidSignatureException",
    {
      message:
        "Credential should be scoped to a valid region. " +
        "Credential should be scoped to correct service: 'lambda'. ",
    },
  ]);
});

it("is refused to a session whose time is over, whatever its role may", async () => {
  await cloud.iam.createRole({
    RoleName: "caller",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" }],
    }),
  });
  await cloud.iam.putRolePolicy({
    RoleName: "caller",
    PolicyName: "own",
    PolicyDocument: JSON.stringify(allowing(BOTH, [ARN])),
  });
  const { Credentials } = await cloud.client(STS).assumeRole({
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/caller`,
    RoleSessionName: "ci",
    DurationSeconds: 900,
  });
  const session = {
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken ?? "",
  };
  expect((await signedFetch(url, session, SIGNED)).status).toBe(200);
  await cloud.advance(901_000);
  expect((await refusal(await signedFetch(url, session, SIGNED)))[1]).toBe("ExpiredTokenException");
});

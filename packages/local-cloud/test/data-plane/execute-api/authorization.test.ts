// Protects who may call a deployed API: its resource policy, whether IAM is enforced or not; and where it is, for methods
// with AWS_IAM, the policies of who signed. Each in AWS's words, or in those of the API's own gateway responses.
import { APIGateway, type CreateRestApiCommandInput } from "@aws-sdk/client-api-gateway";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { allowing, type IamCloud, type Key, startIamCloud } from "../../support/iam-cloud.ts";
import { trustOf } from "../../support/roles.ts";
import { signedFetch } from "../../support/signed-fetch.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { zipOf } from "../../support/worker-cloud.ts";
import { deployApi, mock, type TestApi } from "./test-api.ts";

const ACCOUNT = "000000000000";
const OTHER = "111122223333";
const ANN = `arn:aws:iam::${ACCOUNT}:user/ann`;
const SIGNED = { service: "execute-api" } as const;
const GUARDED = { ...mock("ok"), method: { authorizationType: "AWS_IAM" } };
const PLAN = { "GET /open": mock("ok"), "GET /iam": GUARDED, "GET /iam/{id}": GUARDED };

let clouds: readonly TestCloud[] = [];
let free: TestCloud;
let strict: IamCloud;
let ann: Key;
/** Of another account, and its IAM. */
let bob: Key;
let others: IAM;
beforeAll(async () => {
  free = await startTestCloud({ clock: "virtual" });
  strict = await startIamCloud();
  clouds = [free, strict];
  ann = await strict.user("ann");
  others = strict.client(IAM, { account: OTHER });
  await others.createUser({ UserName: "bob" });
  const { AccessKey } = await others.createAccessKey({ UserName: "bob" });
  bob = {
    accessKeyId: AccessKey?.AccessKeyId ?? "",
    secretAccessKey: AccessKey?.SecretAccessKey ?? "",
  };
});
afterAll(() => Promise.all(clouds.map((cloud) => cloud.close())));
beforeEach(() => strict.allow("ann", allowing(["sns:*"])));

type Statement = Readonly<Record<string, unknown>>;

const document = (...Statement: readonly Statement[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement });

const allow = (more: Statement = {}): Statement => ({
  Effect: "Allow",
  Principal: "*",
  Action: "execute-api:Invoke",
  Resource: "execute-api:/*",
  ...more,
});

const deny = (more: Statement = {}) => allow({ Effect: "Deny", ...more });

function deploy(cloud: TestCloud, options: Partial<CreateRestApiCommandInput> = {}) {
  return deployApi(cloud, cloud.client(APIGateway), PLAN, options);
}

const signed = (cloud: TestCloud, api: TestApi, path: string, key: Key, options = {}) =>
  signedFetch(`${cloud.url}/_aws/execute-api/${api.apiId}${path}`, key, { ...SIGNED, ...options });

async function refusal(response: Response): Promise<readonly [number, string | null, unknown]> {
  return [
    response.status,
    response.headers.get("x-amzn-errortype"),
    JSON.parse(await response.text()),
  ];
}

/** AWS shows the last four digits of the account. */
const denied = (who: string, api: TestApi, path: string, why: string) => [
  403,
  "AccessDeniedException",
  {
    Message:
      `User: ${who} is not authorized to perform: execute-api:Invoke on resource: ` +
      `arn:aws:execute-api:us-east-1:********0000:${api.apiId}/prod/GET${path} ${why}`,
  },
];

const NOT_BY_RESOURCE = "because no resource-based policy allows the execute-api:Invoke action";
const NOT_BY_IDENTITY = "because no identity-based policy allows the execute-api:Invoke action";
const BY_RESOURCE = "with an explicit deny in a resource-based policy";

describe("a resource policy, whether IAM is enforced or not", () => {
  it.each(["free", "strict"])("must let the anonymous in: %s", async (kind) => {
    const cloud = kind === "free" ? free : strict;
    const api = await deploy(cloud, {
      policy: document(allow({ Resource: "execute-api:/prod/GET/other" })),
    });
    expect(await refusal(await api.call("/prod/open"))).toEqual(
      denied("anonymous", api, "/open", NOT_BY_RESOURCE),
    );
    const open = await deploy(cloud, { policy: document(allow({ Principal: { AWS: "*" } })) });
    expect((await open.call("/prod/open")).status).toBe(200);
    const named = await deploy(cloud, { policy: document(allow({ Principal: { AWS: ANN } })) });
    expect((await named.call("/prod/open")).status).toBe(403);
  });

  it("denies by address, in AWS's words", async () => {
    const of = (block: string) =>
      deploy(free, {
        policy: document(
          allow(),
          deny({ Condition: { NotIpAddress: { "aws:SourceIp": [block] } } }),
        ),
      });
    expect((await (await of("127.0.0.0/8")).call("/prod/open")).status).toBe(200);
    const api = await of("192.0.2.0/24");
    expect(await refusal(await api.call("/prod/open"))).toEqual(
      denied("anonymous", api, "/open", BY_RESOURCE),
    );
    // Signed or not: no signature helps against a deny.
    expect((await signed(free, api, "/prod/iam", ann)).status).toBe(403);
  });

  it("finds no VPC behind a request, as AWS does not behind one from the internet", async () => {
    const from = (operator: string) =>
      deploy(free, {
        policy: document(allow({ Condition: { [operator]: { "aws:SourceVpc": "vpc-1" } } })),
      });
    expect((await (await from("StringEquals")).call("/prod/open")).status).toBe(403);
    expect((await (await from("StringNotEquals")).call("/prod/open")).status).toBe(200);
  });

  it("counts as it was at the deployment", async () => {
    const api = await deploy(free);
    expect((await api.call("/prod/open")).status).toBe(200);
    const patch = (value: string) =>
      free.client(APIGateway).updateRestApi({
        restApiId: api.apiId,
        patchOperations: [{ op: "replace", path: "/policy", value }],
      });
    await patch(document(deny()));
    expect((await api.call("/prod/open")).status).toBe(200);
    await api.deploy();
    expect((await api.call("/prod/open")).status).toBe(403);
    await patch("");
    await api.deploy();
    expect((await api.call("/prod/open")).status).toBe(200);
    await expect(patch("no policy")).rejects.toMatchObject({
      name: "BadRequestException",
      message: expect.stringMatching(/^Invalid policy document\./),
    });
  });

  it("needs only not to deny where somebody of the account signed", async () => {
    const policy = document(allow({ Resource: "execute-api:/prod/GET/other" }));
    const iam = await deploy(free, { policy });
    expect((await signed(free, iam, "/prod/iam", ann)).status).toBe(200);
    // Across accounts it is both that must allow.
    const other = { accessKeyId: OTHER, secretAccessKey: "any" };
    expect((await signed(free, iam, "/prod/iam", other)).status).toBe(403);
  });
});

describe("a method with AWS_IAM, where IAM is enforced", () => {
  it("asks for a signature, for its service and region, of a key that is somebody's", async () => {
    const api = await deploy(strict);
    expect(await refusal(await api.call("/prod/iam"))).toEqual([
      403,
      "MissingAuthenticationTokenException",
      { message: "Missing Authentication Token" },
    ]);
    expect(
      await refusal(await signed(strict, api, "/prod/iam", ann, { service: "lambda" })),
    ).toEqual([
      403,
      "InvalidSignatureException",
      { message: "Credential should be scoped to correct service: 'execute-api'. " },
    ]);
    const elsewhere = await signed(strict, api, "/prod/iam", ann, { region: "eu-west-1" });
    expect((await refusal(elsewhere))[2]).toEqual({
      message: "Credential should be scoped to a valid region. ",
    });
    const nobody = { accessKeyId: "AKIANOBODY", secretAccessKey: "any" };
    expect(await refusal(await signed(strict, api, "/prod/iam", nobody))).toEqual([
      403,
      "UnrecognizedClientException",
      { message: "The security token included in the request is invalid." },
    ]);
    // What asks for nobody takes everybody.
    expect((await signed(strict, api, "/prod/open", nobody)).status).toBe(200);
  });

  it("asks the caller's policies, by the path that was called", async () => {
    const api = await deploy(strict);
    const refused = await signed(strict, api, "/prod/iam/7", ann);
    expect(await refusal(refused)).toEqual(denied(ANN, api, "/iam/7", NOT_BY_IDENTITY));
    const own = `arn:aws:execute-api:us-east-1:${ACCOUNT}:${api.apiId}/prod/GET/iam/`;
    await strict.allow("ann", allowing(["execute-api:Invoke"], [`${own}7`]));
    expect((await signed(strict, api, "/prod/iam/7", ann)).status).toBe(200);
    expect((await signed(strict, api, "/prod/iam/8", ann)).status).toBe(403);
    expect((await signed(strict, api, "/prod/iam/7", ann, { isPresigned: true })).status).toBe(200);
  });

  // Source: AWS docs, API Gateway's tables A (one account) and B (two).
  it.each([
    [true, "allows", true, true],
    [true, "says nothing", true, false],
    [true, "denies", false, false],
    [false, "allows", true, false],
    [false, "says nothing", false, false],
    [false, "denies", false, false],
  ] as const)(
    "with an identity's allow %s and a resource policy that %s: one account %s, two accounts %s",
    async (isAllowed, says, sameAccount, crossAccount) => {
      const resource = says === "says nothing" ? "execute-api:/prod/POST/*" : "execute-api:/*";
      const statement = (Principal: unknown) =>
        (says === "denies" ? deny : allow)({ Principal, Resource: resource });
      const api = await deploy(strict, {
        policy: document(statement({ AWS: ANN }), statement({ AWS: OTHER })),
      });
      const own = allowing([isAllowed ? "execute-api:*" : "sns:*"]);
      await strict.allow("ann", own);
      await others.putUserPolicy({
        UserName: "bob",
        PolicyName: "own",
        PolicyDocument: JSON.stringify(own),
      });
      const status = async (key: Key) => (await signed(strict, api, "/prod/iam", key)).status;
      expect(await status(ann)).toBe(sameAccount ? 200 : 403);
      expect(await status(bob)).toBe(crossAccount ? 200 : 403);
    },
  );

  it("is refused by the API's own gateway response", async () => {
    const api = await deploy(strict);
    const put = (responseType: "ACCESS_DENIED" | "INVALID_SIGNATURE", statusCode: string) =>
      strict.client(APIGateway).putGatewayResponse({
        restApiId: api.apiId,
        responseType,
        statusCode,
        responseTemplates: { "application/json": '{"why": $context.error.messageString}' },
      });
    await put("ACCESS_DENIED", "404");
    await put("INVALID_SIGNATURE", "401");
    await api.deploy();
    const response = await signed(strict, api, "/prod/iam", ann);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ why: expect.stringContaining(`User: ${ANN} is not`) });
    expect((await signed(strict, api, "/prod/iam", ann, { service: "s3" })).status).toBe(401);
  });
});

it("tells a function who signed", async () => {
  const { Role } = await strict.iam.createRole({
    RoleName: "function",
    AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
  });
  const lambda = strict.client(Lambda);
  const app =
    "import json\ndef handler(event, context):\n" +
    '    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["identity"])}';
  const { FunctionArn } = await lambda.createFunction({
    FunctionName: "who",
    Runtime: "python3.13",
    Handler: "app.handler",
    Role: Role?.Arn,
    Timeout: 30,
    Code: { ZipFile: await zipOf({ "app.py": app }) },
  });
  await strict.advance(5000);
  await lambda.addPermission({
    FunctionName: "who",
    StatementId: "api",
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
  });
  const uri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FunctionArn}/invocations`;
  const api = await deployApi(strict, strict.client(APIGateway), {
    "GET /iam": {
      method: { authorizationType: "AWS_IAM" },
      integration: { type: "AWS_PROXY", integrationHttpMethod: "POST", uri },
    },
  });
  await strict.allow("ann", allowing(["execute-api:*"]));
  const response = await signed(strict, api, "/prod/iam", ann);
  expect(await response.json()).toMatchObject({
    accessKey: ann.accessKeyId,
    accountId: ACCOUNT,
    caller: expect.stringMatching(/^AIDA/),
    user: expect.stringMatching(/^AIDA/),
    userArn: ANN,
  });
});

// Protects who may do what: users, groups, roles with boundaries and session policies, resource policies and keys, each
// over real HTTP with the real SDK, and the words that AWS refuses with.
import { APIGateway } from "@aws-sdk/client-api-gateway";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowing, type IamCloud, type Key, startIamCloud } from "../support/iam-cloud.ts";

const ACCOUNT = "000000000000";
let cloud: IamCloud;

beforeAll(async () => {
  cloud = await startIamCloud();
});
afterAll(() => cloud.close());

/** What a refused call says: its name, status and text. */
async function refusalOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => new Error("it was allowed"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new TypeError("not an error");
  const metadata: unknown = Reflect.get(error, "$metadata");
  const status: unknown =
    typeof metadata === "object" && metadata !== null && Reflect.get(metadata, "httpStatusCode");
  return { name: error.name, status, message: error.message };
}

function trusting(principal: unknown) {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
  });
}

describe("users", () => {
  it("may do nothing that no policy allows, and change nothing by trying", async () => {
    const key = await cloud.user("newcomer");
    const topic = { Name: "secret-plans" };
    expect(await refusalOf(cloud.as(SNS, key).createTopic(topic))).toEqual({
      name: "AuthorizationErrorException",
      status: 403,
      message:
        `User: arn:aws:iam::${ACCOUNT}:user/newcomer is not authorized to perform: SNS:CreateTopic on resource: ` +
        `arn:aws:sns:us-east-1:${ACCOUNT}:secret-plans because no identity-based policy allows the SNS:CreateTopic action`,
    });
    const { Topics } = await cloud.client(SNS).listTopics({});
    expect(Topics).toEqual([]);
  });

  it("may do what one allows, on the resources that it names", async () => {
    const mine = `arn:aws:sns:us-east-1:${ACCOUNT}:team-*`;
    const key = await cloud.user("team", allowing(["sns:CreateTopic"], [mine]));
    await cloud.as(SNS, key).createTopic({ Name: "team-news" });
    const other = await refusalOf(cloud.as(SNS, key).createTopic({ Name: "other-news" }));
    expect(other.name).toBe("AuthorizationErrorException");
  });

  it("are held back by a deny, whatever else allows it", async () => {
    const arn = `arn:aws:sns:us-east-1:${ACCOUNT}:denied`;
    const key = await cloud.user("denied", {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "*", Resource: "*" },
        { Effect: "Deny", Action: "sns:Create*", Resource: arn },
      ],
    });
    const refusal = await refusalOf(cloud.as(SNS, key).createTopic({ Name: "denied" }));
    expect(refusal.message).toBe(
      `User: arn:aws:iam::${ACCOUNT}:user/denied is not authorized to perform: SNS:CreateTopic on resource: ${arn} ` +
        "with an explicit deny in an identity-based policy",
    );
    await cloud.as(SNS, key).createTopic({ Name: "not-denied" });
  });

  it("have what their groups have, and managed policies with them", async () => {
    const key = await cloud.user("member");
    const { iam } = cloud;
    await iam.createGroup({ GroupName: "readers" });
    await iam.addUserToGroup({ GroupName: "readers", UserName: "member" });
    const list = () => cloud.as(Lambda, key).listFunctions({});
    expect((await refusalOf(list())).message).toBe(
      `User: arn:aws:iam::${ACCOUNT}:user/member is not authorized to perform: lambda:ListFunctions on resource: * ` +
        "because no identity-based policy allows the lambda:ListFunctions action",
    );
    const { Policy } = await iam.createPolicy({
      PolicyName: "look",
      PolicyDocument: JSON.stringify(allowing(["lambda:List*"])),
    });
    await iam.attachGroupPolicy({ GroupName: "readers", PolicyArn: Policy?.Arn });
    expect((await list()).Functions).toEqual([]);
    await iam.detachGroupPolicy({ GroupName: "readers", PolicyArn: Policy?.Arn });
    expect((await refusalOf(list())).name).toBe("AccessDeniedException");
  });

  it("go no further than their boundary", async () => {
    const key = await cloud.user("bounded", allowing(["*"]));
    const { iam } = cloud;
    const { Policy } = await iam.createPolicy({
      PolicyName: "only-topics",
      PolicyDocument: JSON.stringify(allowing(["sns:*"])),
    });
    await iam.putUserPermissionsBoundary({
      UserName: "bounded",
      PermissionsBoundary: Policy?.Arn,
    });
    await cloud.as(SNS, key).listTopics({});
    expect((await refusalOf(cloud.as(ECS, key).listClusters({}))).message).toBe(
      `User: arn:aws:iam::${ACCOUNT}:user/bounded is not authorized to perform: ecs:ListClusters on resource: * ` +
        "because no permissions boundary allows the ecs:ListClusters action",
    );
    await iam.deleteUserPermissionsBoundary({ UserName: "bounded" });
    await cloud.as(ECS, key).listClusters({});
  });

  it("may always ask who they are", async () => {
    const key = await cloud.user("anybody", {
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
    });
    const { Arn } = await cloud.as(STS, key).getCallerIdentity({});
    expect(Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/anybody`);
  });

  it("are told by the variables in a policy", async () => {
    const own = `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/home/\${aws:username}/*`;
    const key = await cloud.user("ann", allowing(["ssm:PutParameter"], [own]));
    const put = (Name: string) =>
      cloud.as(SSM, key).putParameter({ Name, Value: "1", Type: "String" });
    await put("/home/ann/colour");
    expect(await refusalOf(put("/home/ben/colour"))).toMatchObject({
      name: "AccessDeniedException",
      status: 400,
    });
  });
});

describe("keys", () => {
  const nobody: Key = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" };

  it("that nobody has are refused, each protocol in its words", async () => {
    expect(await refusalOf(cloud.as(IAM, nobody).listRoles({}))).toMatchObject({
      name: "InvalidClientTokenId",
      status: 403,
      message: "The security token included in the request is invalid.",
    });
    expect(await refusalOf(cloud.as(Lambda, nobody).listFunctions({}))).toMatchObject({
      name: "UnrecognizedClientException",
      status: 403,
    });
    expect(await refusalOf(cloud.as(STS, nobody).getCallerIdentity({}))).toMatchObject({
      name: "InvalidClientTokenId",
    });
  });

  it("that were made inactive are refused too", async () => {
    const key = await cloud.user("leaver", allowing(["*"]));
    await cloud.as(SNS, key).listTopics({});
    const { accessKeyId: AccessKeyId } = key;
    await cloud.iam.updateAccessKey({ UserName: "leaver", AccessKeyId, Status: "Inactive" });
    expect((await refusalOf(cloud.as(SNS, key).listTopics({}))).name).toBe("InvalidClientTokenId");
  });

  it("of a session that ended say so", async () => {
    const key = await cloud.user("hasty", allowing(["sts:AssumeRole"]));
    const { Role } = await cloud.iam.createRole({
      RoleName: "brief",
      AssumeRolePolicyDocument: trusting({ AWS: ACCOUNT }),
    });
    const { Credentials } = await cloud
      .as(STS, key)
      .assumeRole({ RoleArn: Role?.Arn, RoleSessionName: "short", DurationSeconds: 900 });
    await cloud.advance(901_000);
    const session = sessionKey(Credentials);
    expect((await refusalOf(cloud.as(ECS, session).listClusters({}))).name).toBe(
      "ExpiredTokenException",
    );
  });
});

function sessionKey(credentials: Record<string, unknown> | object | undefined): Key {
  const read = (member: string) => String(credentials && Reflect.get(credentials, member));
  return {
    accessKeyId: read("AccessKeyId"),
    secretAccessKey: read("SecretAccessKey"),
    sessionToken: read("SessionToken"),
  };
}

describe("roles", () => {
  const assume = async (key: Key, RoleArn: string, more: { Policy?: string } = {}) => {
    const answer = await cloud
      .as(STS, key)
      .assumeRole({ RoleArn, RoleSessionName: "work", ...more });
    return sessionKey(answer.Credentials);
  };

  it("are assumed only by whom they trust, and who may, when they trust the account", async () => {
    const arn = `arn:aws:iam::${ACCOUNT}:role/worker`;
    await cloud.iam.createRole({
      RoleName: "worker",
      AssumeRolePolicyDocument: trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` }),
    });
    const key = await cloud.user("cleo");
    const words = {
      name: "AccessDenied",
      status: 403,
      message: `User: arn:aws:iam::${ACCOUNT}:user/cleo is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    };
    // The account is trusted, and so decides: nothing there lets cleo.
    expect(await refusalOf(assume(key, arn))).toEqual(words);
    await cloud.allow("cleo", allowing(["sts:AssumeRole"], [arn]));
    await assume(key, arn);
    await cloud.iam.updateAssumeRolePolicy({
      RoleName: "worker",
      PolicyDocument: trusting({ Service: "lambda.amazonaws.com" }),
    });
    expect(await refusalOf(assume(key, arn))).toEqual(words);
    // Who is trusted by name needs no policy of its own.
    await cloud.iam.updateAssumeRolePolicy({
      RoleName: "worker",
      PolicyDocument: trusting({ AWS: `arn:aws:iam::${ACCOUNT}:user/cleo` }),
    });
    await cloud.allow("cleo", allowing(["sns:ListTopics"]));
    await assume(key, arn);
  });

  it("give their sessions what they may, less what the session was limited to", async () => {
    const { Role } = await cloud.iam.createRole({
      RoleName: "deployer",
      Path: "/ci/",
      AssumeRolePolicyDocument: trusting({ AWS: ACCOUNT }),
    });
    await cloud.iam.putRolePolicy({
      RoleName: "deployer",
      PolicyName: "own",
      PolicyDocument: JSON.stringify(allowing(["ecs:List*", "lambda:List*"])),
    });
    const key = await cloud.user("dora", allowing(["sts:AssumeRole"]));
    const whole = await assume(key, Role?.Arn ?? "");
    await cloud.as(ECS, whole).listClusters({});
    expect((await refusalOf(cloud.as(SNS, whole).listTopics({}))).message).toBe(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/deployer/work is not authorized to perform: SNS:ListTopics ` +
        "because no identity-based policy allows the SNS:ListTopics action",
    );
    const limited = await assume(key, Role?.Arn ?? "", {
      Policy: JSON.stringify(allowing(["lambda:*", "sns:*"])),
    });
    await cloud.as(Lambda, limited).listFunctions({});
    expect((await refusalOf(cloud.as(ECS, limited).listClusters({}))).message).toContain(
      "because no session policy allows the ecs:ListClusters action",
    );
    expect((await refusalOf(cloud.as(SNS, limited).listTopics({}))).name).toBe(
      "AuthorizationErrorException",
    );
    await cloud.iam.deleteRolePolicy({ RoleName: "deployer", PolicyName: "own" });
    await cloud.iam.deleteRole({ RoleName: "deployer" });
    // Sessions outlive their role, and may do nothing.
    expect((await refusalOf(cloud.as(ECS, whole).listClusters({}))).name).toBe(
      "AccessDeniedException",
    );
  });

  it("are given to services only by whom may pass them, and to those services only", async () => {
    const { Role } = await cloud.iam.createRole({
      RoleName: "function",
      AssumeRolePolicyDocument: trusting({ Service: "lambda.amazonaws.com" }),
    });
    const pass = (to: string) => ({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "lambda:CreateFunction", Resource: "*" },
        {
          Effect: "Allow",
          Action: "iam:PassRole",
          Resource: Role?.Arn,
          Condition: { StringEquals: { "iam:PassedToService": to } },
        },
      ],
    });
    const key = await cloud.user("frida", pass("ecs-tasks.amazonaws.com"));
    const create = () =>
      cloud.as(Lambda, key).createFunction({
        FunctionName: "made",
        Runtime: "python3.13",
        Handler: "app.handler",
        Role: Role?.Arn,
        Code: { ZipFile: new Uint8Array([1]) },
      });
    expect(await refusalOf(create())).toEqual({
      name: "AccessDeniedException",
      status: 403,
      message:
        `User: arn:aws:iam::${ACCOUNT}:user/frida is not authorized to perform: iam:PassRole on resource: ${Role?.Arn} ` +
        "because no identity-based policy allows the iam:PassRole action",
    });
    await cloud.allow("frida", pass("lambda.amazonaws.com"));
    // What is refused now is the broken zip.
    expect((await refusalOf(create())).name).toBe("InvalidParameterValueException");
  });
});

describe("policies of resources", () => {
  it("let in whom they name, without a policy of its own", async () => {
    const key = await cloud.user("guest");
    const sns = cloud.client(SNS);
    const { TopicArn } = await sns.createTopic({ Name: "open" });
    const publish = () => cloud.as(SNS, key).publish({ TopicArn, Message: "hello" });
    expect((await refusalOf(publish())).name).toBe("AuthorizationErrorException");
    const statement = {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/guest` },
      Action: "sns:Publish",
      Resource: TopicArn,
    };
    const setPolicy = (Effect: string) =>
      sns.setTopicAttributes({
        TopicArn,
        AttributeName: "Policy",
        AttributeValue: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ ...statement, Sid: "guest", Effect }],
        }),
      });
    await setPolicy("Allow");
    await publish();
    await setPolicy("Deny");
    await cloud.allow("guest", allowing(["*"]));
    expect((await refusalOf(publish())).message).toContain(
      "with an explicit deny in a resource-based policy",
    );
  });
});

describe("the words of each service", () => {
  it("are its own", async () => {
    const key = await cloud.user("curious");
    const who = `User: arn:aws:iam::${ACCOUNT}:user/curious is not authorized to perform:`;
    const refused = async (call: Promise<unknown>) => {
      const { name, status, message } = await refusalOf(call);
      expect(message).toContain(who);
      return [name, status, message.replace(who, "").trim()];
    };
    const none = (action: string) => `because no identity-based policy allows the ${action} action`;
    expect(await refused(cloud.as(EC2, key).describeVpcs({}))).toEqual([
      "UnauthorizedOperation",
      403,
      `You are not authorized to perform this operation.  ec2:DescribeVpcs ${none("ec2:DescribeVpcs")}`,
    ]);
    expect(await refused(cloud.as(ElasticLoadBalancingV2, key).describeLoadBalancers({}))).toEqual([
      "AccessDenied",
      403,
      `elasticloadbalancing:DescribeLoadBalancers ${none("elasticloadbalancing:DescribeLoadBalancers")}`,
    ]);
    const gateway = cloud.as(APIGateway, key);
    expect(await refused(gateway.getRestApis({}))).toEqual([
      "AccessDeniedException",
      403,
      `apigateway:GET on resource: arn:aws:apigateway:us-east-1::/restapis ${none("apigateway:GET")}`,
    ]);
    expect(await refused(cloud.as(CloudWatchLogs, key).describeLogGroups({}))).toEqual([
      "AccessDeniedException",
      400,
      `logs:DescribeLogGroups on resource: arn:aws:logs:us-east-1:${ACCOUNT}:log-group::log-stream: ${none("logs:DescribeLogGroups")}`,
    ]);
    expect(await refused(cloud.as(CloudWatch, key).listMetrics({}))).toEqual([
      "AccessDenied",
      403,
      `cloudwatch:ListMetrics ${none("cloudwatch:ListMetrics")}`,
    ]);
    expect(await refused(cloud.as(IAM, key).getRole({ RoleName: "gone" }))).toEqual([
      "AccessDenied",
      403,
      `iam:GetRole on resource: role gone ${none("iam:GetRole")}`,
    ]);
  });
});

it("enforces nothing unless it is asked to", async () => {
  const free = await startIamCloud({ iam: "off" });
  const nobody = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" };
  const { TopicArn } = await free.as(SNS, nobody).createTopic({ Name: "free-for-all" });
  expect(TopicArn).toBe(`arn:aws:sns:us-east-1:${ACCOUNT}:free-for-all`);
  await free.close();
});

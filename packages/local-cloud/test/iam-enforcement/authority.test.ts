// Protects what services ask before they act: whether the role they were given, or whoever signed users' traffic, may
// do it. An answer that lets somebody in by mistake is the worst that can happen here.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Authority, Denied, Wanted } from "../../src/iam-enforcement/authority.ts";
import { isJsonObject } from "../../src/json-object.ts";
import { allowing } from "../support/iam-cloud.ts";
import { trustOf } from "../support/roles.ts";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../support/serverless-cloud.ts";

const { account: ACCOUNT, region } = PLACE;
const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT}:news`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;
const WORKER = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/the-service`;
const PUBLISH: Wanted = { action: "sns:Publish", resource: TOPIC, service: "sns" };
const NOBODY_SAYS = "because no identity-based policy allows the sns:Publish action";

let cloud: ServerlessCloud;
let authority: Authority;

beforeEach(async () => {
  cloud = serverlessCloud(undefined, { enforcesIam: true });
  if (cloud.core.cloud.authority === undefined) throw new Error("nobody is checked");
  ({ authority } = cloud.core.cloud);
  await cloud.call("sns", "CreateTopic", { Name: "news" });
  // The policy that a topic begins with would let its whole account in.
  await setTopicPolicy([]);
  await createRole("worker");
});
afterEach(() => cloud.core.close());

function setTopicPolicy(statements: readonly object[]) {
  const unrelated = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sns:Publish",
    Resource: TOPIC,
  };
  const Statement = [{ Sid: "unrelated", ...unrelated }, ...statements];
  return cloud.call("sns", "SetTopicAttributes", {
    TopicArn: TOPIC,
    AttributeName: "Policy",
    AttributeValue: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
}

/** A statement of the topic's policy. */
const letting = (Principal: unknown, more: object = {}) => ({
  Sid: "ours",
  Effect: "Allow",
  Principal,
  Action: "sns:Publish",
  Resource: TOPIC,
  ...more,
});

function createRole(RoleName: string, more: object = {}) {
  const AssumeRolePolicyDocument = trustOf("codedeploy.amazonaws.com");
  return cloud.call("iam", "CreateRole", { RoleName, AssumeRolePolicyDocument, ...more });
}

/** Replaces the one policy of the role. */
function allow(policy: object, RoleName = "worker") {
  const PolicyDocument = JSON.stringify(policy);
  return cloud.call("iam", "PutRolePolicy", { RoleName, PolicyName: "own", PolicyDocument });
}

const conditioned = (Condition: object) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sns:Publish", Resource: "*", Condition }],
});

const asRole = (wanted: Partial<Wanted> = {}, roleArn = ROLE) =>
  authority.asRole({ roleArn, sessionName: "the-service", region }, { ...PUBLISH, ...wanted });

const reason = (denied: Denied | undefined) => denied?.message.replace(/^.* on resource: \S+ /, "");

describe("a role", () => {
  it("may do nothing that no policy allows, and is told so in AWS's words", async () => {
    expect(await asRole()).toEqual({
      message: `User: ${WORKER} is not authorized to perform: sns:Publish on resource: ${TOPIC} ${NOBODY_SAYS}`,
      decision: { allowed: false, isExplicit: false, by: "identity" },
    });
  });

  it("may do what one allows, on what it names, from then until it is taken away", async () => {
    await allow(allowing(["sns:Publish"], [TOPIC]));
    expect(await asRole()).toBeUndefined();
    expect(await asRole({ resource: `${TOPIC}-2` })).toBeDefined();
    expect(await asRole({ action: "sns:DeleteTopic" })).toBeDefined();
    await cloud.call("iam", "DeleteRolePolicy", { RoleName: "worker", PolicyName: "own" });
    expect(reason(await asRole())).toBe(NOBODY_SAYS);
  });

  it("has its managed policies too, AWS's among them", async () => {
    const PolicyArn = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda";
    await cloud.call("iam", "AttachRolePolicy", { RoleName: "worker", PolicyArn });
    const hook = (name: string) =>
      asRole({
        action: "lambda:InvokeFunction",
        resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`,
        service: "lambda",
      });
    expect(await hook("CodeDeployHook_check")).toBeUndefined();
    expect(await hook("check")).toBeDefined();
    expect(
      await asRole({ action: "cloudwatch:DescribeAlarms", resource: "*", service: "monitoring" }),
    ).toBeUndefined();
  });

  it("is held back by a deny, whatever else allows it", async () => {
    await allow({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "*", Resource: "*" },
        { Effect: "Deny", Action: "sns:*", Resource: TOPIC },
      ],
    });
    await setTopicPolicy([letting("*")]);
    const denied = await asRole();
    expect(denied?.decision).toEqual({ allowed: false, isExplicit: true, by: "identity" });
    expect(reason(denied)).toBe("with an explicit deny in an identity-based policy");
  });

  it("goes no further than its boundary", async () => {
    await allow(allowing(["*"]));
    await cloud.call("iam", "CreatePolicy", {
      PolicyName: "edge",
      PolicyDocument: JSON.stringify(allowing(["lambda:*"])),
    });
    await cloud.call("iam", "PutRolePermissionsBoundary", {
      RoleName: "worker",
      PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/edge`,
    });
    expect(reason(await asRole())).toBe(
      "because no permissions boundary allows the sns:Publish action",
    );
    await cloud.call("iam", "DeleteRolePermissionsBoundary", { RoleName: "worker" });
    expect(await asRole()).toBeUndefined();
  });

  it.each([
    ["a role that never was", `arn:aws:iam::${ACCOUNT}:role/nobody`],
    ["another path", `arn:aws:iam::${ACCOUNT}:role/team/worker`],
    ["another account", "arn:aws:iam::111122223333:role/worker"],
    ["a user", `arn:aws:iam::${ACCOUNT}:user/worker`],
    ["the root", `arn:aws:iam::${ACCOUNT}:root`],
    ["no ARN", "worker"],
    ["nothing", ""],
  ])("that is not there may do nothing, even where everybody may: %s", async (_what, roleArn) => {
    await allow(allowing(["*"]));
    await setTopicPolicy([letting("*")]);
    expect(await asRole()).toBeUndefined();
    expect(reason(await asRole({}, roleArn))).toBe(NOBODY_SAYS);
  });

  it("that was deleted may do nothing any more", async () => {
    await setTopicPolicy([letting("*")]);
    expect(await asRole()).toBeUndefined();
    await cloud.call("iam", "DeleteRole", { RoleName: "worker" });
    expect(reason(await asRole())).toBe(NOBODY_SAYS);
  });

  it("of a path is found by its whole ARN", async () => {
    await createRole("pathed", { Path: "/service-role/" });
    await allow(allowing(["sns:Publish"]), "pathed");
    const arn = `arn:aws:iam::${ACCOUNT}:role/service-role/pathed`;
    expect(await asRole({}, arn)).toBeUndefined();
    expect(await asRole({}, `arn:aws:iam::${ACCOUNT}:role/pathed`)).toBeDefined();
  });
});

describe("the resource's own policy", () => {
  it("is enough for a role of the same account", async () => {
    await setTopicPolicy([letting({ AWS: ROLE })]);
    expect(await asRole()).toBeUndefined();
  });

  it("is asked for the resource that is named alone", async () => {
    await setTopicPolicy([letting({ AWS: ROLE })]);
    expect(await asRole({ resource: "*" })).toBeDefined();
  });

  it("that names the account leaves it to the account", async () => {
    await setTopicPolicy([letting({ AWS: ACCOUNT })]);
    expect(reason(await asRole())).toBe(NOBODY_SAYS);
    await allow(allowing(["sns:Publish"]));
    expect(await asRole()).toBeUndefined();
  });

  it("denies what the role's own allows", async () => {
    await allow(allowing(["*"]));
    await setTopicPolicy([letting({ AWS: ROLE }, { Effect: "Deny" })]);
    expect(reason(await asRole())).toBe("with an explicit deny in a resource-based policy");
  });

  it("must allow it too when it is of another account", async () => {
    const resource = "arn:aws:sns:us-east-1:111122223333:theirs";
    await allow(allowing(["*"]));
    expect(reason(await asRole({ resource }))).toBe(
      "because no resource-based policy allows the sns:Publish action",
    );
  });
});

describe("conditions", () => {
  it("know the keys that the service gives", async () => {
    await allow(conditioned({ StringEquals: { "sns:Protocol": "email" } }));
    expect(await asRole()).toBeDefined();
    expect(await asRole({ keys: { "sns:Protocol": "email" } })).toBeUndefined();
    expect(await asRole({ keys: { "sns:Protocol": "sms" } })).toBeDefined();
  });

  it("know the tags of the resource as they are now", async () => {
    await allow(conditioned({ StringEquals: { "aws:ResourceTag/team": "shop" } }));
    expect(await asRole()).toBeDefined();
    const Tags = [{ Key: "team", Value: "shop" }];
    await cloud.call("sns", "TagResource", { ResourceArn: TOPIC, Tags });
    expect(await asRole()).toBeUndefined();
    await cloud.call("sns", "UntagResource", { ResourceArn: TOPIC, TagKeys: ["team"] });
    expect(await asRole()).toBeDefined();
  });

  it("know whose role it is, where, and when", async () => {
    const RoleName = "worker";
    await cloud.call("iam", "TagRole", { RoleName, Tags: [{ Key: "team", Value: "shop" }] });
    const answer = await cloud.call("iam", "GetRole", { RoleName });
    const role = isJsonObject(answer) && isJsonObject(answer["Role"]) ? answer["Role"] : {};
    expect(role["RoleId"]).toMatch(/^AROA/);
    for (const equal of [
      { "aws:PrincipalArn": ROLE },
      { "aws:PrincipalAccount": ACCOUNT },
      { "aws:PrincipalTag/team": "shop" },
      { "aws:PrincipalType": "AssumedRole" },
      { "aws:RequestedRegion": region },
      { "aws:ResourceAccount": ACCOUNT },
      { "aws:userid": `${String(role["RoleId"])}:the-service` },
      { "aws:PrincipalIsAWSService": "false" },
      { "aws:ViaAWSService": "false" },
    ]) {
      await allow(conditioned({ StringEquals: equal }));
      expect(await asRole(), JSON.stringify(equal)).toBeUndefined();
    }
    const until = "2026-11-21T01:00:00Z";
    await allow(conditioned({ DateLessThan: { "aws:CurrentTime": until } }));
    expect(await asRole()).toBeUndefined();
    await cloud.clock.advance(3_600_000);
    expect(await asRole()).toBeDefined();
  });

  it("do not hold on what an act of a service does not have", async () => {
    await allow(conditioned({ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }));
    expect(await asRole()).toBeDefined();
  });
});

describe("a call that a role would make", () => {
  const calling = (service: "ecs" | "lambda", operation: string, input: Record<string, unknown>) =>
    authority.asRoleCalling(
      { roleArn: ROLE, sessionName: "the-service", region },
      { service, operation, input },
    );

  it("is what the same call of a user would need, on the same resource", async () => {
    const alias = { FunctionName: "shop", Name: "live" };
    expect((await calling("lambda", "UpdateAlias", alias))?.message).toBe(
      `User: ${WORKER} is not authorized to perform: lambda:UpdateAlias on resource: ` +
        `arn:aws:lambda:us-east-1:${ACCOUNT}:function:shop because no identity-based policy allows the lambda:UpdateAlias action`,
    );
    await allow(allowing(["lambda:UpdateAlias"], [`arn:aws:lambda:*:${ACCOUNT}:function:shop`]));
    expect(await calling("lambda", "UpdateAlias", alias)).toBeUndefined();
    expect(
      await calling("lambda", "UpdateAlias", { ...alias, FunctionName: "bank" }),
    ).toBeDefined();
    expect(await calling("lambda", "GetAlias", alias)).toBeDefined();
  });

  it("that starts tasks hands on the roles of their definition", async () => {
    const roleOf = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
    await cloud.call("ecs", "RegisterTaskDefinition", {
      family: "web",
      containerDefinitions: [{ name: "app", image: "web:1", memory: 128 }],
      taskRoleArn: roleOf("task"),
      executionRoleArn: roleOf("execution"),
    });
    const passing = (roles: readonly string[]) => ({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "ecs:*", Resource: "*" },
        {
          Effect: "Allow",
          Action: "iam:PassRole",
          Resource: roles.map(roleOf),
          Condition: { StringLike: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        },
      ],
    });
    const starts = { service: "web", taskDefinition: "web:1" };
    await allow(passing(["task"]));
    for (const operation of ["CreateTaskSet", "RunTask", "CreateService", "UpdateService"]) {
      expect((await calling("ecs", operation, starts))?.message, operation).toContain(
        `iam:PassRole on resource: ${roleOf("execution")} because`,
      );
    }
    // The role that stands in for the definition's is handed on in its place.
    const overrides = { executionRoleArn: roleOf("task") };
    expect(await calling("ecs", "RunTask", { ...starts, overrides })).toBeUndefined();
    // What starts nothing new hands on nothing.
    expect(await calling("ecs", "UpdateService", { service: "web" })).toBeUndefined();
    await allow(passing(["task", "execution"]));
    expect(await calling("ecs", "CreateTaskSet", starts)).toBeUndefined();
    expect(await calling("ecs", "CreateTaskSet", { ...starts, taskDefinition: "web" })).toBe(
      undefined,
    );
  });

  it("of a role that is not there is none", async () => {
    const denied = await authority.asRoleCalling(
      { roleArn: "", sessionName: "the-service", region },
      { service: "lambda", operation: "ListFunctions", input: {} },
    );
    expect(denied?.decision.allowed).toBe(false);
  });
});

describe("whoever signed", () => {
  const request = new IncomingMessage(new Socket());
  request.headers["user-agent"] = "curl/8";
  const asSigner = (accessKeyId: string) =>
    authority.asSigner({ accessKeyId, region, request }, PUBLISH);

  async function keyOf(UserName: string, policy: object): Promise<string> {
    await cloud.call("iam", "CreateUser", { UserName });
    const PolicyDocument = JSON.stringify(policy);
    await cloud.call("iam", "PutUserPolicy", { UserName, PolicyName: "own", PolicyDocument });
    const answer = await cloud.call("iam", "CreateAccessKey", { UserName });
    const key =
      isJsonObject(answer) && isJsonObject(answer["AccessKey"]) ? answer["AccessKey"] : {};
    return String(key["AccessKeyId"]);
  }

  it("may do what the user's policies allow, by what the request is", async () => {
    const key = await keyOf(
      "ann",
      conditioned({
        StringLike: { "aws:UserAgent": "curl/*" },
        Bool: { "aws:SecureTransport": true },
      }),
    );
    expect(await asSigner(key)).toBeUndefined();
    const none = await keyOf("ben", allowing(["lambda:*"]));
    expect(await asSigner(none)).toEqual({
      message: `User: arn:aws:iam::${ACCOUNT}:user/ben is not authorized to perform: sns:Publish on resource: ${TOPIC} ${NOBODY_SAYS}`,
      decision: { allowed: false, isExplicit: false, by: "identity" },
    });
  });

  it("may, of a role's session, what role and session allow, until it ends", async () => {
    await allow(allowing(["sns:*"]));
    const { identities, clock } = cloud.core.cloud;
    const session = { account: ACCOUNT, arn: WORKER, userId: "AROA:the-service" };
    const expiresAtMs = clock.nowMs() + 1000;
    const whole = identities.issue({ ...session, expiresAtMs });
    const policies = [JSON.stringify(allowing(["lambda:*"]))];
    const limited = identities.issue({ ...session, expiresAtMs, policies });
    expect(await asSigner(whole.accessKeyId)).toBeUndefined();
    expect(reason(await asSigner(limited.accessKeyId))).toBe(
      "because no session policy allows the sns:Publish action",
    );
    await cloud.clock.advance(1000);
    expect(await asSigner(whole.accessKeyId)).toBeDefined();
  });

  it("may everything as a root, in that account", async () => {
    expect(await asSigner("test")).toBeUndefined();
    expect(await asSigner(ACCOUNT)).toBeUndefined();
    expect(reason(await asSigner("111122223333"))).toBe(
      "because no resource-based policy allows the sns:Publish action",
    );
  });

  it("may nothing with a key that is nobody's, or inactive", async () => {
    await setTopicPolicy([letting("*")]);
    const key = await keyOf("leaver", allowing(["*"]));
    expect(await asSigner(key)).toBeUndefined();
    const inactive = { UserName: "leaver", AccessKeyId: key, Status: "Inactive" };
    await cloud.call("iam", "UpdateAccessKey", inactive);
    for (const nobody of [key, "AKIAIOSFODNN7EXAMPLE", ""]) {
      expect(await asSigner(nobody)).toEqual({
        message: "The security token included in the request is invalid.",
        decision: { allowed: false, isExplicit: false, by: "identity" },
      });
    }
  });
});

it("nobody is asked where IAM is not enforced", async () => {
  const { core } = serverlessCloud();
  expect(core.cloud.authority).toBeUndefined();
  await core.close();
});

import {
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  AddRoleToInstanceProfileCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRoleTagsCommand,
  paginateListRoles,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  waitUntilRoleExists,
} from "@aws-sdk/client-iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects roles: their life, trust policies, inline and attached policies, AWS's conflicts.

let cloud: TestCloud;
let iam: IAMClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  iam = cloud.client(IAMClient);
});
afterEach(() => cloud.close());

const BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: "sts:AssumeRole",
    },
  ],
});
const INLINE = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["logs:*"], Resource: "arn:aws:logs:*:*:*" }],
});
const createRole = (RoleName: string, changes: Partial<CreateRoleCommandInput> = {}) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, ...changes }));
const deleteRole = (RoleName: string) => iam.send(new DeleteRoleCommand({ RoleName }));
const noRole = (name: string) => ({
  name: "NoSuchEntityException",
  message: `The role with name ${name} cannot be found.`,
  $metadata: expect.objectContaining({ httpStatusCode: 404 }),
});

describe("a role", () => {
  it("has AWS's ARN, id and defaults, and its document URL-encoded", async () => {
    const { Role } = await createRole("app", { Path: "/svc/", Description: "d" });
    expect(Role).toMatchObject({
      RoleName: "app",
      Path: "/svc/",
      Arn: "arn:aws:iam::000000000000:role/svc/app",
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      MaxSessionDuration: 3600,
      Description: "d",
      CreateDate: new Date(Math.floor(cloud.nowMs() / 1000) * 1000),
    });
    const found = await iam.send(new GetRoleCommand({ RoleName: "app" }));
    expect(found.Role?.AssumeRolePolicyDocument).not.toContain('"');
    expect(decodeURIComponent(found.Role?.AssumeRolePolicyDocument ?? "")).toBe(TRUST);
    const waited = await waitUntilRoleExists({ client: iam, maxWaitTime: 5 }, { RoleName: "app" });
    expect(waited.state).toBe("SUCCESS");
  });

  it("exists once, in every region of its account and in no other account", async () => {
    await createRole("app");
    await expect(createRole("app")).rejects.toMatchObject({
      name: "EntityAlreadyExistsException",
      message: "Role with name app already exists.",
    });
    const elsewhere = cloud.client(IAMClient, { region: "eu-west-1" });
    const found = await elsewhere.send(new GetRoleCommand({ RoleName: "app" }));
    expect(found.Role?.RoleName).toBe("app");
    const stranger = cloud.client(IAMClient, { account: "111111111111" });
    await expect(stranger.send(new GetRoleCommand({ RoleName: "app" }))).rejects.toMatchObject(
      noRole("app"),
    );
    await deleteRole("app");
    await expect(deleteRole("app")).rejects.toMatchObject(noRole("app"));
  });

  it("is listed in pages and by path", async () => {
    for (const name of ["c", "a", "b"])
      await createRole(name, { Path: name === "c" ? "/x/" : "/" });
    const names: (string | undefined)[] = [];
    for await (const page of paginateListRoles({ client: iam, pageSize: 2 }, {})) {
      names.push(...(page.Roles ?? []).map(({ RoleName }) => RoleName));
    }
    expect(names).toEqual(["a", "b", "c"]);
    for await (const page of paginateListRoles({ client: iam }, { PathPrefix: "/x/" })) {
      expect(page.Roles?.map(({ RoleName }) => RoleName)).toEqual(["c"]);
    }
  });

  it("can be changed and tagged", async () => {
    await createRole("app", { Tags: [{ Key: "team", Value: "shop" }] });
    await iam.send(new UpdateRoleCommand({ RoleName: "app", MaxSessionDuration: 7200 }));
    const PolicyDocument = TRUST.replace("lambda", "ecs-tasks");
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "app", PolicyDocument }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "app" }));
    expect(Role?.MaxSessionDuration).toBe(7200);
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(PolicyDocument);
    await iam.send(
      new TagRoleCommand({ RoleName: "app", Tags: [{ Key: "stage", Value: "prod" }] }),
    );
    await iam.send(new UntagRoleCommand({ RoleName: "app", TagKeys: ["team"] }));
    const { Tags } = await iam.send(new ListRoleTagsCommand({ RoleName: "app" }));
    expect(Tags).toEqual([{ Key: "stage", Value: "prod" }]);
  });
});

describe("a trust policy that is none", () => {
  const statement = (changes: object) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
          Action: "sts:AssumeRole",
          ...changes,
        },
      ],
    });
  it.each([
    ["no JSON", "{", "This policy contains invalid Json"],
    [
      "an old version",
      '{"Version":"2011-01-01","Statement":[]}',
      "Policy document must be version 2012-10-17 or greater.",
    ],
    ["no effect", statement({ Effect: "Maybe" }), "Syntax errors in policy."],
    ["a resource", statement({ Resource: "*" }), "Has prohibited field Resource"],
    ["no principal", statement({ Principal: undefined }), "Missing required field Principal"],
    ["no action", statement({ Action: undefined }), "Missing required field Action"],
    [
      "another action",
      statement({ Action: "s3:GetObject" }),
      "AssumeRole policy may only specify STS AssumeRole actions.",
    ],
    [
      "an unknown service",
      statement({ Principal: { Service: "lambda" } }),
      'Invalid principal in policy: "SERVICE":"lambda"',
    ],
    [
      "a principal that is no ARN",
      statement({ Principal: { AWS: "bob" } }),
      'Invalid principal in policy: "AWS":"bob"',
    ],
    [
      "a principal of the account that is not there",
      statement({ Principal: { AWS: "arn:aws:iam::000000000000:role/missing" } }),
      'Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:role/missing"',
    ],
    [
      "an unknown condition operator",
      statement({ Condition: { Equals: { "sts:ExternalId": "x" } } }),
      "Syntax errors in policy.",
    ],
  ])("%s", async (_why, AssumeRolePolicyDocument, message) => {
    await expect(createRole("app", { AssumeRolePolicyDocument })).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
      message,
    });
    await expect(deleteRole("app")).rejects.toMatchObject(noRole("app"));
  });
});

describe("inline policies", () => {
  it("are put, read, listed and deleted, and keep the role alive", async () => {
    await createRole("app");
    const policy = { RoleName: "app", PolicyName: "write-logs" };
    await iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: INLINE }));
    const found = await iam.send(new GetRolePolicyCommand(policy));
    expect(found.PolicyDocument).toContain("logs%3A%2A");
    expect(decodeURIComponent(found.PolicyDocument ?? "")).toBe(INLINE);
    const listed = await iam.send(new ListRolePoliciesCommand({ RoleName: "app" }));
    expect(listed.PolicyNames).toEqual(["write-logs"]);
    await expect(deleteRole("app")).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: "Cannot delete entity, must delete policies first.",
    });
    await iam.send(new DeleteRolePolicyCommand(policy));
    await expect(iam.send(new GetRolePolicyCommand(policy))).rejects.toMatchObject({
      name: "NoSuchEntityException",
      message: "The role policy with name write-logs cannot be found.",
    });
    await deleteRole("app");
  });
});

describe("attached policies", () => {
  const attach = (PolicyArn: string) =>
    iam.send(new AttachRolePolicyCommand({ RoleName: "app", PolicyArn }));
  const detach = (PolicyArn: string) =>
    iam.send(new DetachRolePolicyCommand({ RoleName: "app", PolicyArn }));

  it("are listed by name and keep the role alive", async () => {
    await createRole("app");
    await attach(BASIC_EXECUTION);
    await attach(BASIC_EXECUTION);
    const listed = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "app" }));
    expect(listed.AttachedPolicies).toEqual([
      { PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: BASIC_EXECUTION },
    ]);
    await expect(deleteRole("app")).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: "Cannot delete entity, must detach all policies first.",
      $metadata: expect.objectContaining({ httpStatusCode: 409 }),
    });
    await detach(BASIC_EXECUTION);
    await expect(detach(BASIC_EXECUTION)).rejects.toMatchObject({
      name: "NoSuchEntityException",
    });
    await deleteRole("app");
  });

  it("must exist: AWS has no VPCLatticeServiceAccess", async () => {
    await createRole("app");
    for (const arn of [
      "arn:aws:iam::aws:policy/VPCLatticeServiceAccess",
      "arn:aws:iam::000000000000:policy/none",
    ]) {
      await expect(attach(arn)).rejects.toMatchObject({
        name: "NoSuchEntityException",
        message: `Policy ${arn} does not exist or is not attachable.`,
      });
    }
  });

  it.each([
    "service-role/AWSCodeDeployRoleForLambda",
    "AWSCodeDeployRoleForECS",
    "service-role/AmazonECSTaskExecutionRolePolicy",
    "VPCLatticeFullAccess",
  ])("AWS has %s", async (name) => {
    await createRole("app");
    await attach(`arn:aws:iam::aws:policy/${name}`);
    const listed = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "app" }));
    expect(listed.AttachedPolicies).toHaveLength(1);
  });
});

describe("instance profiles", () => {
  it("hold a role and keep it alive", async () => {
    await createRole("app");
    const profile = { InstanceProfileName: "box" };
    await iam.send(new CreateInstanceProfileCommand(profile));
    await iam.send(new AddRoleToInstanceProfileCommand({ ...profile, RoleName: "app" }));
    await expect(deleteRole("app")).rejects.toMatchObject({
      message: "Cannot delete entity, must remove roles from instance profile first.",
    });
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ ...profile, RoleName: "app" }));
    await deleteRole("app");
  });
});

import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  SetDefaultPolicyVersionCommand,
} from "@aws-sdk/client-iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects managed policies, their versions and attachments, and users with their access keys.

let cloud: TestCloud;
let iam: IAMClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  iam = cloud.client(IAMClient);
});
afterEach(() => cloud.close());

const ARN = "arn:aws:iam::000000000000:policy/deploy";
const document = (Action: string | undefined, changes: object = {}) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: "*", ...changes }],
  });
const createPolicy = (PolicyDocument = document("lambda:*")) =>
  iam.send(new CreatePolicyCommand({ PolicyName: "deploy", PolicyDocument }));
const addVersion = (action: string, SetAsDefault = false) =>
  iam.send(
    new CreatePolicyVersionCommand({
      PolicyArn: ARN,
      PolicyDocument: document(action),
      SetAsDefault,
    }),
  );
const getPolicy = async (PolicyArn = ARN) =>
  (await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy;

describe("a managed policy", () => {
  it("is created, counted where it is attached, and deleted only when it is not", async () => {
    const { Policy } = await createPolicy();
    expect(Policy).toMatchObject({
      Arn: ARN,
      PolicyId: expect.stringMatching(/^ANPA[A-Z2-7]{17}$/),
      DefaultVersionId: "v1",
      AttachmentCount: 0,
    });
    await expect(createPolicy()).rejects.toMatchObject({
      name: "EntityAlreadyExistsException",
      message: "A policy called deploy already exists. Duplicate names are not allowed.",
    });
    const trust = document("sts:AssumeRole", {
      Principal: { Service: "lambda.amazonaws.com" },
      Resource: undefined,
    });
    await iam.send(new CreateRoleCommand({ RoleName: "app", AssumeRolePolicyDocument: trust }));
    const attachment = { RoleName: "app", PolicyArn: ARN };
    await iam.send(new AttachRolePolicyCommand(attachment));
    expect((await getPolicy())?.AttachmentCount).toBe(1);
    const entities = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn: ARN }));
    expect(entities.PolicyRoles).toEqual([
      { RoleName: "app", RoleId: expect.stringMatching(/^AROA/) },
    ]);
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn: ARN }))).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: "Cannot delete a policy attached to entities.",
    });
    await iam.send(new DetachRolePolicyCommand(attachment));
    await iam.send(new DeletePolicyCommand({ PolicyArn: ARN }));
    await expect(getPolicy()).rejects.toMatchObject({
      name: "NoSuchEntityException",
      message: `Policy ${ARN} was not found.`,
    });
  });

  it("has up to five versions, one of them the default", async () => {
    await createPolicy();
    await addVersion("s3:*", true);
    expect((await getPolicy())?.DefaultVersionId).toBe("v2");
    const found = await iam.send(new GetPolicyVersionCommand({ PolicyArn: ARN, VersionId: "v2" }));
    expect(decodeURIComponent(found.PolicyVersion?.Document ?? "")).toBe(document("s3:*"));
    for (const action of ["sns:*", "sqs:*", "ecs:*"]) await addVersion(action);
    await expect(addVersion("ec2:*")).rejects.toMatchObject({
      name: "LimitExceededException",
      message:
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
    });
    const deleteVersion = (VersionId: string) =>
      iam.send(new DeletePolicyVersionCommand({ PolicyArn: ARN, VersionId }));
    await expect(deleteVersion("v2")).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: "Cannot delete the default version of a policy.",
    });
    await deleteVersion("v1");
    expect((await addVersion("ec2:*")).PolicyVersion?.VersionId).toBe("v6");
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn: ARN, VersionId: "v6" }));
    const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: ARN }));
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual(["v6", "v5", "v4", "v3", "v2"]);
    expect(Versions?.map(({ IsDefaultVersion }) => IsDefaultVersion)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn: ARN }))).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: expect.stringContaining("This policy has more than one version."),
    });
  });

  it.each([
    ["no JSON", "nope", "Syntax errors in policy."],
    ["no actions", document(undefined), "Policy statement must contain actions."],
    [
      "no resources",
      document("s3:*", { Resource: undefined }),
      "Policy statement must contain resources.",
    ],
    [
      "an action without a vendor",
      document("GetObject"),
      "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ],
    [
      "a resource that is no ARN",
      document("s3:*", { Resource: "bucket" }),
      'Resource bucket must be in ARN format or "*".',
    ],
    [
      "a principal",
      document("s3:*", { Principal: "*" }),
      "Policy document should not specify a principal.",
    ],
    [
      "a statement id with a space",
      document("s3:*", { Sid: "a b" }),
      "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    ],
    [
      "an unknown condition operator",
      document("s3:*", { Condition: { StringsEqual: { "aws:SourceIp": "x" } } }),
      "Syntax errors in policy.",
    ],
    [
      "a condition key without a vendor",
      document("s3:*", { Condition: { StringEquals: { SourceIp: "x" } } }),
      "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ],
    ["an unknown key", document("s3:*", { Actions: "x" }), "Syntax errors in policy."],
  ])("is refused with %s", async (_why, text, message) => {
    await expect(createPolicy(text)).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
      message,
    });
    await expect(getPolicy()).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });
});

describe("AWS's own policies", () => {
  const arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

  it("have their documents and cannot be changed", async () => {
    const policy = await getPolicy(arn);
    expect(policy).toMatchObject({
      PolicyName: "AWSLambdaBasicExecutionRole",
      Path: "/service-role/",
    });
    const VersionId = policy?.DefaultVersionId;
    const found = await iam.send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId }));
    expect(JSON.parse(decodeURIComponent(found.PolicyVersion?.Document ?? ""))).toMatchObject({
      Statement: [{ Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"] }],
    });
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn: arn }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });

  it("are listed apart from the account's own", async () => {
    await createPolicy();
    const own = await iam.send(new ListPoliciesCommand({ Scope: "Local" }));
    expect(own.Policies?.map(({ Arn }) => Arn)).toEqual([ARN]);
    const aws = await iam.send(new ListPoliciesCommand({ Scope: "AWS" }));
    expect(aws.Policies?.map(({ Arn }) => Arn)).toContain(arn);
    expect(aws.Policies?.map(({ Arn }) => Arn)).not.toContain(ARN);
  });
});

describe("a user", () => {
  it("gets up to two access keys and goes when nothing hangs on it", async () => {
    const user = { UserName: "ci" };
    const { User } = await iam.send(new CreateUserCommand(user));
    expect(User?.Arn).toBe("arn:aws:iam::000000000000:user/ci");
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand(user));
    expect(AccessKey?.AccessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(AccessKey?.SecretAccessKey).toHaveLength(40);
    await iam.send(new CreateAccessKeyCommand(user));
    await expect(iam.send(new CreateAccessKeyCommand(user))).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "Cannot exceed quota for AccessKeysPerUser: 2",
    });
    const admin = { ...user, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" };
    await iam.send(new AttachUserPolicyCommand(admin));
    await expect(iam.send(new DeleteUserCommand(user))).rejects.toMatchObject({
      name: "DeleteConflictException",
    });
    await iam.send(new DetachUserPolicyCommand(admin));
    const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand(user));
    expect(AccessKeyMetadata).toHaveLength(2);
    for (const { AccessKeyId } of AccessKeyMetadata ?? []) {
      await iam.send(new DeleteAccessKeyCommand({ ...user, AccessKeyId }));
    }
    await iam.send(new DeleteUserCommand(user));
    await expect(iam.send(new GetUserCommand(user))).rejects.toMatchObject({
      name: "NoSuchEntityException",
      message: "The user with name ci cannot be found.",
    });
  });
});

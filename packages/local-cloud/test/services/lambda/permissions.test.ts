import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
  CreateAliasCommand,
  GetPolicyCommand,
  RemovePermissionCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { arnOf, errorOf, type LambdaCloud, lambdaCloud, stateOf } from "./lambda-cloud.ts";

// Protects resource policies: one per function, version and alias; statements, revisions, every text.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
  await test.create("open", { Publish: true });
  await test.lambda.send(
    new CreateAliasCommand({ FunctionName: "open", Name: "prod", FunctionVersion: "1" }),
  );
});
afterAll(() => test.close());

const add = (more: Partial<AddPermissionCommandInput> = {}) =>
  test.lambda.send(
    new AddPermissionCommand({
      FunctionName: "open",
      StatementId: "s3",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      ...more,
    }),
  );
const policy = async (Qualifier?: string) => {
  const { Policy = "", RevisionId } = await test.lambda.send(
    new GetPolicyCommand({ FunctionName: "open", Qualifier }),
  );
  return { document: JSON.parse(Policy) as { Statement: unknown[] }, RevisionId };
};
const remove = (StatementId: string, more: { Qualifier?: string; RevisionId?: string } = {}) =>
  test.lambda.send(new RemovePermissionCommand({ FunctionName: "open", StatementId, ...more }));

it("keeps one policy for the function, one per version and one per alias", async () => {
  const SourceArn = "arn:aws:s3:::a-bucket";
  const statementOf = (Resource: string) => ({
    Sid: "s3",
    Effect: "Allow",
    Principal: { Service: "s3.amazonaws.com" },
    Action: "lambda:InvokeFunction",
    Resource,
    Condition: { ArnLike: { "AWS:SourceArn": SourceArn } },
  });
  for (const Qualifier of [undefined, "1", "prod"]) {
    const { Statement = "" } = await add({ SourceArn, Qualifier });
    expect(JSON.parse(Statement)).toEqual(statementOf(arnOf("open", Qualifier)));
    expect((await policy(Qualifier)).document).toEqual({
      Version: "2012-10-17",
      Id: "default",
      Statement: [statementOf(arnOf("open", Qualifier))],
    });
  }
  await remove("s3", { Qualifier: "1" });
  expect((await errorOf(policy("1"))).message).toBe("The resource you requested does not exist.");
  expect((await policy("prod")).document.Statement).toHaveLength(1);
});

it("writes principals and conditions as AWS does", async () => {
  const cases: [Partial<AddPermissionCommandInput>, object][] = [
    [
      { Principal: "*", SourceAccount: "111111111111" },
      { Principal: "*", Condition: { StringEquals: { "AWS:SourceAccount": "111111111111" } } },
    ],
    [{ Principal: "111111111111" }, { Principal: { AWS: "arn:aws:iam::111111111111:root" } }],
    [
      { Principal: "arn:aws:iam::111111111111:user/ann" },
      { Principal: { AWS: "arn:aws:iam::111111111111:user/ann" } },
    ],
    [
      { Principal: "*", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
      {
        Principal: "*",
        Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } },
      },
    ],
  ];
  for (const [index, [input, expected]] of cases.entries()) {
    const { Statement = "" } = await add({ ...input, StatementId: `case-${index}` });
    expect(JSON.parse(Statement)).toMatchObject(expected);
  }
});

it("refuses with AWS's texts", async () => {
  await add({ StatementId: "taken" });
  const cases: [() => Promise<unknown>, string, string][] = [
    [
      () => add({ Qualifier: "$LATEST" }),
      "InvalidParameterValueException",
      "We currently do not support adding policies for $LATEST.",
    ],
    [
      () => add({ Principal: "nobody" }),
      "InvalidParameterValueException",
      "The provided principal was invalid. Please check the principal and try again.",
    ],
    [
      () => add({ StatementId: "taken" }),
      "ResourceConflictException",
      "The statement id (taken) provided already exists. Please provide a new statement id, or remove the existing statement.",
    ],
    [
      () => add({ StatementId: "example.com" }),
      "ValidationException",
      "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
    ],
    [
      () => add({ Qualifier: "42" }),
      "ResourceNotFoundException",
      `Function not found: ${arnOf("open", "42")}`,
    ],
    [
      () => add({ Qualifier: "no-alias" }),
      "ResourceNotFoundException",
      `Cannot find alias arn: ${arnOf("open", "no-alias")}`,
    ],
    [
      () => add({ FunctionName: "nobody" }),
      "ResourceNotFoundException",
      `Function not found: ${arnOf("nobody")}`,
    ],
    [
      () => remove("non-existent"),
      "ResourceNotFoundException",
      "Statement non-existent is not found in resource policy.",
    ],
    [
      () => remove("s3", { Qualifier: "1" }),
      "ResourceNotFoundException",
      "No policy is associated with the given resource.",
    ],
    [
      () =>
        test.lambda.send(new RemovePermissionCommand({ FunctionName: "nobody", StatementId: "s" })),
      "ResourceNotFoundException",
      `No policy found for: ${arnOf("nobody")}`,
    ],
    [() => policy("1"), "ResourceNotFoundException", "The resource you requested does not exist."],
  ];
  for (const [call, name, message] of cases) {
    expect(await errorOf(call())).toMatchObject({ name, message });
  }
});

it("guards with the policy's revision, which the function takes over", async () => {
  await test.create("revised");
  const before = await stateOf(test.lambda, "revised");
  const named = { FunctionName: "revised" };
  const refused = await errorOf(add({ ...named, RevisionId: "wrong" }));
  expect(refused).toMatchObject({
    name: "PreconditionFailedException",
    status: 412,
    message:
      "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id",
  });
  await add({ ...named, RevisionId: before.RevisionId });
  const { RevisionId } = await test.lambda.send(new GetPolicyCommand(named));
  expect(RevisionId).not.toBe(before.RevisionId);
  expect((await stateOf(test.lambda, "revised")).RevisionId).toBe(RevisionId);
  await add({ ...named, StatementId: "second", RevisionId });
});

it("stops at 20 KB", async () => {
  await test.create("long");
  const refusals: string[] = [];
  for (let index = 0; refusals.length === 0 && index < 200; index++) {
    const call = add({
      FunctionName: "long",
      StatementId: `statement-${index}`,
      SourceArn: `arn:aws:s3:::${"b".repeat(200)}`,
    });
    await call.catch((error: Error) => void refusals.push(error.name));
  }
  expect(refusals).toEqual(["PolicyLengthExceededException"]);
  const { Policy = "" } = await test.lambda.send(new GetPolicyCommand({ FunctionName: "long" }));
  expect(Buffer.byteLength(Policy)).toBeLessThanOrEqual(20_480);
});

import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  paginateListFunctions,
  PublishVersionCommand,
  LambdaClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zipOf } from "../../support/worker-cloud.ts";
import { createRole } from "../../support/roles.ts";
import {
  arnOf,
  errorOf,
  type LambdaCloud,
  lambdaCloud,
  pythonApp,
  ROLE,
  stateOf,
} from "./lambda-cloud.ts";

// Protects the life of a function: what CreateFunction accepts and answers, states, names, lists, tags.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
});
afterAll(() => test.close());

const REFUSED = { name: "InvalidParameterValueException", status: 400, Type: "User" };

describe("CreateFunction", () => {
  it("answers with every member of the recorded AWS answer, and Pending", async () => {
    const zip = await zipOf({ "app.py": pythonApp("members") });
    const output = await test.lambda.send(
      new CreateFunctionCommand({
        FunctionName: "members",
        Role: ROLE,
        Runtime: "python3.13",
        Handler: "app.handler",
        Code: { ZipFile: zip },
        Environment: { Variables: { STAGE: "test" } },
        MemorySize: 256,
        Timeout: 5,
      }),
    );
    const { $metadata, LastModified, RevisionId, RuntimeVersionConfig, ...members } = output;
    expect($metadata.httpStatusCode).toBe(201);
    expect(LastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    expect(RevisionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(RuntimeVersionConfig?.RuntimeVersionArn).toMatch(/^arn:aws:lambda:us-east-1::runtime:/);
    expect(members).toEqual({
      Architectures: ["x86_64"],
      CodeSha256: createHash("sha256").update(zip).digest("base64"),
      CodeSize: zip.length,
      Description: "",
      Environment: { Variables: { STAGE: "test" } },
      EphemeralStorage: { Size: 512 },
      FunctionArn: arnOf("members"),
      FunctionName: "members",
      Handler: "app.handler",
      LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/members" },
      MemorySize: 256,
      PackageType: "Zip",
      Role: ROLE,
      Runtime: "python3.13",
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
      State: "Pending",
      StateReason: "The function is being created.",
      StateReasonCode: "Creating",
      Timeout: 5,
      TracingConfig: { Mode: "PassThrough" },
      Version: "$LATEST",
    });
  });

  it("refuses everything but reading while Pending, then becomes Active under a new revision", async () => {
    const { RevisionId } = await test.send("pending");
    const named = { FunctionName: "pending" };
    const conflict = {
      name: "ResourceConflictException",
      status: 409,
      message:
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
    };
    const refused = await Promise.all([
      errorOf(test.invoke("pending")),
      errorOf(test.lambda.send(new PublishVersionCommand(named))),
      errorOf(test.lambda.send(new UpdateFunctionConfigurationCommand(named))),
    ]);
    for (const error of refused) expect(error).toMatchObject(conflict);
    await test.create("pending-2");
    const active = await stateOf(test.lambda, "pending-2");
    expect(active).toMatchObject({ State: "Active", LastUpdateStatus: "Successful" });
    expect(active.RevisionId).not.toBe(RevisionId);
  });

  it("publishes version 1 under the function's own ARN when asked to", async () => {
    const created = await test.send("born-published", { Publish: true });
    expect(created).toMatchObject({
      Version: "1",
      FunctionArn: arnOf("born-published"),
      State: "Pending",
    });
    await test.create("wait-for-it");
    expect(await stateOf(test.lambda, "born-published", "1")).toMatchObject({ State: "Active" });
    expect((await test.invoke("born-published", { Qualifier: "1" })).json?.version).toBe("1");
  });

  it("refuses a second function of the same name", async () => {
    await test.send("twice");
    expect(await errorOf(test.send("twice"))).toMatchObject({
      name: "ResourceConflictException",
      message: "Function already exist: twice",
      status: 409,
    });
  });

  it.each([
    [
      "python3.9",
      "The runtime parameter of python3.9 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
    ],
    [
      "nodejs18.x",
      "The runtime parameter of nodejs18.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
    ],
    [
      "PYTHON3.13",
      expect.stringMatching(
        /^Value PYTHON3\.13 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*python3\.13.*\] or be a valid ARN$/,
      ),
    ],
  ])("refuses the runtime %s", async (runtime, message) => {
    expect(await errorOf(test.send("old", { Runtime: runtime as "python3.9" }))).toMatchObject({
      ...REFUSED,
      message,
    });
  });

  it("refuses a role that is missing, does not trust Lambda or is another account's", async () => {
    await createRole(test.cloud, "ec2-role", "ec2.amazonaws.com");
    const cannot = {
      ...REFUSED,
      message: "The role defined for the function cannot be assumed by Lambda.",
    };
    for (const name of ["ec2-role", "no-such-role"]) {
      const Role = ROLE.replace("lambda-role", name);
      expect(await errorOf(test.send("roles", { Role }))).toMatchObject(cannot);
    }
    const Role = ROLE.replace("000000000000", "111111111111");
    expect(await errorOf(test.send("roles", { Role }))).toMatchObject({
      name: "AccessDeniedException",
      message: "Cross-account pass role is not allowed.",
    });
  });

  it("refuses what is missing or out of range", async () => {
    const mandatory =
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
    expect((await errorOf(test.send("no", { Handler: undefined }))).message).toBe(mandatory);
    expect((await errorOf(test.send("no", { Code: {} }))).message).toBe(
      "Please provide a source for function code.",
    );
    expect(await errorOf(test.send("no", { Timeout: 901 }))).toMatchObject({
      name: "ValidationException",
      message:
        "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
    });
    expect((await errorOf(test.send("no", { MemorySize: 10_241 }))).message).toContain(
      "'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240",
    );
    expect((await errorOf(test.send("a".repeat(65)))).message).toBe(
      `1 validation error detected: Value '${"a".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    );
  });

  it("refuses more than 4 KB of environment, and reserved names", async () => {
    const Variables = { SMALL_VAR: "ok", LARGE_VAR: "x".repeat(4096) };
    expect(await errorOf(test.send("env", { Environment: { Variables } }))).toMatchObject({
      ...REFUSED,
      message: `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${JSON.stringify(Variables)}`,
    });
    const reserved = { Variables: { AWS_REGION: "moon" } };
    expect((await errorOf(test.send("env", { Environment: reserved }))).message).toContain(
      "Reserved keys used in this request: AWS_REGION",
    );
  });

  it("says clearly what this cloud cannot do yet", async () => {
    const image = await errorOf(
      test.send("no", { PackageType: "Image", Code: { ImageUri: "x:1" } }),
    );
    expect(image).toMatchObject({ ...REFUSED, message: expect.stringContaining("images") });
    const s3 = await errorOf(test.send("no", { Code: { S3Bucket: "bucket", S3Key: "key" } }));
    expect(s3).toMatchObject({ ...REFUSED, message: expect.stringContaining("ZipFile") });
  });
});

describe("function names", () => {
  it("accepts a name, a partial ARN and an ARN, with and without a qualifier", async () => {
    await test.create("named", { Publish: true });
    const forms = ["named", arnOf("named").split(":").slice(4).join(":"), arnOf("named")];
    for (const FunctionName of forms) {
      for (const qualifier of ["", ":1", ":$LATEST"]) {
        const found = await test.lambda.send(
          new GetFunctionConfigurationCommand({ FunctionName: FunctionName + qualifier }),
        );
        expect(found.FunctionArn).toBe(arnOf("named") + qualifier);
        expect(found.Version).toBe(qualifier === ":1" ? "1" : "$LATEST");
      }
    }
  });

  it("refuses a qualifier that contradicts the name, and other regions and accounts", async () => {
    const get = (FunctionName: string, Qualifier?: string) =>
      errorOf(test.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier })));
    expect(await get(arnOf("named", "1"), "$LATEST")).toMatchObject({
      ...REFUSED,
      message:
        "The derived qualifier from the function name does not match the specified qualifier.",
    });
    expect(await get(arnOf("named").replace("us-east-1", "eu-west-1"))).toMatchObject({
      name: "ResourceNotFoundException",
      message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    });
    expect(await get(arnOf("named").replace("000000000000", "111111111111"))).toMatchObject({
      name: "AccessDeniedException",
      status: 403,
    });
  });

  it("names what it did not find, qualifier included", async () => {
    const get = (FunctionName: string, Qualifier?: string) =>
      errorOf(test.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier })));
    const missing = { name: "ResourceNotFoundException", status: 404, Type: "User" };
    const cases = [
      await get("nobody"),
      await get("nobody", "$LATEST"),
      await get("named", "1221"),
      await get("named", "no-alias"),
    ];
    const arns = [
      arnOf("nobody"),
      arnOf("nobody", "$LATEST"),
      arnOf("named", "1221"),
      arnOf("named", "no-alias"),
    ];
    for (const [index, error] of cases.entries()) {
      expect(error).toMatchObject({ ...missing, message: `Function not found: ${arns[index]}` });
    }
  });

  it("keeps accounts and regions apart", async () => {
    const elsewhere = test.cloud.client(LambdaClient, { region: "eu-west-1" });
    const other = test.cloud.client(LambdaClient, { account: "111111111111" });
    for (const client of [elsewhere, other]) {
      expect((await client.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    }
  });
});

describe("ListFunctions and DeleteFunction", () => {
  it("gives pages in order, and every version with FunctionVersion=ALL", async () => {
    const own = await lambdaCloud();
    for (const name of ["c", "a", "b"]) await own.create(name);
    await own.lambda.send(new PublishVersionCommand({ FunctionName: "a" }));
    const names: string[] = [];
    const pages = paginateListFunctions({ client: own.lambda, pageSize: 2 }, {});
    for await (const page of pages) {
      expect(page.Functions?.length).toBeLessThanOrEqual(2);
      for (const { FunctionName = "", State } of page.Functions ?? []) {
        names.push(FunctionName);
        expect(State).toBeUndefined();
      }
    }
    expect(names).toEqual(["a", "b", "c"]);
    const all = await own.lambda.send(new ListFunctionsCommand({ FunctionVersion: "ALL" }));
    expect(all.Functions?.map(({ FunctionArn }) => FunctionArn)).toEqual([
      arnOf("a", "$LATEST"),
      arnOf("a", "1"),
      arnOf("b", "$LATEST"),
      arnOf("c", "$LATEST"),
    ]);
    await own.close();
  });

  it("deletes a function with everything it has, but not $LATEST or an alias alone", async () => {
    await test.create("short-lived", { Publish: true });
    const remove = (FunctionName: string, Qualifier?: string) =>
      test.lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));
    expect(await errorOf(remove("short-lived", "$LATEST"))).toMatchObject({
      ...REFUSED,
      message: "$LATEST version cannot be deleted without deleting the function.",
    });
    expect((await errorOf(remove("short-lived", "prod"))).message).toBe(
      "Deletion of aliases is not currently supported.",
    );
    expect((await remove("short-lived", "99")).$metadata.httpStatusCode).toBe(204);
    expect((await remove("short-lived")).$metadata.httpStatusCode).toBe(204);
    expect((await errorOf(remove("short-lived"))).message).toBe(
      `Function not found: ${arnOf("short-lived")}`,
    );
    expect((await errorOf(test.invoke("short-lived", { Qualifier: "1" }))).status).toBe(404);
  });
});

describe("tags", () => {
  it("are added, shown, removed, and limited to fifty", async () => {
    await test.create("tagged", { Tags: { team: "shop" } });
    const Resource = arnOf("tagged");
    await test.lambda.send(new TagResourceCommand({ Resource, Tags: { stage: "test" } }));
    await test.lambda.send(new UntagResourceCommand({ Resource, TagKeys: ["team"] }));
    const { Tags } = await test.lambda.send(new ListTagsCommand({ Resource }));
    expect(Tags).toEqual({ stage: "test" });
    expect(
      (await test.lambda.send(new GetFunctionCommand({ FunctionName: "tagged" }))).Tags,
    ).toEqual({ stage: "test" });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, ""]));
    const call = (Tags: Record<string, string>, resource = Resource) =>
      errorOf(test.lambda.send(new TagResourceCommand({ Resource: resource, Tags })));
    expect((await call(many)).message).toBe("Number of tags exceeds resource tag limit.");
    expect((await call({})).message).toBe("An error occurred and the request cannot be processed.");
    expect((await call({ a: "b" }, `${Resource}:1`)).message).toBe(
      "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    );
    expect((await call({ a: "b" }, arnOf("nobody"))).message).toBe(
      `Function not found: ${arnOf("nobody")}`,
    );
  });
});

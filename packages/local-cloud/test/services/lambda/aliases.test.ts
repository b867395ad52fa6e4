import {
  AddPermissionCommand,
  type AliasRoutingConfiguration,
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  paginateListAliases,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRole } from "../../support/roles.ts";
import {
  arnOf,
  errorOf,
  type LambdaCloud,
  lambdaCloud,
  pythonApp,
  ROLE,
  waiting,
} from "./lambda-cloud.ts";

// Protects aliases: weighted routing with AWS's rules and texts, merging, revisions, deletion.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
  await test.create("shop", { Publish: true });
  await test.publish("shop", pythonApp("two"));
});
afterAll(() => test.close());

const weights = (AdditionalVersionWeights: Record<string, number>): AliasRoutingConfiguration => ({
  AdditionalVersionWeights,
});
const createAlias = (
  Name: string,
  FunctionVersion: string,
  RoutingConfig?: AliasRoutingConfiguration,
  FunctionName = "shop",
) =>
  test.lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion, RoutingConfig }));
const updateAlias = (
  Name: string,
  change: {
    FunctionVersion?: string;
    RoutingConfig?: AliasRoutingConfiguration;
    RevisionId?: string;
  },
) => test.lambda.send(new UpdateAliasCommand({ FunctionName: "shop", Name, ...change }));
const getAlias = (Name: string) =>
  test.lambda.send(new GetAliasCommand({ FunctionName: "shop", Name }));

describe("an alias", () => {
  it("is created, read and shown as a function's qualifier", async () => {
    const created = await createAlias("live", "1", weights({ 2: 0.2 }));
    expect(created).toMatchObject({
      AliasArn: arnOf("shop", "live"),
      Name: "live",
      Description: "",
      FunctionVersion: "1",
      RoutingConfig: weights({ 2: 0.2 }),
    });
    expect(created.$metadata.httpStatusCode).toBe(201);
    expect((await getAlias("live")).RevisionId).toBe(created.RevisionId);
    const found = await test.lambda.send(
      new GetFunctionCommand({ FunctionName: "shop", Qualifier: "live" }),
    );
    expect(found.Configuration).toMatchObject({
      FunctionArn: arnOf("shop", "live"),
      Version: "1",
    });
  });

  it("may point at $LATEST only without routing", async () => {
    expect((await createAlias("newest", "$LATEST")).FunctionVersion).toBe("$LATEST");
    expect(await errorOf(createAlias("both", "$LATEST", weights({ 1: 0.5 })))).toMatchObject({
      name: "InvalidParameterValueException",
      message: "$LATEST is not supported for an alias pointing to more than 1 version",
      status: 400,
    });
  });

  it("keeps doubles as they are", async () => {
    await createAlias("precise", "1", weights({ 2: 0.123456789 }));
    expect((await getAlias("precise")).RoutingConfig).toEqual(weights({ 2: 0.123456789 }));
  });
});

describe("recorded refusals", () => {
  const RANGE =
    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]";

  it.each([
    [
      "too many",
      { 1: 0.1, 2: 0.1 },
      "1",
      "InvalidParameterValueException",
      "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ],
    [
      "too high",
      { 2: 2 },
      "1",
      "ValidationException",
      `1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: ${RANGE}`,
    ],
    [
      "below zero",
      { 2: -1 },
      "1",
      "ValidationException",
      `1 validation error detected: Value '{2=-1.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: ${RANGE}`,
    ],
    [
      "the same version twice",
      { 1: 0.5 },
      "1",
      "InvalidParameterValueException",
      "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ],
    [
      "$LATEST as additional",
      { $LATEST: 0.5 },
      "1",
      "ValidationException",
      "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
    ],
    [
      "a missing version",
      {},
      "10",
      "ResourceNotFoundException",
      `Function not found: ${arnOf("shop", "10")}`,
    ],
    [
      "a missing additional version",
      { 10: 0.5 },
      "1",
      "ResourceNotFoundException",
      `Function not found: ${arnOf("shop", "10")}`,
    ],
  ])("%s", async (_title, routing: Record<string, number>, version, name, message) => {
    expect(await errorOf(createAlias("refused", version, weights(routing)))).toMatchObject({
      name,
      message,
    });
    expect((await errorOf(getAlias("refused"))).status).toBe(404);
  });

  it("names of digits only, names taken and functions unknown", async () => {
    expect(await errorOf(createAlias("2024", "1"))).toMatchObject({
      name: "ValidationException",
      message:
        "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    });
    await createAlias("taken", "1");
    expect(await errorOf(createAlias("taken", "1"))).toMatchObject({
      name: "ResourceConflictException",
      message: `Alias already exists: ${arnOf("shop", "taken")}`,
      status: 409,
    });
    expect((await errorOf(createAlias("new", "1", undefined, "shop-unknown"))).message).toBe(
      `Function not found: ${arnOf("shop-unknown", "1")}`,
    );
  });

  it("missing aliases, each operation with its own text", async () => {
    const missing = { name: "ResourceNotFoundException", status: 404, Type: "User" };
    const arn = arnOf("shop", "non-existent");
    expect(await errorOf(getAlias("non-existent"))).toMatchObject({
      ...missing,
      message: `Cannot find alias arn: ${arn}`,
    });
    expect(await errorOf(updateAlias("non-existent", {}))).toMatchObject({
      ...missing,
      message: `Alias not found: ${arn}`,
    });
    const removed = await test.lambda.send(
      new DeleteAliasCommand({ FunctionName: "shop", Name: "non-existent" }),
    );
    expect(removed.$metadata.httpStatusCode).toBe(204);
  });

  it("versions whose roles differ", async () => {
    await createRole(test.cloud, "second-role", "lambda.amazonaws.com");
    await test.create("roles", { Publish: true });
    const Role = ROLE.replace("lambda-role", "second-role");
    await test.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "roles", Role }));
    await waitUntilFunctionUpdatedV2(waiting(test.lambda), { FunctionName: "roles" });
    expect(await test.publish("roles", pythonApp("two"))).toBe("2");
    const refused = await errorOf(createAlias("live", "1", weights({ 2: 0.1 }), "roles"));
    expect(refused).toMatchObject({
      name: "InvalidParameterValueException",
      message: expect.stringContaining("same execution role"),
    });
  });
});

describe("UpdateAlias", () => {
  it("keeps the routing when it is left out, and clears it when it is empty", async () => {
    await createAlias("merging", "1", weights({ 2: 0.2 }));
    const kept = await updateAlias("merging", {});
    expect(kept.RoutingConfig).toEqual(weights({ 2: 0.2 }));
    // Promoting by FunctionVersion alone while the weight still names that version fails.
    expect((await errorOf(updateAlias("merging", { FunctionVersion: "2" }))).message).toBe(
      "Invalid function version 2. Function version 2 is already included in routing configuration.",
    );
    const promoted = await updateAlias("merging", { FunctionVersion: "2", RoutingConfig: {} });
    expect(promoted.FunctionVersion).toBe("2");
    expect(promoted.RoutingConfig).toBeUndefined();
    expect(promoted.RevisionId).not.toBe(kept.RevisionId);
    await updateAlias("merging", { RoutingConfig: weights({ 1: 1 }) });
    const cleared = await updateAlias("merging", { RoutingConfig: weights({}) });
    expect(cleared.RoutingConfig).toBeUndefined();
  });

  it("answers 412 to an old revision, and changes nothing", async () => {
    const created = await createAlias("guarded", "1");
    const updated = await updateAlias("guarded", {
      RoutingConfig: weights({ 2: 0.5 }),
      RevisionId: created.RevisionId ?? "",
    });
    const refused = await errorOf(
      updateAlias("guarded", { FunctionVersion: "2", RevisionId: created.RevisionId ?? "" }),
    );
    expect(refused).toMatchObject({
      name: "PreconditionFailedException",
      status: 412,
      message:
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    });
    expect(await getAlias("guarded")).toMatchObject({
      FunctionVersion: "1",
      RevisionId: updated.RevisionId,
    });
  });

  it("gets a new revision when a permission is added to the alias", async () => {
    const created = await createAlias("permitted", "1");
    await test.lambda.send(
      new AddPermissionCommand({
        FunctionName: "shop",
        Qualifier: "permitted",
        StatementId: "api",
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
        RevisionId: created.RevisionId,
      }),
    );
    expect((await getAlias("permitted")).RevisionId).not.toBe(created.RevisionId);
  });
});

it("lists aliases in pages and by version", async () => {
  await test.create("listed", { Publish: true });
  await test.publish("listed", pythonApp("two"));
  for (const [index, name] of ["c", "a", "b", "d"].entries()) {
    await createAlias(name, index < 2 ? "1" : "2", undefined, "listed");
  }
  const list = async (FunctionVersion?: string) => {
    const names: (string | undefined)[] = [];
    const pages = paginateListAliases(
      { client: test.lambda, pageSize: 3 },
      { FunctionName: "listed", FunctionVersion },
    );
    for await (const { Aliases } of pages) names.push(...(Aliases ?? []).map(({ Name }) => Name));
    return names;
  };
  expect(await list()).toEqual(["a", "b", "c", "d"]);
  expect(await list("1")).toEqual(["a", "c"]);
});

it("keeps a version from being deleted", async () => {
  await test.create("held", { Publish: true });
  await test.publish("held", pythonApp("two"));
  await createAlias("live", "1", weights({ 2: 0.1 }), "held");
  for (const Qualifier of ["1", "2"]) {
    const refused = await errorOf(
      test.lambda.send(new DeleteFunctionCommand({ FunctionName: "held", Qualifier })),
    );
    expect(refused).toMatchObject({
      name: "ResourceConflictException",
      status: 409,
      message: "Unable to delete version because the following aliases reference it: [live]",
    });
  }
});

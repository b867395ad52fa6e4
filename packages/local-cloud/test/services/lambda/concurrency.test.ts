import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetProvisionedConcurrencyConfigCommand,
  ListProvisionedConcurrencyConfigsCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  arnOf,
  errorOf,
  eventually,
  type LambdaCloud,
  lambdaCloud,
  pythonApp,
} from "./lambda-cloud.ts";

// Protects concurrency: what can be reserved and provisioned, and who is throttled with which reason.
let test: LambdaCloud;
let directory: string;
beforeAll(async () => {
  test = await lambdaCloud();
});
afterAll(() => test.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-concurrency-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const THROTTLED = {
  name: "TooManyRequestsException",
  status: 429,
  message: "Rate Exceeded.",
  Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
  Type: "User",
};

/** Leaves a file when it starts and waits until a file "go" is there. */
const WAITING_APP = [
  "import os, time",
  "def handler(event, context):",
  '    directory = os.environ["MEETING_POINT"]',
  "    open(os.path.join(directory, context.aws_request_id), 'w').close()",
  '    while not os.path.exists(os.path.join(directory, "go")):',
  "        time.sleep(0.01)",
  "    return context.function_version",
].join("\n");
const createWaiting = (name: string) =>
  test.create(
    name,
    { Environment: { Variables: { MEETING_POINT: directory } }, Timeout: 30, Publish: true },
    WAITING_APP,
  );
const running = (count: number) =>
  eventually(() => expect(readdirSync(directory)).toHaveLength(count));
const letThemGo = () => writeFileSync(join(directory, "go"), "");

const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
  test.lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }),
  );
const unreserve = (FunctionName: string) =>
  test.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
const provision = (
  FunctionName: string,
  Qualifier: string,
  ProvisionedConcurrentExecutions: number,
) =>
  test.lambda.send(
    new PutProvisionedConcurrencyConfigCommand({
      FunctionName,
      Qualifier,
      ProvisionedConcurrentExecutions,
    }),
  );
const provisioned = (FunctionName: string, Qualifier: string) =>
  test.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
const unprovision = (FunctionName: string, Qualifier: string) =>
  test.lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
const ready = (FunctionName: string, Qualifier: string, count: number) =>
  eventually(async () =>
    expect(await provisioned(FunctionName, Qualifier)).toMatchObject({
      Status: "READY",
      AvailableProvisionedConcurrentExecutions: count,
      AllocatedProvisionedConcurrentExecutions: count,
      RequestedProvisionedConcurrentExecutions: count,
    }),
  );

describe("reserved concurrency", () => {
  it("is set, shown and taken away", async () => {
    await test.create("reserved");
    const get = new GetFunctionConcurrencyCommand({ FunctionName: "reserved" });
    expect((await test.lambda.send(get)).ReservedConcurrentExecutions).toBeUndefined();
    expect((await reserve("reserved", 3)).ReservedConcurrentExecutions).toBe(3);
    expect((await test.lambda.send(get)).ReservedConcurrentExecutions).toBe(3);
    const { Concurrency } = await test.lambda.send(
      new GetFunctionCommand({ FunctionName: "reserved" }),
    );
    expect(Concurrency).toEqual({ ReservedConcurrentExecutions: 3 });
    const { AccountLimit } = await test.lambda.send(new GetAccountSettingsCommand({}));
    expect(AccountLimit).toEqual({
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: 1000,
      TotalCodeSize: 80_530_636_800,
      UnreservedConcurrentExecutions: 997,
    });
    expect((await unreserve("reserved")).$metadata.httpStatusCode).toBe(204);
    expect((await test.lambda.send(get)).ReservedConcurrentExecutions).toBeUndefined();
  });

  it("of 0 stops a function at once", async () => {
    await test.create("stopped");
    await reserve("stopped", 0);
    expect(await errorOf(test.invoke("stopped"))).toMatchObject(THROTTLED);
    await unreserve("stopped");
    expect((await test.invoke("stopped")).StatusCode).toBe(200);
  });

  it("throttles what comes on top, and gives places back", async () => {
    await createWaiting("narrow");
    await reserve("narrow", 2);
    const first = [test.invoke("narrow"), test.invoke("narrow", { Qualifier: "1" })];
    await running(2);
    expect(await errorOf(test.invoke("narrow"))).toMatchObject(THROTTLED);
    letThemGo();
    expect((await Promise.all(first)).map(({ text }) => text)).toEqual(['"$LATEST"', '"1"']);
    expect((await test.invoke("narrow")).StatusCode).toBe(200);
    await unreserve("narrow");
  });

  it("leaves 100 to the other functions, and belongs to the function as a whole", async () => {
    await test.create("greedy");
    expect(await errorOf(reserve("greedy", 901))).toMatchObject({
      name: "InvalidParameterValueException",
      message:
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    });
    expect((await reserve("greedy", 900)).ReservedConcurrentExecutions).toBe(900);
    await unreserve("greedy");
    expect((await errorOf(reserve(arnOf("greedy", "1"), 1))).message).toBe(
      "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
    );
    expect((await errorOf(reserve("doesnotexist", 1))).message).toBe(
      `Function not found: ${arnOf("doesnotexist", "$LATEST")}`,
    );
  });
});

describe("provisioned concurrency", () => {
  it("goes from IN_PROGRESS to READY, with workers that are there already", async () => {
    await test.create("warm", { Publish: true });
    expect(await provision("warm", "1", 2)).toMatchObject({
      Status: "IN_PROGRESS",
      RequestedProvisionedConcurrentExecutions: 2,
      AvailableProvisionedConcurrentExecutions: 0,
      AllocatedProvisionedConcurrentExecutions: 0,
    });
    await ready("warm", "1", 2);
    const { LogResult = "" } = await test.invoke("warm", { Qualifier: "1", LogType: "Tail" });
    expect(Buffer.from(LogResult, "base64").toString()).not.toContain("Init Duration");
    const listed = await test.lambda.send(
      new ListProvisionedConcurrencyConfigsCommand({ FunctionName: "warm" }),
    );
    expect(listed.ProvisionedConcurrencyConfigs).toMatchObject([
      { FunctionArn: arnOf("warm", "1"), Status: "READY" },
    ]);
    await unprovision("warm", "1");
    expect(await errorOf(provisioned("warm", "1"))).toMatchObject({
      name: "ProvisionedConcurrencyConfigNotFoundException",
      status: 404,
      message: "No Provisioned Concurrency Config found for this function",
    });
  });

  it("is on a version or on an alias that points to it, not on both", async () => {
    await test.create("either", { Publish: true });
    await test.lambda.send(
      new CreateAliasCommand({ FunctionName: "either", Name: "live", FunctionVersion: "1" }),
    );
    await provision("either", "1", 1);
    expect(await errorOf(provision("either", "live", 1))).toMatchObject({
      name: "ResourceConflictException",
      status: 409,
      message:
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    });
    await unprovision("either", "1");
    await provision("either", "live", 1);
    expect(await errorOf(provision("either", "1", 1))).toMatchObject({
      name: "ResourceConflictException",
      message: "Version is pointed by a Provisioned Concurrency alias",
    });
    await test.lambda.send(new DeleteAliasCommand({ FunctionName: "either", Name: "live" }));
    expect((await errorOf(provisioned("either", "live"))).message).toBe(
      `Cannot find alias arn: ${arnOf("either", "live")}`,
    );
  });

  it("follows its alias, and is refused on a weighted one", async () => {
    await test.create("moving", { Publish: true });
    await test.publish("moving", pythonApp("two"));
    const alias = { FunctionName: "moving", Name: "live" };
    await test.lambda.send(
      new CreateAliasCommand({
        ...alias,
        FunctionVersion: "1",
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
      }),
    );
    expect(await errorOf(provision("moving", "live", 1))).toMatchObject({
      name: "InvalidParameterValueException",
      message: "Alias with weights can not be used with Provisioned Concurrency",
    });
    await test.lambda.send(new UpdateAliasCommand({ ...alias, RoutingConfig: {} }));
    await provision("moving", "live", 1);
    await ready("moving", "live", 1);
    await test.lambda.send(new UpdateAliasCommand({ ...alias, FunctionVersion: "2" }));
    await ready("moving", "live", 1);
    const moved = await test.invoke("moving", { Qualifier: "live", LogType: "Tail" });
    expect(moved.json?.answer).toBe("two");
    expect(Buffer.from(moved.LogResult ?? "", "base64").toString()).not.toContain("Init Duration");
  });

  it("fails when the function cannot be initialised", async () => {
    await test.create("broken", { Publish: true }, 'raise ValueError("at import")');
    await provision("broken", "1", 1);
    await eventually(async () =>
      expect(await provisioned("broken", "1")).toMatchObject({
        Status: "FAILED",
        StatusReason: "FUNCTION_ERROR_INIT_FAILURE",
        AvailableProvisionedConcurrentExecutions: 0,
      }),
    );
  });

  it("takes its share of the reservation", async () => {
    await test.create("shared", { Publish: true });
    await provision("shared", "1", 2);
    await ready("shared", "1", 2);
    expect((await errorOf(reserve("shared", 1))).message).toBe(
      " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
    );
    await reserve("shared", 2);
    expect(await errorOf(test.invoke("shared"))).toMatchObject(THROTTLED);
    expect((await test.invoke("shared", { Qualifier: "1" })).StatusCode).toBe(200);
    expect((await errorOf(provision("shared", "1", 3))).message).toBe(
      "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
    );
    await unprovision("shared", "1");
    await unreserve("shared");
  });

  it("refuses with AWS's texts", async () => {
    await test.create("cold", { Publish: true });
    const cases: [() => Promise<unknown>, string][] = [
      [
        () => provision("cold", "$LATEST", 1),
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      ],
      [
        () => provisioned("cold", "$LATEST"),
        "The function resource provided must be an alias or a published version.",
      ],
      [() => provisioned("cold", "noalias"), `Cannot find alias arn: ${arnOf("cold", "noalias")}`],
      [
        () => provisioned("doesnotexist", "noalias"),
        `Cannot find alias arn: ${arnOf("doesnotexist", "noalias")}`,
      ],
      [() => unprovision("doesnotexist", "1"), `Function not found: ${arnOf("doesnotexist", "1")}`],
      [
        () => provision("cold", "1", 0),
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
      ],
      [
        () => provision("cold", "1", 901),
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
      ],
    ];
    for (const [call, message] of cases) expect((await errorOf(call())).message).toBe(message);
    expect((await errorOf(provision("cold", "1", 1001))).message).toMatch(
      /^Specified ConcurrentExecutions for function is greater than account's unreserved concurrency \[\d+\]\.$/,
    );
  });
});

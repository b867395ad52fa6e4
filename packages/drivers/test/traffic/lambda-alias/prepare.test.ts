// Protects the way to a canary version: what cannot work stops before any traffic, what is there
// already is used, and no lost answer publishes twice.
import { describe, expect, it } from "vitest";
import { aliasDriver, cloudWithFunction } from "../../support/alias-driver.ts";
import { expectError } from "../../support/expect-error.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import {
  ALIAS,
  createRole,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
  pythonHandler,
  settle,
} from "../../support/lambda-cloud.ts";

const isUpload = ({ method, path }: SeenRequest) => method === "PUT" && path.endsWith("/code");
const isPublish = ({ method, path }: SeenRequest) =>
  method === "POST" && path.endsWith("/versions");
const isChange = ({ method, path }: SeenRequest) =>
  method !== "GET" && !path.includes("/invocations");

async function versionsOf({ lambda }: LambdaCloud): Promise<string[]> {
  const { Versions = [] } = await lambda.listVersionsByFunction({ FunctionName: FUNCTION_NAME });
  return Versions.map(({ Version = "" }) => Version);
}

async function answerOf({ lambda }: LambdaCloud, version: string): Promise<unknown> {
  const { Payload } = await lambda.invoke({ FunctionName: FUNCTION_NAME, Qualifier: version });
  return JSON.parse(new TextDecoder().decode(Payload));
}

describe("a new version", () => {
  it("is published from a folder and runs that code", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud, { description: "release 7" });
    const prepared = await driver.prepare();
    expect(prepared).toMatchObject({ stable: "1", canary: "2", published: true, warnings: [] });
    expect(await answerOf(cloud, "2")).toEqual({ said: "two" });
    expect(await answerOf(cloud, "1")).toEqual({ said: "one" });
    const { Description } = await cloud.lambda.getFunctionConfiguration({
      FunctionName: FUNCTION_NAME,
      Qualifier: "2",
    });
    expect(Description).toBe("release 7");
  });

  it("takes a new handler along with its new file", async () => {
    const cloud = await cloudWithFunction();
    const files = { "app_v2.py": pythonHandler("two") };
    const driver = await aliasDriver(cloud, { files, settings: { handler: "app_v2.handler" } });
    const { canary } = await driver.prepare();
    expect(await answerOf(cloud, canary)).toEqual({ said: "two" });
  });

  it("can come from a configuration alone", async () => {
    const cloud = await cloudWithFunction();
    const first = await aliasDriver(cloud);
    const { canary } = await first.prepare();
    const driver = await aliasDriver(cloud, { settings: { environment: { MODE: "fast" } } });
    const second = await driver.prepare();
    expect(second.canary).not.toBe(canary);
    expect(cloud.proxy.seen.filter(isUpload)).toHaveLength(1);
  });

  it("uses the upload that is there already", async () => {
    const cloud = await cloudWithFunction();
    await (await aliasDriver(cloud)).prepare();
    await (await aliasDriver(cloud)).prepare();
    expect(cloud.proxy.seen.filter(isUpload)).toHaveLength(1);
    expect(await versionsOf(cloud)).toEqual(["$LATEST", "1", "2"]);
  });

  it("is published once though answers are lost and calls are throttled", async () => {
    const cloud = await cloudWithFunction();
    cloud.proxy.inject(isUpload, "throttle", 2);
    cloud.proxy.inject(isUpload, "loseAnswer");
    cloud.proxy.inject(isPublish, "serverError");
    cloud.proxy.inject(isPublish, "loseAnswer");
    const { canary } = await (await aliasDriver(cloud)).prepare();
    expect(canary).toBe("2");
    expect(await versionsOf(cloud)).toEqual(["$LATEST", "1", "2"]);
  });
});

describe("a version that is published already", () => {
  it("is taken as it is", async () => {
    const cloud = await cloudWithFunction();
    const version = await publish(cloud, { "app.py": pythonHandler("two") });
    const driver = await aliasDriver(cloud, { revision: { kind: "version", version } });
    expect(await driver.prepare()).toMatchObject({ canary: version, published: false });
    expect(cloud.proxy.seen.filter(isChange)).toEqual([]);
  });

  it("must exist", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud, { revision: { kind: "version", version: "77" } });
    const error = await expectError(driver.prepare(), "REVISION_NOT_FOUND");
    expect(error.message).toBe("function checkout has no version 77");
  });

  it("must not be the stable one", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud, { revision: { kind: "version", version: "1" } });
    const error = await expectError(driver.prepare(), "REVISION_UNCHANGED");
    expect(error.message).toContain("version 1 of checkout");
  });

  it("must have stable's role", async () => {
    const cloud = await cloudWithFunction();
    const Role = await createRole(cloud, "other-role");
    await cloud.lambda.updateFunctionConfiguration({ FunctionName: FUNCTION_NAME, Role });
    await settle(cloud);
    const version = await publish(cloud, { "app.py": pythonHandler("two") });
    const driver = await aliasDriver(cloud, { revision: { kind: "version", version } });
    const error = await expectError(driver.prepare(), "CANARY_UNUSABLE");
    expect(error.message).toContain("other-role");
  });
});

describe("nothing is shifted to", () => {
  it("a package whose handler is not in it, and nothing was changed", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud, { files: { "app_v2.py": pythonHandler("two") } });
    await expectError(driver.prepare(), "REVISION_INVALID");
    expect(cloud.proxy.seen.filter(isChange)).toEqual([]);
  });

  it("code that cannot be imported, in the function's own words", async () => {
    const cloud = await cloudWithFunction();
    const files = { "app.py": `import no_such_library\n${pythonHandler("two")}` };
    const error = await expectError(
      (await aliasDriver(cloud, { files })).prepare(),
      "CANARY_UNUSABLE",
    );
    expect(error.message).toContain("no_such_library");
    const { FunctionVersion, RoutingConfig } = await cloud.lambda.getAlias({
      FunctionName: FUNCTION_NAME,
      Name: ALIAS,
    });
    expect([FunctionVersion, RoutingConfig]).toEqual(["1", undefined]);
  });

  it("the code that runs already", async () => {
    const cloud = await cloudWithFunction();
    const first = await aliasDriver(cloud);
    const { canary: version, stable, token } = await first.prepare();
    await first.promote({ stable, canary: version, token });
    const again = await aliasDriver(cloud);
    const error = await expectError(again.prepare(), "REVISION_UNCHANGED");
    expect(error.message).toContain(`version ${version} of checkout`);
  });
});

it("a handler that refuses the probe's event is a warning", async () => {
  const cloud = await cloudWithFunction();
  const files = { "app.py": "def handler(event, context):\n    return event['order']\n" };
  const { warnings } = await (await aliasDriver(cloud, { files })).prepare();
  expect(warnings).toHaveLength(1);
  expect(warnings?.[0]).toMatchObject({ outcome: "warning" });
  expect(warnings?.[0]?.detail).toContain("KeyError");
});

it("the probe's event is the user's to choose", async () => {
  const cloud = await cloudWithFunction();
  const files = { "app.py": "def handler(event, context):\n    return event['order']\n" };
  const probe = { kind: "invoke", payload: '{"order": 7}' } as const;
  const { warnings } = await (await aliasDriver(cloud, { files, probe })).prepare();
  expect(warnings).toEqual([]);
});

describe("an alias that cannot be shifted", () => {
  it("because it points to $LATEST", async () => {
    const cloud = await cloudWithFunction();
    const alias = { FunctionName: FUNCTION_NAME, Name: ALIAS };
    await cloud.lambda.updateAlias({ ...alias, FunctionVersion: "$LATEST" });
    const driver = await aliasDriver(cloud);
    const error = await expectError(driver.prepare(), "TARGET_UNSUITABLE");
    expect(error.message).toBe("alias checkout:live points to $LATEST");
  });

  it("because it is shifted by someone else", async () => {
    const cloud = await cloudWithFunction();
    const version = await publish(cloud, { "app.py": pythonHandler("theirs") });
    await cloud.lambda.updateAlias({
      FunctionName: FUNCTION_NAME,
      Name: ALIAS,
      RoutingConfig: { AdditionalVersionWeights: { [version]: 0.5 } },
    });
    const error = await expectError((await aliasDriver(cloud)).prepare(), "TARGET_UNSUITABLE");
    expect(error.message).toContain("50% to version 2");
  });

  it("because it or its function does not exist", async () => {
    const cloud = await cloudWithFunction();
    const noAlias = await aliasDriver(cloud, { alias: "missing" });
    const { message } = await expectError(noAlias.prepare(), "TARGET_NOT_FOUND");
    expect(message).toContain("there is no alias checkout:missing");
    const noFunction = await aliasDriver(cloud, { functionName: "missing" });
    const other = await expectError(noFunction.prepare(), "TARGET_NOT_FOUND");
    expect(other.message).toContain("there is no alias missing:live");
  });
});

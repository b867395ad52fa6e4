// Protects what must never happen while a deployment is made ready: that a user reaches it, that it is made twice, or
// that somebody else's canary is taken over. The local cloud, the real SDK, real requests.
import { weightBps } from "@headgate/core";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectError } from "../../support/expect-error.ts";
import { FUNCTION_NAME } from "../../support/lambda-cloud.ts";
import { changeApi, proxyHandler, STAGE, type StageCloud } from "../../support/stage-cloud.ts";
import { cloudWithStage, openApiDocument, stageDriver } from "../../support/stage-driver.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const isDeployment = ({ method, path }: { method: string; path: string }) =>
  method === "POST" && path.endsWith("/deployments");

async function deployments({ gateway, apiId }: StageCloud) {
  return (await gateway.getDeployments({ restApiId: apiId })).items ?? [];
}

async function documentOf(cloud: StageCloud, version: string): Promise<string> {
  const { FunctionArn = "" } = await cloud.lambda.getFunctionConfiguration({
    FunctionName: FUNCTION_NAME,
  });
  const folder = await temporaryFolder({
    "api.json": openApiDocument(`${FunctionArn}:${version}`),
  });
  return join(folder, "api.json");
}

describe("the API as it is", () => {
  it("becomes a deployment that no user meets", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud, proxyHandler("two", 500));
    const prepared = await stageDriver(cloud, { description: "basket 7" }).prepare();
    expect(prepared).toMatchObject({ stable: cloud.firstDeployment, published: true });
    const ids = (await deployments(cloud)).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([prepared.canary, prepared.stable]));
    const answers = await Promise.all(Array.from({ length: 20 }, () => cloud.get()));
    expect(new Set(answers)).toEqual(new Set([200]));
    const made = (await deployments(cloud)).find(({ id }) => id === prepared.canary);
    expect(made?.description).toMatch(/^basket 7 \(api-[0-9a-f]{12}\)$/);
  });

  it("is deployed once though the answer is lost, and found again an hour later no more", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    const driver = stageDriver(cloud);
    cloud.proxy.inject(isDeployment, "loseAnswer");
    await expectError(driver.prepare(), "AWS_UNREACHABLE");
    const { canary } = await driver.prepare();
    expect(await deployments(cloud)).toHaveLength(2);
    await cloud.advance(3_700_000);
    const { canary: later } = await driver.prepare();
    expect(later).not.toBe(canary);
  });

  it("is refused when the stage serves it already", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    const driver = stageDriver(cloud);
    const prepared = await driver.prepare();
    const { token } = await driver.setWeight({ ...prepared, weight: weightBps(5000) });
    await driver.promote({ ...prepared, token });
    await expectError(driver.prepare(), "REVISION_UNCHANGED");
    const findings = await driver.preflight();
    const problems = findings.filter(({ outcome }) => outcome === "problem");
    expect(problems).toMatchObject([
      { detail: expect.stringContaining("already serves"), isUnchanged: true },
    ]);
  });
});

describe("a deployment that is there", () => {
  it("is taken as it is, and serves by its share once it has one", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud, proxyHandler("two", 503));
    const { id = "" } = await cloud.gateway.createDeployment({ restApiId: cloud.apiId });
    const driver = stageDriver(cloud, { revision: { kind: "deployment", deployment: id } });
    const prepared = await driver.prepare();
    expect(prepared).toMatchObject({ canary: id, published: false });
    await driver.setWeight({ ...prepared, weight: weightBps(10_000) });
    expect(await cloud.get()).toBe(503);
  });

  it.each(["nosuch", "no such"])("is refused when there is no %j", async (deployment) => {
    const driver = stageDriver(await cloudWithStage(), {
      revision: { kind: "deployment", deployment },
    });
    await expectError(driver.prepare(), "REVISION_NOT_FOUND");
    const findings = await driver.preflight();
    expect(findings.some(({ outcome }) => outcome === "problem")).toBe(true);
  });

  it("is refused when it is the one that serves", async () => {
    const cloud = await cloudWithStage();
    const revision = { kind: "deployment", deployment: cloud.firstDeployment } as const;
    const error = await expectError(
      stageDriver(cloud, { revision }).prepare(),
      "REVISION_UNCHANGED",
    );
    expect(error.message).toContain(cloud.firstDeployment);
  });
});

describe("an OpenAPI document", () => {
  it("becomes the API, and its deployment gets only what it is given", async () => {
    const cloud = await cloudWithStage();
    const version = await changeApi(cloud, proxyHandler("two", 503));
    await cloud.integrate("1");
    const path = await documentOf(cloud, version);
    const driver = stageDriver(cloud, { revision: { kind: "openApi", path } });
    const prepared = await driver.prepare();
    expect(await cloud.get()).toBe(200);
    expect((await driver.prepare()).canary).toBe(prepared.canary);
    const { token } = await driver.setWeight({ ...prepared, weight: weightBps(10_000) });
    expect(await cloud.get()).toBe(503);
    await driver.restore({ ...prepared, token });
    expect(await cloud.get()).toBe(200);
  });

  it.each([
    ["is not there", undefined, "REVISION_NOT_FOUND"],
    ["is no JSON", "{ openapi: ", "REVISION_INVALID"],
    ["is another document", '{"name": "package"}', "REVISION_INVALID"],
    [
      "has no integration",
      '{"openapi":"3.0.1","info":{},"paths":{"/a":{"get":{}}}}',
      "REVISION_INVALID",
    ],
    [
      "is refused by API Gateway",
      'openapi: "3.0.1"\npaths: {"/a": {get: {"x-amazon-apigateway-integration" : [}}}',
      "REVISION_INVALID",
    ],
  ] as const)("that %s changes nothing", async (_name, text, code) => {
    const cloud = await cloudWithStage();
    const folder = await temporaryFolder({ "other.json": "{}", ...(text && { "api.json": text }) });
    const revision = { kind: "openApi", path: join(folder, "api.json") } as const;
    const before = await cloud.gateway.getResources({ restApiId: cloud.apiId, embed: ["methods"] });
    await expectError(stageDriver(cloud, { revision }).prepare(), code);
    const after = await cloud.gateway.getResources({ restApiId: cloud.apiId, embed: ["methods"] });
    expect(after.items).toEqual(before.items);
    expect(await deployments(cloud)).toHaveLength(1);
  });
});

describe("a canary of somebody else", () => {
  it("stops the preparation: with traffic, of the stage's own deployment, or with variables", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    const { gateway, apiId: restApiId } = cloud;
    const stage = { restApiId, stageName: STAGE };
    const patch = (...operations: readonly (readonly [string, string])[]) =>
      gateway.updateStage({
        ...stage,
        patchOperations: operations.map(([path, value]) => ({ op: "replace", path, value })),
      });
    const { id = "" } = await gateway.createDeployment({ restApiId });
    await patch(["/canarySettings/deploymentId", id], ["/canarySettings/percentTraffic", "5"]);
    const split = await expectError(stageDriver(cloud).prepare(), "TARGET_UNSUITABLE");
    expect(split.message).toContain(`5% to deployment ${id}`);
    expect(split.hint).toContain("op=remove,path=/canarySettings");

    await gateway.updateStage({
      ...stage,
      patchOperations: [{ op: "remove", path: "/canarySettings" }],
    });
    await patch(["/canarySettings/percentTraffic", "25"]);
    const own = await expectError(stageDriver(cloud).prepare(), "TARGET_UNSUITABLE");
    expect(own.message).toContain("canary of its own deployment");

    await patch(
      ["/canarySettings/percentTraffic", "0"],
      ["/canarySettings/stageVariableOverrides/alias", "green"],
    );
    const variables = await expectError(stageDriver(cloud).prepare(), "TARGET_UNSUITABLE");
    expect(variables.message).toContain("variables of their own");
  });

  it("without traffic is taken over, and is gone at the end", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    const { gateway, apiId: restApiId } = cloud;
    const stage = { restApiId, stageName: STAGE };
    const { id = "" } = await gateway.createDeployment({ restApiId });
    await gateway.updateStage({
      ...stage,
      patchOperations: [{ op: "replace", path: "/canarySettings/deploymentId", value: id }],
    });
    const driver = stageDriver(cloud);
    const prepared = await driver.prepare();
    expect(prepared.canary).not.toBe(id);
    await driver.restore(prepared);
    expect((await gateway.getStage(stage)).canarySettings).toBeUndefined();
  });
});

it("leaves a promoted stage without canary settings, on which a plain deployment works again", async () => {
  const cloud = await cloudWithStage();
  await changeApi(cloud);
  const driver = stageDriver(cloud);
  const prepared = await driver.prepare();
  const { token } = await driver.setWeight({ ...prepared, weight: weightBps(1234) });
  const stage = { restApiId: cloud.apiId, stageName: STAGE };
  const during = await cloud.gateway.getStage(stage);
  expect(during.canarySettings).toMatchObject({
    percentTraffic: 12.34,
    deploymentId: prepared.canary,
  });
  await driver.promote({ ...prepared, token });
  const after = await cloud.gateway.getStage(stage);
  expect(after.deploymentId).toBe(prepared.canary);
  expect(after.canarySettings).toBeUndefined();
  await expect(
    cloud.gateway.createDeployment({ restApiId: cloud.apiId, stageName: STAGE }),
  ).resolves.toHaveProperty("id");
});

it("ends a promotion that was interrupted between its two steps, and turns it back too", async () => {
  const cloud = await cloudWithStage();
  await changeApi(cloud);
  const driver = stageDriver(cloud);
  const prepared = await driver.prepare();
  const { token } = await driver.setWeight({ ...prepared, weight: weightBps(5000) });
  const stage = { restApiId: cloud.apiId, stageName: STAGE };
  const half = () =>
    cloud.gateway.updateStage({
      ...stage,
      patchOperations: [
        { op: "replace", path: "/canarySettings/deploymentId", value: prepared.canary },
        { op: "replace", path: "/canarySettings/percentTraffic", value: "0.0" },
        { op: "copy", from: "/canarySettings/deploymentId", path: "/deploymentId" },
      ],
    });
  await half();
  await driver.promote({ ...prepared, token });
  expect((await cloud.gateway.getStage(stage)).canarySettings).toBeUndefined();
  await half();
  const live = await driver.restore({ ...prepared, token });
  expect(live).toMatchObject({ stable: prepared.stable, weight: 0 });
  expect((await cloud.gateway.getStage(stage)).canarySettings).toBeUndefined();
});

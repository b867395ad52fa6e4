// Protects the whole life of a release on a stage of API Gateway, as people live it: a good version ends up with all
// traffic, a bad one with none, it can be watched, stopped and taken back, and what is wrong changes nothing. The real
// command line, a real function behind a real stage, real users, counts from the stage's own access log.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trafficSince } from "../../src/demo/traffic.ts";
import { openStageShop, type StageShop } from "../support/stage-shop.ts";
import { ERROR_CHECK, LONG_STEPS, nextRelease } from "../support/test-shop.ts";

let shop: StageShop;
beforeAll(async () => {
  shop = await openStageShop();
});
afterAll(() => shop.close());

const AT_ONCE = { strategy: { allAtOnce: {} } };
const ALONE = { canary: undefined, percent: 0 };

describe("a good version", () => {
  it("ends with all traffic, no user sees a failure, and what happened can be read", async () => {
    const before = await shop.route();
    const users = shop.traffic.counts();
    const release = await shop.release(nextRelease());
    const { exitCode, stdout, stderr } = await release.run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const after = await shop.route();
    expect(after).toEqual({ ...ALONE, stable: after.stable });
    expect(after.stable).not.toBe(before.stable);
    expect(stdout).toContain(`version ${before.stable} 100% -> version ${after.stable} 100%`);
    expect(stdout).toContain("the API's definition");
    expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
    expect(await release.json("status")).toMatchObject({ phase: "healthy" });
    for (const command of ["status", "history", "why"]) {
      const said = await release.run(command);
      expect(said, command).toMatchObject({ exitCode: 0, stderr: "" });
      expect(said.stdout, command).toContain(command === "history" ? "shop" : after.stable);
    }
  });

  it("is taken back by rollback, and forward again by its deployment's id", async () => {
    const before = await shop.route();
    const release = await shop.release(nextRelease(), AT_ONCE);
    expect(await release.run("deploy")).toMatchObject({ exitCode: 0, stderr: "" });
    const released = await shop.route();
    expect(await release.run("rollback")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await shop.route()).toEqual(before);
    const again = await release.run("rollback", "--to", released.stable);
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await shop.route()).toEqual(released);
    const nonsense = await release.run("rollback", "--to", "Not-An-Id");
    expect(nonsense.exitCode).toBe(2);
    expect(nonsense.stderr).toContain("deployment");
  });

  it("goes out as a deployment that was made by hand", async () => {
    await shop.release(nextRelease());
    const { id = "" } = await shop.gateway.createDeployment({ restApiId: shop.apiId });
    const release = await shop.release(nextRelease(), { revision: { deployment: id } });
    const plan = await release.run("plan");
    expect(plan.stdout).toContain(`deployment ${id}`);
    expect(await release.run("deploy")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await shop.route()).toEqual({ ...ALONE, stable: id });
  });
});

describe("a bad version", () => {
  it("is found by a check of its own errors and taken out, with exit code 10", async () => {
    const before = await shop.route();
    const release = await shop.release(nextRelease(0.5), {
      strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "30s" }] } },
      checks: [ERROR_CHECK],
    });
    const { exitCode, stdout, stderr } = await release.run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: "" });
    expect(stdout).toMatch(/errors in \d+ requests/);
    expect(await shop.route()).toEqual(before);
  });

  it("is found by the comparison, whose counts can be recorded", async () => {
    const before = await shop.route();
    const release = await shop.release(nextRelease(0.5), {
      strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "40s" }] } },
      analysis: {},
    });
    const { exitCode, stdout } = await release.run("deploy");
    expect(exitCode).toBe(10);
    expect(stdout).toContain("The canary fails where stable does not");
    expect(await shop.route()).toEqual(before);
    const recorded = await release.run("record");
    expect(recorded.exitCode).toBe(0);
    expect(recorded.stdout).toMatch(/^\{.*"canary"/);
  });
});

it("is aborted by a person while it runs", async () => {
  const before = await shop.route();
  const release = await shop.release(nextRelease(), {
    strategy: { canary: { steps: LONG_STEPS } },
  });
  const deploy = release.start("deploy");
  await deploy.line(/30% on the canary, read back/);
  expect(await shop.route()).toMatchObject({ stable: before.stable, percent: 30 });
  expect(await release.run("abort", "--reason", "lunch")).toMatchObject({ stderr: "" });
  expect((await deploy.finished).exitCode).not.toBe(0);
  expect(await shop.route()).toEqual(before);
});

it("is promoted by a person while it runs", async () => {
  const before = await shop.route();
  const release = await shop.release(nextRelease(), {
    strategy: { canary: { steps: LONG_STEPS } },
  });
  const deploy = release.start("deploy");
  await deploy.line(/30% on the canary, read back/);
  expect(await release.run("promote", "--full")).toMatchObject({ stderr: "" });
  expect((await deploy.finished).exitCode).toBe(0);
  const after = await shop.route();
  expect(after).toEqual({ ...ALONE, stable: after.stable });
  expect(after.stable).not.toBe(before.stable);
});

describe("what is wrong changes nothing", () => {
  const target = (api: string, stage: string) => ({ target: { apiGateway: { api, stage } } });

  it.each([
    ["an unknown API", target("nosuch", "prod"), "no REST API"],
    ["an unknown stage", target("shop", "nosuch"), "no stage nosuch"],
    ["an unknown deployment", { revision: { deployment: "nosuch" } }, 'no deployment "nosuch"'],
    ["a document that is not there", { revision: { openApi: "nosuch.json" } }, "there is no file"],
    ["a document that is broken", { revision: { openApi: "broken.json" } }, "it is no JSON"],
  ])("%s: exit code 20", async (_name, spec, said) => {
    const before = await shop.route();
    const release = await shop.release(nextRelease(), spec);
    writeFileSync(join(release.path, "broken.json"), '{"openapi": "3.0.1", ');
    const { exitCode, stdout, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain(said);
    expect(stdout + stderr).toContain("do:");
    expect(await shop.route()).toEqual(before);
  });

  it("a document that API Gateway does not take: exit code 20", async () => {
    const before = await shop.route();
    const release = await shop.release(nextRelease(), { revision: { openApi: "odd.json" } });
    const document = {
      openapi: "3.0.1",
      paths: { "/a": { get: { "x-amazon-apigateway-integration": 7 } } },
    };
    writeFileSync(join(release.path, "odd.json"), JSON.stringify(document));
    const { exitCode, stdout, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("odd.json");
    expect(await shop.route()).toEqual(before);
  });

  it.each([
    ["code for a stage", { revision: { folder: "code" } }, "takes no folder"],
    [
      "metrics that mix versions",
      { analysis: { source: { platform: { lag: "3m" } } } },
      "do not tell",
    ],
  ])("%s: exit code 2", async (_name, spec, said) => {
    const release = await shop.release(nextRelease(), spec);
    const { exitCode, stderr } = await release.run("deploy");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
  });

  it("a canary of somebody else: exit code 20, and it is still there", async () => {
    const { stable } = await shop.route();
    const stage = { restApiId: shop.apiId, stageName: "prod" };
    await shop.gateway.updateStage({
      ...stage,
      patchOperations: [{ op: "replace", path: "/canarySettings/percentTraffic", value: "25" }],
    });
    const release = await shop.release(nextRelease());
    const { exitCode, stdout, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("a canary of its own deployment");
    expect(await shop.route()).toEqual({ stable, canary: stable, percent: 25 });
    await shop.gateway.updateStage({
      ...stage,
      patchOperations: [{ op: "remove", path: "/canarySettings" }],
    });
  });

  it("a check by version on a stage that writes no access log: exit code 20", async () => {
    const before = await shop.route();
    const stage = { restApiId: shop.apiId, stageName: "prod" };
    const { accessLogSettings } = await shop.gateway.getStage(stage);
    await shop.gateway.updateStage({
      ...stage,
      patchOperations: [{ op: "remove", path: "/accessLogSettings" }],
    });
    const release = await shop.release(nextRelease(), { checks: [ERROR_CHECK] });
    const { exitCode, stdout, stderr } = await release.run("deploy");
    const log = { ...accessLogSettings };
    await shop.gateway.updateStage({
      ...stage,
      patchOperations: (["destinationArn", "format"] as const).map((key) => ({
        op: "replace",
        path: `/accessLogSettings/${key}`,
        value: log[key],
      })),
    });
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("the stage writes no access log");
    expect(await shop.route()).toEqual(before);
  });
});

// Protects releases of Lambda aliases by CodeDeploy: each weight is waited for and read from the alias, a stop brings
// stable back, and what CodeDeploy or others end is told with its reason. Real cloud, virtual clock.
import type {
  CreateDeploymentGroupCommandInput,
  TrafficRoutingConfig,
} from "@aws-sdk/client-codedeploy";
import { type RouteChange, weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { codeDeployLambdaDriver } from "../../../src/traffic/code-deploy/lambda.ts";
import { scheduleOf } from "../../../src/traffic/code-deploy/schedule.ts";
import { cloudWithFunction } from "../../support/alias-driver.ts";
import { canary, deployGroup, linear, PLACE } from "../../support/deploy-group.ts";
import { expectError } from "../../support/expect-error.ts";
import { ALIAS, FUNCTION_NAME, publish, pythonHandler } from "../../support/lambda-cloud.ts";

const MINUTE_MS = 60_000;
const TENTH = weightBps(1000);
const TARGET = { FunctionName: FUNCTION_NAME, Name: ALIAS };

/** A function of two versions, CodeDeploy before it, and the driver with what it prepared. */
async function start(
  routing: TrafficRoutingConfig = canary(10, 5),
  more: Partial<CreateDeploymentGroupCommandInput> = {},
) {
  const cloud = await cloudWithFunction();
  await publish(cloud, { "app.py": pythonHandler("two") });
  const group = await deployGroup(cloud.url, "Lambda", routing, more);
  const driver = codeDeployLambdaDriver({
    ...cloud,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "version", version: "2" },
    deploy: PLACE,
    schedule: scheduleOf(routing),
  });
  const { stable, canary: version, token } = await driver.prepare();
  const ends = { stable, canary: version, token };
  return { cloud, group, driver, ends };
}

async function shifted(...parts: Parameters<typeof start>) {
  const started = await start(...parts);
  const { driver, ends } = started;
  const live = await driver.setWeight({ ...ends, weight: TENTH });
  return { ...started, live, ends: { ...ends, token: live.token } };
}

const statuses = async ({ deployments }: Awaited<ReturnType<typeof deployGroup>>) =>
  (await deployments()).map(({ status, creator }) => `${creator} ${status}`);

describe("following a deployment", () => {
  it("creates nothing before the first weight, and then one deployment that it finds again", async () => {
    const { group, driver, ends } = await start();
    expect(await group.deployments()).toEqual([]);
    const live = await driver.setWeight({ ...ends, weight: TENTH });
    expect(live).toMatchObject({ stable: "1", canary: "2", weight: 1000 });
    expect(await driver.setWeight({ ...ends, weight: TENTH })).toEqual(live);
    expect(await driver.readRoute()).toEqual(live);
    expect(await statuses(group)).toEqual(["user InProgress"]);
  });

  it("says when CodeDeploy moves next, and to what", async () => {
    const { cloud, live } = await shifted(linear(10, 3));
    const { movesAtMs = 0, nextWeight } = live.course ?? {};
    expect(nextWeight).toBe(2000);
    expect(movesAtMs - cloud.clock.nowMs()).toBeGreaterThan(2.9 * MINUTE_MS);
    expect(movesAtMs - cloud.clock.nowMs()).toBeLessThanOrEqual(3 * MINUTE_MS);
  });

  it("waits for each weight and never asks for more", async () => {
    const { cloud, driver, group, ends, live } = await shifted(linear(40, 1));
    // 10% is not one of its weights: the first is 40%, and it is told as it is.
    expect(live.weight).toBe(4000);
    let { token } = live;
    for (const weight of [weightBps(8000)]) {
      await cloud.advance(MINUTE_MS - 15_000);
      const next = await driver.setWeight({ ...ends, weight, token });
      expect(next.weight).toBe(weight);
      ({ token } = next);
    }
    await cloud.advance(MINUTE_MS - 15_000);
    const promoted = await driver.promote({ ...ends, token });
    expect(promoted).toMatchObject({ stable: "2", weight: 0 });
    expect(promoted.course?.movesAtMs).toBeUndefined();
    await driver.cleanUp({ ...ends, live: "2" });
    expect(await statuses(group)).toEqual(["user Succeeded"]);
  });

  it("says that it waits when the weight is minutes away", async () => {
    const { driver, ends } = await shifted(canary(10, 5));
    const error = await expectError(driver.promote(ends), "TIMED_OUT");
    expect(error.message).toContain("10% to 2");
  });

  it("finds the deployment whose creation was never answered", async () => {
    const { cloud, driver, group, ends } = await start();
    cloud.proxy.inject(({ action }) => action === "CreateDeployment", "loseAnswer");
    expect(await driver.setWeight({ ...ends, weight: TENTH })).toMatchObject({ weight: 1000 });
    expect(await statuses(group)).toEqual(["user InProgress"]);
  });
});

it("takes AWS's own configuration for everything at once, whatever the group has", async () => {
  const cloud = await cloudWithFunction();
  await publish(cloud, { "app.py": pythonHandler("two") });
  const group = await deployGroup(cloud.url, "Lambda", canary(10, 5));
  const driver = codeDeployLambdaDriver({
    ...cloud,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "version", version: "2" },
    deploy: PLACE,
    schedule: scheduleOf({ type: "AllAtOnce" }),
  });
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems).toEqual([]);
  expect(await driver.promote(await driver.prepare())).toMatchObject({ stable: "2", weight: 0 });
  const [deployment] = await group.deployments();
  expect(deployment?.deploymentConfigName).toBe("CodeDeployDefault.LambdaAllAtOnce");
});

describe("turning back", () => {
  it("stops the deployment with a rollback, which clean-up waits for", async () => {
    const { driver, group, ends } = await shifted();
    const live = await driver.restore(ends);
    expect(live).toMatchObject({ stable: "1", weight: 0 });
    expect(live.canary).toBeUndefined();
    expect(await driver.restore(ends)).toMatchObject({ stable: "1", weight: 0 });
    await driver.cleanUp({ ...ends, live: "1" });
    expect(await statuses(group)).toEqual(["codeDeployRollback Succeeded", "user Stopped"]);
  });

  it("stops a deployment whose creation came after the abort had looked", async () => {
    const { driver, group, ends } = await start();
    await driver.setWeight({ ...ends, weight: TENTH });
    await driver.cleanUp({ ...ends, live: "1" });
    expect(await statuses(group)).toEqual(["codeDeployRollback Succeeded", "user Stopped"]);
    expect(await driver.readRoute()).toMatchObject({ stable: "1", weight: 0 });
  });

  it("creates nothing where it may not read the alias", async () => {
    const { cloud, driver, group, ends } = await start();
    const blocked = { ...ends, weight: TENTH };
    cloud.proxy.inject(({ path }) => path.includes("/aliases/"), "deny", Infinity);
    await expectError(driver.setWeight(blocked), "AWS_DENIED");
    expect(await group.deployments()).toEqual([]);
  });

  it("moves the alias back where the deployment is over", async () => {
    const { cloud, driver, group, ends, live } = await shifted(canary(10, 1));
    await cloud.advance(MINUTE_MS - 10_000);
    const promoted = await driver.promote({ ...ends, token: live.token });
    await driver.cleanUp({ ...ends, live: "2" });
    expect(await driver.restore({ ...ends, token: promoted.token })).toMatchObject({
      stable: "1",
      weight: 0,
    });
    expect(await statuses(group)).toEqual(["user Succeeded"]);
  });

  it("begins another deployment in the next attempt", async () => {
    const { driver, group, ends } = await shifted();
    await driver.restore(ends);
    await driver.cleanUp({ ...ends, live: "1" });
    const { token } = await driver.prepare();
    const live = await driver.setWeight({ ...ends, token, weight: TENTH });
    expect(live).toMatchObject({ weight: 1000 });
    expect(live.course?.ended).toBeUndefined();
    expect(await group.deployments()).toHaveLength(3);
  });
});

describe("what ends a deployment elsewhere", () => {
  it.each([true, false])(
    "tells of a person's stop (rollback %s), and turns back",
    async (rollback) => {
      const { cloud, driver, group, ends } = await shifted();
      await group.stop(rollback);
      await cloud.advance(5000);
      const { course } = await driver.readRoute();
      expect(course?.ended).toMatchObject({ by: "person", name: "CodeDeploy" });
      expect(course?.ended?.detail).toContain("MANUAL_STOP");
      expect(await driver.restore(ends)).toMatchObject({ stable: "1", weight: 0 });
    },
  );

  it("tells which of the group's alarms stopped it", async () => {
    const { cloud, driver, group } = await shifted(canary(10, 5), {
      alarmConfiguration: { enabled: true, alarms: [{ name: "shop-errors" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM"] },
    });
    await group.alarm("shop-errors", "ALARM");
    await cloud.advance(20_000);
    const live = await driver.readRoute();
    expect(live).toMatchObject({ stable: "1", weight: 0 });
    expect(live.course?.ended).toMatchObject({ by: "alarm", name: "shop-errors" });
  });

  it("gives way to a deployment that is not its own", async () => {
    const { driver, group, ends } = await start();
    await group.deploy.createDeployment({
      applicationName: PLACE.application,
      deploymentGroupName: PLACE.deploymentGroup,
      revision: {
        revisionType: "AppSpecContent",
        appSpecContent: {
          content: JSON.stringify({
            version: 0.0,
            Resources: [
              {
                own: {
                  Type: "AWS::Lambda::Function",
                  Properties: {
                    Name: FUNCTION_NAME,
                    Alias: ALIAS,
                    CurrentVersion: "1",
                    TargetVersion: "2",
                  },
                },
              },
            ],
          }),
        },
      },
    });
    const change: RouteChange = { ...ends, weight: TENTH };
    const error = await expectError(driver.setWeight(change), "ROUTE_CHANGED_ELSEWHERE");
    expect(error.message).toContain("one at a time");
  });

  it("leaves another version at the alias alone, and stops what it began", async () => {
    const { cloud, driver, group, ends } = await shifted();
    const version = await publish(cloud, { "app.py": pythonHandler("three") });
    await cloud.lambda.updateAlias({
      ...TARGET,
      FunctionVersion: version,
      RoutingConfig: { AdditionalVersionWeights: {} },
    });
    await expectError(driver.restore(ends), "ROUTE_CHANGED_ELSEWHERE");
    expect(await statuses(group)).toEqual(["user Stopped"]);
    expect(await driver.readRoute()).toMatchObject({ stable: version, weight: 0 });
  });
});

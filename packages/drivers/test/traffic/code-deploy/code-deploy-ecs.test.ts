// Protects releases of ECS services by CodeDeploy: the new tasks wait without traffic for the first weight, the
// listener says how far it has come, and every way of turning back ends on stable. Real cloud, virtual clock.
import type { BlueGreenDeploymentConfiguration } from "@aws-sdk/client-codedeploy";
import { weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import type { CodeDeployEcsOptions } from "../../../src/traffic/code-deploy/ecs-deployment.ts";
import { canary, type DeployGroup } from "../../support/deploy-group.ts";
import { ecsCloud } from "../../support/ecs-cloud.ts";
import { ecsDeployDriver, ecsDeployGroup } from "../../support/ecs-deploy-group.ts";
import { expectError } from "../../support/expect-error.ts";

const MINUTE_MS = 60_000;
const TENTH = weightBps(1000);
const ROUTING = canary(10, 1);

async function start(
  options: Partial<CodeDeployEcsOptions> = {},
  blueGreen: BlueGreenDeploymentConfiguration = {},
) {
  const cloud = await ecsCloud("CODE_DEPLOY");
  const group = await ecsDeployGroup(cloud, ROUTING, blueGreen);
  return { cloud, group, driver: ecsDeployDriver(cloud, ROUTING, options) };
}

async function prepared(...parts: Parameters<typeof start>) {
  const started = await start(...parts);
  const { stable, canary: version, token } = await started.driver.prepare();
  return { ...started, ends: { stable, canary: version, token } };
}

async function promoted(...parts: Parameters<typeof start>) {
  const started = await prepared(...parts);
  const { cloud, driver, ends } = started;
  const first = await driver.setWeight({ ...ends, weight: TENTH });
  await cloud.advance(MINUTE_MS - 15_000);
  const live = await driver.promote({ ...ends, token: first.token });
  return { ...started, first, live, ends: { ...ends, token: live.token } };
}

const statuses = async ({ deployments }: DeployGroup) =>
  (await deployments()).map(({ status, creator }) => `${creator} ${status}`);

describe("a release", () => {
  it("waits with running tasks and no traffic, and finds its deployment again", async () => {
    const { cloud, driver, group, ends } = await prepared();
    expect(ends).toMatchObject({ stable: "web:1", canary: "web:2" });
    const course = { isUnderWay: true };
    const waiting = { stable: "web:1", weight: 0, token: ends.token, course };
    expect(await driver.readRoute()).toEqual(waiting);
    expect(await statuses(group)).toEqual(["user Ready"]);
    expect((await cloud.taskSets()).map(({ runningCount }) => runningCount)).toEqual([2, 2]);
    expect(await driver.prepare()).toMatchObject({ canary: "web:2", token: ends.token });
    expect(await group.deployments()).toHaveLength(1);
  });

  it("continues the wait with the first weight, follows to all traffic, and ends the termination wait", async () => {
    const { driver, group, ends, first, live, cloud } = await promoted();
    expect(first).toMatchObject({ stable: "web:1", canary: "web:2", weight: 1000 });
    expect(first.course?.nextWeight).toBe(10_000);
    expect(live).toMatchObject({ stable: "web:2", weight: 0 });
    expect(await cloud.get()).toContain("two");
    expect(await statuses(group)).toEqual(["user InProgress"]);
    await driver.cleanUp({ ...ends, live: "web:2" });
    expect(await statuses(group)).toEqual(["user Succeeded"]);
    expect(await driver.readRoute()).toMatchObject({ stable: "web:2", weight: 0 });
  });
});

describe("turning back", () => {
  it("takes the tasks away when a hook failed before traffic", async () => {
    const { cloud, driver, group, ends } = await prepared();
    expect(await driver.restore(ends)).toMatchObject({ stable: "web:1", weight: 0 });
    await driver.cleanUp({ ...ends, live: "web:1" });
    expect(await statuses(group)).toEqual(["codeDeployRollback Succeeded", "user Stopped"]);
    const staying = (await cloud.taskSets()).filter(({ status }) => status !== "DRAINING");
    expect(staying.map(({ status }) => status)).toEqual(["PRIMARY"]);
  });

  it("brings stable back from a weight, and during the termination wait", async () => {
    const { cloud, driver, ends } = await promoted();
    expect(await driver.restore(ends)).toMatchObject({ stable: "web:1", weight: 0 });
    await driver.cleanUp({ ...ends, live: "web:1" });
    expect(await cloud.get()).toContain("one");
  });

  it("deploys stable again when its tasks are gone", async () => {
    const { driver, group, ends } = await promoted();
    await driver.cleanUp({ ...ends, live: "web:2" });
    // Tasks need longer than one attempt has; the rollout tries again until it is done.
    let route = await driver.readRoute();
    for (let attempt = 0; attempt < 8 && route.stable !== "web:1"; attempt++) {
      await driver.restore(ends).catch(() => undefined);
      route = await driver.readRoute();
    }
    expect(route).toMatchObject({ stable: "web:1", weight: 0 });
    expect((await group.deployments())[0]?.description).toContain("web:2 to web:1");
  });

  it("sets the listener's weights itself when somebody stopped without a rollback", async () => {
    const { cloud, driver, group, ends } = await prepared();
    const { token } = await driver.setWeight({ ...ends, weight: TENTH });
    await group.stop(false);
    await cloud.advance(5000);
    const { course } = await driver.readRoute();
    expect(course?.ended).toMatchObject({ by: "person" });
    expect(await driver.restore({ ...ends, token })).toMatchObject({ stable: "web:1", weight: 0 });
  });
});

describe("what does not fit", () => {
  it("never begins a second deployment for a weight when the prepared one was stopped", async () => {
    const { cloud, driver, group, ends } = await prepared();
    await group.stop(false);
    await cloud.advance(5000);
    const live = await driver.setWeight({ ...ends, weight: TENTH });
    expect(live).toMatchObject({ stable: "web:1", weight: 0 });
    expect(live.course?.ended).toMatchObject({ by: "person" });
    expect(await group.deployments()).toHaveLength(1);
  });

  it("deploys nothing for the revision that serves already", async () => {
    const revision = { kind: "taskDefinition", taskDefinition: "web:1" } as const;
    const { driver, group } = await start({ revision });
    await expectError(driver.prepare(), "REVISION_UNCHANGED");
    expect(await group.deployments()).toEqual([]);
  });

  it("says why tasks do not stay up, and stops their deployment", async () => {
    const { cloud, driver, group } = await start({
      revision: { kind: "image", image: "web:exits" },
    });
    const error = await expectError(driver.prepare(), "CANARY_UNUSABLE");
    expect(error.message).toMatch(/tasks of web:2 do not stay up: .*exit/i);
    await cloud.advance(60_000);
    expect(await statuses(group)).toEqual(["codeDeployRollback Succeeded", "user Stopped"]);
    expect(await driver.readRoute()).toMatchObject({ stable: "web:1", weight: 0 });
  });

  it("refuses a group that would not wait before traffic", async () => {
    const { driver, group } = await start(
      {},
      {
        deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 0 },
      },
    );
    const found = await driver.preflight();
    const problems = found.filter(({ outcome }) => outcome === "problem");
    expect(problems.map(({ check }) => check)).toEqual([
      "CodeDeploy waits before it shifts traffic",
    ]);
    await expectError(driver.prepare(), "TARGET_UNSUITABLE");
    expect(await group.deployments()).toEqual([]);
  });

  it("finds nothing wrong where all fits, and says what a bake longer than the termination wait costs", async () => {
    const { driver } = await start({ bakeMs: 30 * MINUTE_MS });
    const found = await driver.preflight();
    expect(found.filter(({ outcome }) => outcome === "problem")).toEqual([]);
    const warned = found.filter(({ outcome }) => outcome === "warning");
    expect(warned.map(({ check }) => check)).toEqual([
      "stable's tasks stay while the rollout bakes",
    ]);
  });
});

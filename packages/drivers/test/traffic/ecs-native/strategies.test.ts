// Protects whole releases by ECS's own deployments: each strategy in the steps that its specification says, the old
// tasks there until the end, and the service afterwards as it was before but for its version.
import type { DeploymentConfiguration } from "@aws-sdk/client-ecs";
import { type EcsStrategy, weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { type NativeCloud, nativeCloud, nativeDriver } from "../../support/ecs-native-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

const CANARY: EcsStrategy = { kind: "canary", weight: weightBps(1250) };
const LINEAR: EcsStrategy = { kind: "linear", step: weightBps(3330) };
const BLUE_GREEN: EcsStrategy = { kind: "blueGreen" };

async function counts(cloud: NativeCloud) {
  const { deployments = [] } = await cloud.service();
  return Object.fromEntries(
    deployments
      .filter(({ desiredCount = 0 }) => desiredCount > 0)
      .map(({ taskDefinition = "", runningCount }) => [taskDefinition.split("/")[1], runningCount]),
  );
}

it.each([
  ["canary", CANARY, [1250]],
  ["linear", LINEAR, [3330, 6660, 9990]],
  ["blue/green", BLUE_GREEN, []],
])("releases by %s", async (_, strategy, steps) => {
  const cloud = await nativeCloud();
  const driver = nativeDriver(cloud, { strategy });
  const { stable, canary, token: prepared } = await driver.prepare();
  expect(await counts(cloud)).toEqual({ "web:1": 2, "web:2": 2 });
  expect(await cloud.get()).toBe("web:one");
  let token = prepared;
  for (const step of steps) {
    const live = await driver.setWeight({ stable, canary, weight: weightBps(step), token });
    expect(await cloud.greenPercent()).toBeCloseTo(step / 100);
    // ECS stands still for as long as Headgate bakes.
    await cloud.advance(60_000);
    expect(await driver.readRoute()).toEqual(live);
    token = live.token;
  }
  await driver.promote({ stable, canary, token });
  await cloud.advance(60_000);
  expect(await cloud.get()).toBe("web:two");
  expect(await counts(cloud)).toEqual({ "web:1": 2, "web:2": 2 });
  await driver.cleanUp({ stable, canary, live: canary });
  expect(await counts(cloud)).toEqual({ "web:2": 2 });
  expect((await cloud.deployments())[0]?.status).toBe("SUCCESSFUL");
  expect(await driver.readRoute()).toMatchObject({ stable: canary, weight: 0 });
});

it("gives back everything in the other direction too, by the same target groups in turn", async () => {
  const cloud = await nativeCloud();
  for (const [image, version] of [
    ["web:two", "web:2"],
    ["web:three", "web:3"],
  ]) {
    const driver = nativeDriver(cloud, {
      strategy: CANARY,
      revision: { kind: "image", image: image ?? "" },
    });
    const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
    expect(problems).toEqual([]);
    const { stable, canary, token } = await driver.prepare();
    expect(canary).toBe(version);
    expect((await driver.groupOf(canary))?.name).toBe(
      version === "web:2" ? "web-green" : "web-blue",
    );
    await driver.promote({ stable, canary, token });
    await driver.cleanUp({ stable, canary, live: canary });
    expect(await cloud.get()).toBe(image);
  }
});

const FORMER: DeploymentConfiguration = {
  strategy: "LINEAR",
  bakeTimeInMinutes: 7,
  linearConfiguration: { stepPercent: 12.5, stepBakeTimeInMinutes: 3 },
  maximumPercent: 150,
  minimumHealthyPercent: 50,
};

it.each(["promoted", "restored"])("leaves the service configured as it was: %s", async (end) => {
  const cloud = await nativeCloud(FORMER);
  const before = (await cloud.service()).deploymentConfiguration;
  const driver = nativeDriver(cloud, { strategy: CANARY, deadlineMs: 3_600_000 });
  const { stable, canary, token } = await driver.prepare();
  const during = (await cloud.service()).deploymentConfiguration;
  expect(during).toMatchObject({
    strategy: "CANARY",
    canaryConfiguration: { canaryPercent: 12.5, canaryBakeTimeInMinutes: 0 },
    bakeTimeInMinutes: 0,
    maximumPercent: 150,
  });
  // An hour, and what the last look may take.
  expect(during?.lifecycleHooks?.[0]?.timeoutConfiguration).toEqual({
    timeoutInMinutes: 90,
    action: "ROLLBACK",
  });
  const isPromoted = end === "promoted";
  await driver[isPromoted ? "promote" : "restore"]({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: isPromoted ? canary : stable });
  const after = (await cloud.service()).deploymentConfiguration;
  expect({ ...after, canaryConfiguration: undefined, lifecycleHooks: [] }).toEqual({
    ...before,
    canaryConfiguration: undefined,
    lifecycleHooks: [],
  });
  expect(after?.lifecycleHooks ?? []).toEqual([]);
  const { tags = [] } = await cloud.ecs.listTagsForResource({
    resourceArn: (await cloud.service()).serviceArn,
  });
  expect(tags).toEqual([]);
});

it("takes no other weight than ECS's next one, and says which that is", async () => {
  const cloud = await nativeCloud();
  const driver = nativeDriver(cloud, { strategy: CANARY });
  const { stable, canary, token } = await driver.prepare();
  const refused = driver.setWeight({ stable, canary, weight: weightBps(5000), token });
  const { message } = await expectError(refused, "TARGET_UNSUITABLE");
  expect(message).toContain("12.5%, 100%");
  expect(message).toContain("it is at 0%, the next one is 12.5%, and 50% was asked for");
  expect(await cloud.greenPercent()).toBe(0);
});

it("refuses a strategy that ECS does not have before it begins anything", async () => {
  const cloud = await nativeCloud();
  const driver = nativeDriver(cloud, { strategy: { kind: "impossible", why: "too fine" } });
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems.map(({ detail }) => detail)).toEqual(["too fine"]);
  const { message } = await expectError(driver.prepare(), "TARGET_UNSUITABLE");
  expect(message).toContain("too fine");
  expect((await cloud.service()).currentServiceDeployment).toBeUndefined();
});

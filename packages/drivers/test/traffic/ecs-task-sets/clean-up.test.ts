// Protects the end of a release of an ECS service: nothing is scaled down while the load balancer still counts requests
// for it, and what has none goes in the order that loses no request.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import {
  driverOf,
  type EcsCloud,
  ecsCloud,
  forward,
  SERVICE,
  withUsers,
} from "../../support/ecs-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

async function promoted(cloud: EcsCloud) {
  const driver = driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  await driver.promote({ stable, canary, token });
  return { driver, versions: { stable, canary, live: canary } };
}

async function versionsLeft(cloud: EcsCloud) {
  const sets = await cloud.taskSets();
  return sets
    .filter(({ status }) => status !== "DRAINING")
    .map(({ taskDefinition = "" }) => taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1));
}

it("takes the old task set away once its requests have come to the other target group", async () => {
  const cloud = await ecsCloud();
  const { versions } = await promoted(cloud);
  const answers: string[] = [];
  await driverOf(withUsers(cloud, answers)).cleanUp(versions);
  expect(await versionsLeft(cloud)).toEqual(["web:2"]);
  expect(answers.length).toBeGreaterThan(3);
  expect(new Set(answers)).toEqual(new Set(["web:two"]));
  await cloud.advance(60_000);
  expect(await cloud.taskSets()).toHaveLength(1);
});

it("does so without any traffic too, after the deregistration delay", async () => {
  const cloud = await ecsCloud();
  const { driver, versions } = await promoted(cloud);
  const startMs = cloud.clock.nowMs();
  await driver.cleanUp(versions);
  expect(cloud.clock.nowMs() - startMs).toBeGreaterThanOrEqual(10_000);
  expect(await versionsLeft(cloud)).toEqual(["web:2"]);
});

it("scales nothing down while the load balancer still sends it requests", async () => {
  const cloud = await ecsCloud();
  const { versions } = await promoted(cloud);
  // A rule that nobody told of: weights say 0, and requests come all the same.
  const { Rules = [] } = await cloud.elb.createRule({
    ListenerArn: cloud.listenerArn,
    Priority: 1,
    Conditions: [{ Field: "path-pattern", Values: ["/*"] }],
    Actions: [forward([cloud.blue, 1])],
  });
  const answers: string[] = [];
  const driver = driverOf(withUsers(cloud, answers));
  const error = await expectError(driver.cleanUp(versions), "TIMED_OUT");
  expect(error.message).toContain("requests to have left target group web-blue");
  expect((await versionsLeft(cloud)).toSorted()).toEqual(["web:1", "web:2"]);
  expect((await cloud.taskSets()).map(({ scale }) => scale?.value)).toEqual([100, 100]);
  expect(new Set(answers)).toEqual(new Set(["web:one"]));
  await cloud.elb.deleteRule({ RuleArn: Rules[0]?.RuleArn });
  await driver.cleanUp(versions);
  expect(await versionsLeft(cloud)).toEqual(["web:2"]);
});

it("believes no counts from before the weight was read back", async () => {
  const cloud = await ecsCloud();
  const driver = driverOf(cloud, { counts: { resolutionMs: 60_000, lagMs: 120_000 } });
  const { stable, canary, token } = await driver.prepare();
  // Minutes in which stable alone had requests: of a canary that never had any they would seem to say all.
  for (let second = 0; second < 240; second += 10) {
    await cloud.get();
    await cloud.advance(10_000);
  }
  await driver.restore({ stable, canary, token });
  const startMs = cloud.clock.nowMs();
  await driver.cleanUp({ stable, canary, live: stable });
  // A whole minute after the beginning, and the two until it is counted.
  expect(cloud.clock.nowMs() - startMs).toBeGreaterThanOrEqual(180_000);
  expect(cloud.clock.nowMs() - startMs).toBeLessThan(280_000);
  expect(await versionsLeft(cloud)).toEqual(["web:1"]);
});

it("leaves a task set alone that somebody gave a weight again", async () => {
  const cloud = await ecsCloud();
  const { driver, versions } = await promoted(cloud);
  await cloud.listen(forward([cloud.blue, 50], [cloud.green, 50]));
  await expectError(driver.cleanUp(versions), "ROUTE_CHANGED_ELSEWHERE");
  expect((await versionsLeft(cloud)).toSorted()).toEqual(["web:1", "web:2"]);
});

it("takes a canary away that lost, and the next release begins as if nothing had been", async () => {
  const cloud = await ecsCloud();
  const driver = driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  const { token: now } = await driver.setWeight({ stable, canary, weight: weightBps(2500), token });
  await driver.restore({ stable, canary, token: now });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await versionsLeft(cloud)).toEqual(["web:1"]);
  expect(await cloud.get()).toBe("web:one");
  expect((await driver.prepare()).canary).toBe(canary);
});

it("goes back to the version before by its task definition, in the other target group", async () => {
  const cloud = await ecsCloud();
  const { driver, versions } = await promoted(cloud);
  await driver.cleanUp(versions);
  const revision = { kind: "taskDefinition", taskDefinition: versions.stable } as const;
  const back = driverOf(cloud, { revision });
  const { stable, canary, token } = await back.prepare();
  expect({ stable, canary }).toEqual({ stable: "web:2", canary: "web:1" });
  await back.promote({ stable, canary, token });
  expect(await cloud.get()).toBe("web:one");
  const { services = [] } = await cloud.ecs.describeServices({ ...SERVICE, services: ["web"] });
  expect(services[0]?.taskSets?.find(({ status }) => status === "PRIMARY")?.taskDefinition).toMatch(
    /web:1$/,
  );
});

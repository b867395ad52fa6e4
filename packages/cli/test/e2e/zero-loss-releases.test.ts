// Protects the users of a container service from Headgate's own releases by task sets: 100 requests a second over kept
// connections, with real programs behind a real load balancer, while the driver shifts them, takes them back and ends
// what has no traffic any more.
import { weightBps } from "@headgate/core";
import { awsClients, ecsDrivers, systemClock, systemRandom } from "@headgate/drivers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ContainerCloud, containerCloud } from "../support/container-cloud.ts";
import { type SteadyUsers, steadyUsers } from "../support/steady-users.ts";

let at: ContainerCloud;
let users: SteadyUsers;
beforeEach(async () => {
  at = await containerCloud();
  users = steadyUsers(at.url);
});
afterEach(async () => {
  await users.stop();
  await at.close();
});

const SOON = { timeout: 120_000, interval: 200 };

/** What releases this image. */
function driverOf(image: string) {
  const clients = awsClients(at.access);
  const { traffic } = ecsDrivers({
    clients,
    clock: systemClock(),
    random: systemRandom(),
    target: {
      cluster: "default",
      service: "web",
      container: "app",
      listener: "shop:80",
      targetGroups: ["blue", "green"],
    },
    revision: { image },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
  return { ...traffic, close: () => clients.close() };
}

/** So many answers of a version, from now on. */
async function answered(version: string, count: number): Promise<void> {
  const seen = () => {
    const { good = 0, failed = 0 } = users.told().byVersion[version] ?? {};
    return good + failed;
  };
  const before = seen();
  await vi.waitFor(() => expect(seen() - before).toBeGreaterThanOrEqual(count), SOON);
}

/** One release: by a canary of 10 and 50 percent, or at once; to its end, or back from the canary. */
async function release(version: string, kind: "good" | "bad", isCanary: boolean) {
  const driver = driverOf(await at.push(version, kind));
  const { stable, canary, token } = await driver.prepare();
  let route = { token };
  for (const weight of isCanary ? [1000, 5000] : []) {
    route = await driver.setWeight({
      stable,
      canary,
      weight: weightBps(weight),
      token: route.token,
    });
    await answered(version, 10);
  }
  const change = { stable, canary, token: route.token };
  await (kind === "good" ? driver.promote(change) : driver.restore(change));
  await driver.cleanUp({ stable, canary, live: kind === "good" ? canary : stable });
  driver.close();
}

it("loses no request in a canary release, a rollback, a blue/green release, and when a task stops", async () => {
  const taskDefinition = await at.define("1");
  await at.service({ deploymentController: { type: "EXTERNAL" } });
  const place = { service: "web", cluster: "default" };
  const scale = { value: 100, unit: "PERCENT" } as const;
  const { taskSet } = await at.ecs.createTaskSet({
    ...place,
    taskDefinition,
    scale,
    ...at.placedIn(at.blue),
  });
  await at.ecs.updateServicePrimaryTaskSet({ ...place, primaryTaskSet: taskSet?.id });
  await at.targets(2);
  await users.phase();

  await release("2", "good", true);
  const first = await users.phase();
  expect(first.lost).toEqual([]);
  expect(first.byVersion).toMatchObject({ 1: { failed: 0 }, 2: { failed: 0 } });
  await at.targets(2, at.green);
  await at.targets(0);

  await release("3", "bad", true);
  const second = await users.phase();
  expect(second.lost).toEqual([]);
  // Its own failures, and nobody else's.
  expect(second.byVersion).toMatchObject({ 2: { failed: 0 }, 3: { good: 0 } });
  await at.targets(0);

  await release("4", "good", false);
  const third = await users.phase();
  expect(third.lost).toEqual([]);
  expect(third.byVersion).toMatchObject({ 2: { failed: 0 }, 4: { failed: 0 } });
  await at.targets(0, at.green);

  const [task] = await at.tasks();
  await at.ecs.stopTask({ task: task?.taskArn });
  await vi.waitFor(async () => {
    const running = await at.tasks();
    expect(running.map(({ lastStatus }) => lastStatus)).toEqual(["RUNNING", "RUNNING"]);
    expect(running.map(({ taskArn }) => taskArn)).not.toContain(task?.taskArn);
  }, SOON);
  await at.targets(2);
  const fourth = await users.phase();
  expect(fourth.lost).toEqual([]);
  expect(Object.keys(fourth.byVersion)).toEqual(["4"]);
  expect(at.warnings).toEqual([]);
}, 300_000);

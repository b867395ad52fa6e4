// Protects that a canary which lost leaves nothing behind, and that nothing is taken away that still serves, that a
// rollback would need, or that somebody else made.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { FUNCTION_NAME } from "../../support/lambda-cloud.ts";
import { driverOf, forward, functionArn, latticeCloud } from "../../support/lattice-cloud.ts";

type Cloud = Awaited<ReturnType<typeof latticeCloud>>;

async function groupIds({ lattice }: Cloud): Promise<readonly string[]> {
  const { items = [] } = await lattice.listTargetGroups({});
  return items.map(({ id = "" }) => id);
}

const TENTH = weightBps(1000);

it("removes the group and the permission of a canary that lost", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  await driver.setWeight({ stable, canary, weight: TENTH, token });
  await driver.restore({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await groupIds(cloud)).toEqual([stable]);
  const of = { FunctionName: FUNCTION_NAME, Qualifier: "2" };
  await expect(cloud.lambda.getPolicy(of)).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

it("keeps the group that served before a promotion", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  await driver.promote({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: canary });
  expect([...(await groupIds(cloud))].sort()).toEqual([stable, canary].sort());
  expect(await cloud.get()).toBe("two");
});

it("keeps a group that a listener or rule still forwards to", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { stable, canary } = await driver.prepare();
  await cloud.lattice.createRule({
    serviceIdentifier: cloud.serviceId,
    listenerIdentifier: cloud.listenerId,
    name: "somebody",
    priority: 5,
    match: { httpMatch: { method: "PUT" } },
    action: forward(canary),
  });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await groupIds(cloud)).toContain(canary);
});

it("keeps a group that somebody else made", async () => {
  const cloud = await latticeCloud();
  const id = await cloud.group("orders-two", functionArn("1"));
  const driver = await driverOf(cloud, { revision: { kind: "targetGroup", targetGroup: id } });
  const { stable, canary } = await driver.prepare();
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await groupIds(cloud)).toContain(id);
});

it("waits for the targets to drain before it deletes", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  const live = await driver.setWeight({ stable, canary, weight: TENTH, token });
  const of = { targetGroupIdentifier: canary };
  // Somebody deregistered it while it was in use: that is when AWS drains.
  await cloud.lattice.deregisterTargets({ ...of, targets: [{ id: functionArn("2") }] });
  await driver.restore({ stable, canary, token: live.token });
  await expect(cloud.lattice.deleteTargetGroup(of)).rejects.toMatchObject({
    name: "ConflictException",
  });
  const startMs = cloud.clock.nowMs();
  await driver.cleanUp({ stable, canary, live: stable });
  expect(cloud.clock.nowMs() - startMs).toBeGreaterThan(30_000);
  expect(await groupIds(cloud)).toEqual([stable]);
});

it("makes the group anew after it was removed", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const first = await driver.prepare();
  await driver.cleanUp({ ...first, live: first.stable });
  const second = await driver.prepare();
  expect(second.canary).not.toBe(first.canary);
  await driver.promote(second);
  expect(await cloud.get()).toBe("two");
});

// Protects that testers, and nobody else, get the canary before it has any weight; that their rule stands where it takes
// nothing from other rules; and that it is gone with the rollout.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { expectError } from "../../support/expect-error.ts";
import { driverOf, forward, latticeCloud } from "../../support/lattice-cloud.ts";

type Cloud = Awaited<ReturnType<typeof latticeCloud>>;

const testers = { header: "x-tester", value: "yes" };
const TESTER = { "x-tester": "yes" };

async function rulesOf({ lattice, serviceId, listenerId }: Cloud) {
  const { items = [] } = await lattice.listRules({
    serviceIdentifier: serviceId,
    listenerIdentifier: listenerId,
  });
  return items.filter(({ isDefault }) => isDefault !== true);
}

async function addRule(cloud: Cloud, name: string, priority: number, prefix = `/${name}`) {
  const { id = "" } = await cloud.lattice.createRule({
    serviceIdentifier: cloud.serviceId,
    listenerIdentifier: cloud.listenerId,
    name,
    priority,
    match: { httpMatch: { pathMatch: { match: { prefix } } } },
    action: forward(cloud.stable),
  });
  return id;
}

it("gives testers the canary, and everybody else stable", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud, { testers });
  const prepared = await driver.prepare();
  expect(await driver.prepare()).toEqual(prepared);
  expect(await cloud.get(TESTER)).toBe("two");
  expect(await cloud.get({ "x-tester": "no" })).toBe("one");
  expect(await cloud.get()).toBe("one");
  expect(await driver.readRoute()).toMatchObject({ stable: cloud.stable, weight: 0 });
});

it.each(["promote", "restore", "cleanUp"] as const)("takes the rule away with %s", async (how) => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud, { testers });
  const { stable, canary, token } = await driver.prepare();
  const live = await driver.setWeight({ stable, canary, weight: weightBps(1000), token });
  expect(await rulesOf(cloud)).toHaveLength(1);
  if (how === "cleanUp") {
    await cloud.listen(forward(stable));
    await driver.cleanUp({ stable, canary, live: stable });
  } else {
    await driver[how]({ stable, canary, token: live.token });
  }
  expect(await rulesOf(cloud)).toEqual([]);
  expect(await cloud.get(TESTER)).toBe(how === "promote" ? "two" : "one");
});

it("stands behind every other rule when the default action is shifted", async () => {
  const cloud = await latticeCloud();
  await addRule(cloud, "admin", 1000);
  const driver = await driverOf(cloud, { testers });
  await driver.prepare();
  const priorities = (await rulesOf(cloud)).map(({ priority }) => priority);
  expect(new Set(priorities)).toEqual(new Set([1000, 2000]));
});

it("stands right before the rule that is shifted, and matches what that matches", async () => {
  const cloud = await latticeCloud();
  await addRule(cloud, "admin", 5);
  const rule = await addRule(cloud, "all", 10, "/");
  const target = { service: "orders", listener: "http", rule };
  const driver = await driverOf(cloud, { testers, target });
  await driver.prepare();
  const made = (await rulesOf(cloud)).find(({ priority }) => priority === 9);
  const { match } = await cloud.lattice.getRule({
    serviceIdentifier: cloud.serviceId,
    listenerIdentifier: cloud.listenerId,
    ruleIdentifier: made?.id,
  });
  expect(match?.httpMatch).toMatchObject({
    pathMatch: { match: { prefix: "/" } },
    headerMatches: [{ name: "x-tester", match: { exact: "yes" } }],
  });
  expect(await cloud.get(TESTER)).toBe("two");
  expect(await cloud.get()).toBe("one");
});

it("is a problem of preflight, and of nothing later, when no place is free", async () => {
  const cloud = await latticeCloud();
  await addRule(cloud, "before", 9);
  const rule = await addRule(cloud, "all", 10);
  const target = { service: "orders", listener: "http", rule };
  const driver = await driverOf(cloud, { testers, target });
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems).toMatchObject([{ check: "testers' rule has a place" }]);
  expect(problems[0]?.detail).toContain("right before 10");
  await expectError(driver.prepare(), "TARGET_UNSUITABLE");
});

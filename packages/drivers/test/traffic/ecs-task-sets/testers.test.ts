// Protects the way that testers take to a new version before it has any weight: theirs alone, right before what
// everybody gets, and gone when the release is over.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { driverOf, type EcsCloud, ecsCloud, forward, target } from "../../support/ecs-cloud.ts";

const testers = { header: "x-tester", value: "yes" };

async function rulesOf({ elb, listenerArn }: EcsCloud) {
  const { Rules = [] } = await elb.describeRules({ ListenerArn: listenerArn });
  return Rules.filter(({ IsDefault }) => IsDefault !== true);
}

it("leads their header to the canary, and everybody else to stable", async () => {
  const cloud = await ecsCloud();
  const driver = driverOf(cloud, { target: target({ testers }) });
  const { stable, canary, token } = await driver.prepare();
  expect(await cloud.get({ "x-tester": "yes" })).toBe("web:two");
  expect(await cloud.get({ "x-tester": "no" })).toBe("web:one");
  expect(await cloud.get()).toBe("web:one");
  await driver.prepare();
  expect(await rulesOf(cloud)).toHaveLength(1);
  const live = await driver.setWeight({ stable, canary, weight: weightBps(100), token });
  await driver.restore({ stable, canary, token: live.token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await rulesOf(cloud)).toEqual([]);
  expect(await cloud.get({ "x-tester": "yes" })).toBe("web:one");
});

it("stands before the shifted rule with its conditions, and behind every earlier one", async () => {
  const cloud = await ecsCloud();
  const make = async (Priority: number, path: string) => {
    const { Rules = [] } = await cloud.elb.createRule({
      ListenerArn: cloud.listenerArn,
      Priority,
      Conditions: [{ Field: "path-pattern", Values: [path] }],
      Actions: [forward([cloud.blue, 1])],
    });
    return Rules[0]?.RuleArn ?? "";
  };
  await make(5, "/admin/*");
  const rule = await make(10, "/shop/*");
  const driver = driverOf(cloud, { target: target({ listener: undefined, rule, testers }) });
  await driver.prepare();
  const made = (await rulesOf(cloud)).find(({ Priority }) => Priority === "9");
  expect(made?.Conditions?.map(({ Field }) => Field).toSorted()).toEqual([
    "http-header",
    "path-pattern",
  ]);
  expect(await cloud.get({ "x-tester": "yes" })).toBe("web:one");
});

it("makes one rule when the answer was lost", async () => {
  const cloud = await ecsCloud();
  cloud.proxy.inject(({ action }) => action === "CreateRule", "loseAnswer");
  await driverOf(cloud, { target: target({ testers }) }).prepare();
  expect(await rulesOf(cloud)).toHaveLength(1);
});

it("lets the test listener lead to the canary, and to what serves when it is over", async () => {
  const cloud = await ecsCloud();
  const { Listeners = [] } = await cloud.elb.createListener({
    LoadBalancerArn: cloud.loadBalancerArn,
    Protocol: "HTTP",
    Port: 8443,
    DefaultActions: [forward([cloud.blue, 1])],
  });
  const ListenerArns = [Listeners[0]?.ListenerArn ?? ""];
  const leadsTo = async () => {
    const found = await cloud.elb.describeListeners({ ListenerArns });
    const groups = found.Listeners?.[0]?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
    return groups.filter(({ Weight = 1 }) => Weight > 0).map((group) => group.TargetGroupArn);
  };
  const driver = driverOf(cloud, { target: target({ testListener: "shop:8443" }) });
  const { stable, canary, token } = await driver.prepare();
  expect(await leadsTo()).toEqual([cloud.green.arn]);
  await driver.restore({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await leadsTo()).toEqual([cloud.blue.arn]);
});

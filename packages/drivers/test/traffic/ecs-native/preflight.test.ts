// Protects what is looked at before ECS is asked for a deployment: everything that ECS would refuse or shift otherwise
// is told beforehand, with what to do about it, and nothing is changed.
import type { LoadBalancer } from "@aws-sdk/client-ecs";
import { expect, it } from "vitest";
import { forward, SERVICE, target } from "../../support/ecs-cloud.ts";
import { type NativeCloud, nativeCloud, nativeDriver } from "../../support/ecs-native-cloud.ts";

type Options = Parameters<typeof nativeDriver>[1];

async function problemsOf(cloud: NativeCloud, options?: Options) {
  const findings = await nativeDriver(cloud, options).preflight();
  return findings
    .filter(({ outcome }) => outcome === "problem")
    .map(({ check, detail, hint }) => {
      expect(hint).not.toBe("");
      return { check, detail };
    });
}

it("tells what it looked at when all is well", async () => {
  const cloud = await nativeCloud();
  const findings = await nativeDriver(cloud).preflight();
  expect(findings.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  expect(findings.map(({ check, detail }) => `${check}: ${detail}`)).toEqual(
    expect.arrayContaining([
      "mode native: the service's deployment controller is ECS",
      "ECS can shift as the strategy says: BLUE_GREEN: all at once",
      "ECS may move the traffic: the default rule of listener shop:80",
      "no deployment is under way: none",
    ]),
  );
  const changes = cloud.proxy.seen.filter(({ action }) => !/^(Describe|List)/.test(action));
  expect(changes).toEqual([]);
});

it("refuses a container that the load balancer does not lead to", async () => {
  const cloud = await nativeCloud();
  const problems = await problemsOf(cloud, { target: target({ container: "proxy" }) });
  expect(problems.map(({ detail }) => detail).join("; ")).toContain(
    "the load balancer leads to container app, and target.ecs.container is proxy",
  );
});

it("refuses a listener that ECS does not shift", async () => {
  const cloud = await nativeCloud();
  const { Rules = [] } = await cloud.elb.createRule({
    ListenerArn: cloud.listenerArn,
    Priority: 10,
    Conditions: [{ Field: "path-pattern", Values: ["/shop/*"] }],
    Actions: [forward([cloud.blue, 1], [cloud.green, 0])],
  });
  const rule = Rules[0]?.RuleArn ?? "";
  const [found, ...more] = await problemsOf(cloud, {
    target: target({ listener: undefined, rule }),
  });
  expect(more).toEqual([]);
  expect(found?.check).toBe("ECS may move the traffic");
  expect(found?.detail).toBe(
    `ECS shifts ${cloud.ruleArn}, and the release is about rule 10 of listener shop:80`,
  );
});

it("refuses target groups between which ECS does not shift", async () => {
  const cloud = await nativeCloud();
  await cloud.group("web-red");
  const problems = await problemsOf(cloud, {
    target: target({ targetGroups: ["web-blue", "web-red"] }),
  });
  expect(problems.map(({ detail }) => detail)).toContain(
    "ECS shifts between web-blue and web-green, and target.ecs.targetGroups has web-blue and web-red",
  );
});

it("refuses a target group that neither rule names", async () => {
  const cloud = await nativeCloud();
  await cloud.listen(forward([cloud.blue, 1]));
  const problems = await problemsOf(cloud);
  expect(problems.map(({ detail }) => detail)).toEqual([
    "listener shop:80 does not name target group web-green, and without a testListenerRule ECS demands it",
  ]);
});

it("has ECS lead testers where the service has a test listener rule", async () => {
  const cloud = await nativeCloud();
  const { Listeners = [] } = await cloud.elb.createListener({
    LoadBalancerArn: cloud.loadBalancerArn,
    Protocol: "HTTP",
    Port: 81,
    DefaultActions: [forward([cloud.blue, 1], [cloud.green, 0])],
  });
  const ListenerArn = Listeners[0]?.ListenerArn;
  const { Rules = [] } = await cloud.elb.describeRules({ ListenerArn });
  const [balancer = {}]: LoadBalancer[] = (await cloud.service()).loadBalancers ?? [];
  await cloud.ecs.updateService({
    ...SERVICE,
    loadBalancers: [
      {
        ...balancer,
        advancedConfiguration: {
          ...balancer.advancedConfiguration,
          alternateTargetGroupArn: cloud.green.arn,
          testListenerRule: Rules[0]?.RuleArn,
        },
      },
    ],
  });
  await cloud.advance(60_000);
  const driver = nativeDriver(cloud, { target: target({ testListener: "shop:81" }) });
  expect((await driver.preflight()).filter(({ outcome }) => outcome === "problem")).toEqual([]);
  const share = async () => {
    const { Listeners: found = [] } = await cloud.elb.describeListeners({
      ListenerArns: [ListenerArn ?? ""],
    });
    const groups = found[0]?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
    return groups.find(({ TargetGroupArn }) => TargetGroupArn === cloud.green.arn)?.Weight;
  };
  const { stable, canary, token } = await driver.prepare();
  expect(await share()).toBe(100);
  expect(await cloud.get()).toBe("web:one");
  await driver.restore({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await share()).toBe(0);
});

// Protects the composition for ECS: the mode is the controller's when nobody says it, versions are counted where their
// tasks are, and what is managed elsewhere is told how to keep out.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { weightBps } from "@headgate/core";
import { expect, it, onTestFinished } from "vitest";
import { ecsDrivers } from "../src/index.ts";
import { type EcsCloud, ecsCloud, forward, target } from "./support/ecs-cloud.ts";
import { expectError } from "./support/expect-error.ts";
import { ACCESS } from "./support/lambda-cloud.ts";
import { constantRandom } from "./support/test-clock.ts";

function driversOf(cloud: EcsCloud, more: Parameters<typeof target>[0] = {}) {
  return ecsDrivers({
    ...cloud,
    random: constantRandom(0),
    target: target(more),
    revision: { image: "web:two" },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
}

it("takes the mode from the service, and names one target however it is written", async () => {
  const cloud = await ecsCloud();
  const { clusterArn = "", serviceArn = "" } =
    (await cloud.ecs.describeServices({ cluster: "shop", services: ["web"] })).services?.[0] ?? {};
  const ways = [
    {},
    { mode: "taskSets" as const },
    { cluster: clusterArn, service: serviceArn },
    { listener: cloud.listenerArn, targetGroups: [cloud.green.arn, cloud.blue.arn] },
  ];
  for (const way of ways) {
    const { id, label, route } = await driversOf(cloud, way).traffic.describe();
    expect({ id, label, stable: route.stable }).toEqual({
      id: serviceArn,
      label: "ecs service web of cluster shop by task sets (us-east-1)",
      stable: "web:1",
    });
  }
});

it("has ECS deploy a service of its own controller, and refuses one that it cannot shift", async () => {
  const cloud = await ecsCloud("ECS");
  // Its first deployment comes to its end.
  await cloud.advance(60_000);
  for (const more of [{}, { mode: "native" as const }]) {
    const { traffic } = driversOf(cloud, more);
    expect((await traffic.describe()).label).toBe(
      "ecs service web of cluster shop by its own deployments (us-east-1)",
    );
    const problems = (await traffic.preflight()).filter(({ outcome }) => outcome === "problem");
    expect(problems.map(({ detail }) => detail)).toEqual([
      "the service's load balancer has no advancedConfiguration: ECS can only roll it",
    ]);
  }
});

it("counts each version in its target group, before and after a promotion", async () => {
  const cloud = await ecsCloud();
  const { traffic, metrics } = driversOf(cloud);
  const { stable, canary, token } = await traffic.prepare();
  const live = await traffic.setWeight({ stable, canary, weight: weightBps(5000), token });
  const call = async (times: number) => {
    const fromMs = Math.floor(cloud.clock.nowMs() / 1000) * 1000;
    const answers: string[] = [];
    for (let count = 0; count < times; count++) answers.push(await cloud.get());
    await cloud.advance(5000);
    return { answers, window: { fromMs, toMs: fromMs + 4000 } };
  };
  const { answers, window } = await call(20);
  const byCanary = answers.filter((answer) => answer === "web:two").length;
  const { versions } = await metrics.compare([stable, canary], window);
  expect(versions.get(canary)?.requests).toBe(byCanary);
  expect(versions.get(stable)?.requests).toBe(20 - byCanary);

  await traffic.promote({ stable, canary, token: live.token });
  const after = await call(5);
  const counted = await metrics.compare([stable, canary], after.window);
  expect(counted.versions.get(canary)?.requests).toBe(5);
  expect(counted.versions.get(stable)).toBeUndefined();
  await expectError(metrics.compare(["web:9"], after.window), "METRICS_UNREADABLE");
});

it("says what keeps other tools from writing the weights back", async () => {
  const cloud = await ecsCloud();
  const { traffic } = driversOf(cloud);
  const { prevention } = await traffic.describe();
  expect(prevention).toContain("ignore_changes = [default_action]");
  expect(prevention).toContain("AWS::ElasticLoadBalancingV2::Listener");
  const { stable, canary, token } = await traffic.prepare();
  await cloud.listen(forward([cloud.blue, 50], [cloud.green, 50]));
  const change = { stable, canary, weight: weightBps(1000), token };
  const error = await expectError(traffic.setWeight(change), "ROUTE_CHANGED_ELSEWHERE");
  expect(error.hint).toContain("ignore_changes = [default_action]");
  expect(error.message).toContain("it now has web:1, 50% to web:2");
});

it("classifies alarms by what they watch", async () => {
  const cloud = await ecsCloud();
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const ID = cloud.loadBalancerArn.split("/").at(-1) ?? "";
  const alarms = {
    basename: [{ Name: "LoadBalancer", Value: ID }],
    whole: [{ Name: "LoadBalancer", Value: cloud.loadBalancerArn.split("loadbalancer/")[1] ?? "" }],
    other: [{ Name: "LoadBalancer", Value: "app/other/0123456789abcdef" }],
  };
  for (const [AlarmName, Dimensions] of Object.entries(alarms)) {
    await cloudWatch.putMetricAlarm({
      AlarmName,
      Namespace: "AWS/ApplicationELB",
      MetricName: "HTTPCode_Target_5XX_Count",
      Dimensions,
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
    });
  }
  const names = Object.keys(alarms);
  const readings = await driversOf(cloud).alarms.read(names, { names, stable: "web:1" });
  const classes = readings.map(({ name, finding }) => [name, finding?.class]);
  expect(classes).toEqual([
    ["basename", "wrongDimensions"],
    ["whole", "noData"],
    ["other", "wrongDimensions"],
  ]);
  const [first] = readings;
  expect(first?.finding?.hint).toContain(`app/shop/${ID}`);
  const [unknown] = await driversOf(cloud, { service: "none" }).alarms.read(names, {
    names,
    stable: "web:1",
  });
  expect(unknown?.state).toBe("insufficientData");
});

it("compares the healthy targets of both versions in a hook that looks at capacity", async () => {
  const cloud = await ecsCloud();
  const { traffic, hooks } = driversOf(cloud);
  const { stable, canary } = await traffic.prepare();
  const call = (of: string) =>
    hooks.run({
      name: "room",
      target: { kind: "capacity" },
      timeoutMs: 5000,
      input: {
        rollout: "r1",
        hook: "room",
        when: "beforeTraffic",
        stable,
        canary: of,
        weightBps: 0,
      },
    });
  expect(await call(canary)).toMatchObject({ verdict: "pass" });
  expect(await call("web:9")).toMatchObject({ verdict: "fail" });
});

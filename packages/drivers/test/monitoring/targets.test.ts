// Protects dashboards and alarms of what is not a Lambda alias: right dimensions as our own preflight sees them, data in
// every line, and alarms that fire on a bad version alone. Real SDK, real requests, the cloud's clock moved by hand.
import { describe, expect, it } from "vitest";
import { apiGatewayDrivers, ecsDrivers, latticeDrivers } from "../../src/index.ts";
import { ecsCloud, forward as forwardGroups, SERVICE } from "../support/ecs-cloud.ts";
import { publish } from "../support/lambda-cloud.ts";
import { answering, forward, functionArn, latticeCloud } from "../support/lattice-cloud.ts";
import { monitored } from "../support/monitored.ts";
import { API_NAME, proxyHandler, STAGE, changeApi } from "../support/stage-cloud.ts";
import { cloudWithStage } from "../support/stage-driver.ts";
import { constantRandom } from "../support/test-clock.ts";

const MINUTE_MS = 60_000;
const CALLS = 20;
const COMMON = {
  random: constantRandom(0),
  metrics: { resolutionMs: 1000, lagMs: 1000 },
  propagationMs: 0,
};

/** Minutes of requests, each answered before its minute is over. */
async function minutes(
  count: number,
  cloud: { get(): Promise<unknown>; advance(ms: number): Promise<void> },
) {
  for (let minute = 0; minute < count; minute++) {
    for (let call = 0; call < CALLS; call++) await cloud.get();
    await cloud.advance(MINUTE_MS);
  }
}

describe("an ECS service", () => {
  async function world() {
    const cloud = await ecsCloud();
    const { listener, targetGroups, container } = {
      listener: "shop:80",
      targetGroups: ["web-blue", "web-green"],
      container: "app",
    };
    const target = { ...SERVICE, listener, targetGroups, container };
    const revision = { image: "web:two" };
    const drivers = ecsDrivers({ ...COMMON, ...cloud, target, revision });
    return { cloud, ...(await monitored({ cloud, drivers, target: { ecs: target }, revision })) };
  }
  const versions = { stable: "web:1" };

  it("has alarms of both target groups, and data in all lines once both served", async () => {
    const { cloud, put, classes, dashboard, look } = await world();
    const { plan } = await put();
    expect(plan.alarms.map(({ name }) => name)).toEqual([
      "web-errors",
      "web-web-blue-errors",
      "web-web-green-errors",
    ]);
    expect(plan.leftOut.map(({ what }) => what)).toContain("alarm web-latency");
    await cloud.advance(2 * MINUTE_MS);
    // Silence is good: nothing was asked for yet.
    for (const { class: found } of await classes(versions)) expect(found).toBe("ok");
    await minutes(1, cloud);
    expect((await look()).chartsLeftOut).toMatchObject([{ what: "tasks (Container Insights)" }]);
    const one = await dashboard();
    expect(one.empty).toEqual([
      "web: latency: target group web-green p50",
      "web: latency: target group web-green p99",
      "web: healthy targets: web-green",
    ]);

    await cloud.taskSet(await cloud.register("web:two"), cloud.green);
    await cloud.advance(MINUTE_MS);
    await cloud.listen(forwardGroups([cloud.blue, 50], [cloud.green, 50]));
    await minutes(2, cloud);
    expect((await dashboard()).empty).toEqual([]);
    const found = await classes({ ...versions, canary: "web:2" });
    expect(found.map((one) => one.class)).toEqual(["ok", "ok", "ok"]);
  });

  it("fires for the group that fails", async () => {
    const { cloud, put, states } = await world();
    await put();
    await minutes(3, cloud);
    await cloud.taskSet(await cloud.register("web:failing"), cloud.green);
    await cloud.advance(MINUTE_MS);
    await cloud.listen(forwardGroups([cloud.blue, 50], [cloud.green, 50]));
    await minutes(3, cloud);
    expect(await states()).toEqual({
      "web-errors": "ALARM",
      "web-web-blue-errors": "OK",
      "web-web-green-errors": "ALARM",
    });
  });
});

describe("a VPC Lattice service", () => {
  async function world() {
    const cloud = await latticeCloud();
    const target = { service: "orders", listener: "http" };
    const revision = { version: "2" };
    const drivers = latticeDrivers({ ...COMMON, ...cloud, target, revision });
    return {
      cloud,
      ...(await monitored({ cloud, drivers, target: { lattice: target }, revision })),
    };
  }

  it("tells the canary by what the group that serves has not counted", async () => {
    const { cloud, put, states, classes, dashboard } = await world();
    await put();
    await cloud.advance(2 * MINUTE_MS);
    expect((await classes({ stable: cloud.stable })).map((one) => one.class)).toEqual(["ok", "ok"]);
    await minutes(2, cloud);
    expect(await dashboard()).toMatchObject({ empty: [], messages: [] });
    expect(await states()).toEqual({ "web-canary-errors": "OK", "web-errors": "OK" });

    const bad = await publish(cloud, {
      "app.py": `def handler(event, context):\n    raise Exception("bad")\n`,
    });
    const canary = await cloud.group("orders-two", functionArn(bad));
    await cloud.listen(forward([cloud.stable, 50], [canary, 50]));
    await minutes(3, cloud);
    expect(await states()).toEqual({ "web-canary-errors": "ALARM", "web-errors": "ALARM" });
    const found = await classes({ stable: cloud.stable, canary });
    expect(found).toEqual([
      { class: "alarm", warnings: [] },
      { class: "alarm", warnings: [] },
    ]);
  });

  it("is fine with a canary that is", async () => {
    const { cloud, put, states } = await world();
    await put();
    const version = await publish(cloud, { "app.py": answering("two") });
    const canary = await cloud.group("orders-two", functionArn(version));
    await cloud.listen(forward([cloud.stable, 50], [canary, 50]));
    await minutes(3, cloud);
    expect(await states()).toEqual({ "web-canary-errors": "OK", "web-errors": "OK" });
  });
});

describe("a stage of API Gateway", () => {
  async function world() {
    const cloud = await cloudWithStage();
    const target = { api: API_NAME, stage: STAGE };
    const revision = { apiAsItIs: true };
    const drivers = apiGatewayDrivers({ ...COMMON, ...cloud, target, revision, counts: false });
    return {
      cloud,
      ...(await monitored({ cloud, drivers, target: { apiGateway: target }, revision })),
    };
  }

  it("watches the stage, and the canary where its share is published", async () => {
    const { cloud, put, states, classes, dashboard, look } = await world();
    const first = await put();
    expect(first.plan.alarms.map(({ name }) => name)).toEqual(["web-errors"]);
    expect(first.plan.leftOut.map(({ what }) => what)).toContain("the canary's share");
    await minutes(2, cloud);
    expect((await classes({ stable: cloud.firstDeployment })).map((one) => one.class)).toEqual([
      "ok",
    ]);
    expect((await dashboard()).empty).toEqual([]);
    expect((await look()).extras).toMatchObject([{ title: "function checkout" }]);

    await changeApi(cloud, proxyHandler("two", 500));
    await cloud.advance(10_000);
    await cloud.gateway.createDeployment({
      restApiId: cloud.apiId,
      stageName: STAGE,
      canarySettings: { percentTraffic: 50 },
    });
    await minutes(1, cloud);
    const second = await put();
    expect(second.plan.alarms.map(({ name }) => name)).toEqual(["web-errors", "web-canary-errors"]);
    await minutes(3, cloud);
    expect(await states()).toEqual({ "web-canary-errors": "ALARM", "web-errors": "ALARM" });
    expect((await dashboard()).empty).toEqual([]);
  });
});

// Protects a release from those who can move ECS's deployment past it: somebody in the console, another deployment,
// and ECS itself when nobody answers any more. All of it is noticed, told with what ECS says, and taken up again.
import { weightBps } from "@headgate/core";
import { beforeEach, expect, it } from "vitest";
import { SERVICE } from "../../support/ecs-cloud.ts";
import { type NativeCloud, nativeCloud, nativeDriver } from "../../support/ecs-native-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

const [TENTH, FIFTH] = [weightBps(1000), weightBps(2000)];

let cloud: NativeCloud;
let driver: ReturnType<typeof nativeDriver>;
beforeEach(async () => {
  cloud = await nativeCloud();
  driver = nativeDriver(cloud, {
    strategy: { kind: "linear", step: TENTH },
    deadlineMs: 60_000,
  });
});

async function shifted() {
  const { stable, canary, token } = await driver.prepare();
  const live = await driver.setWeight({ stable, canary, weight: TENTH, token });
  return { stable, canary, token: live.token };
}

const isOver = async () => (await cloud.service()).currentServiceDeployment === undefined;

it("sees that somebody continued the deployment", async () => {
  const change = await shifted();
  await cloud.proceed();
  await cloud.until("at 20%", async () => (await cloud.greenPercent()) === 20);
  const asked = driver.setWeight({ ...change, weight: weightBps(3000) });
  const { message } = await expectError(asked, "ROUTE_CHANGED_ELSEWHERE");
  expect(message).toContain("web:1, 20% to web:2");
  // Who accepts that goes on from there.
  const live = await driver.setWeight({ ...change, weight: FIFTH });
  expect(live.weight).toBe(FIFTH);
});

it("sees that somebody turned the deployment back, and says so", async () => {
  const change = await shifted();
  await cloud.stop();
  await cloud.until("over", isOver);
  const { message } = await expectError(
    driver.setWeight({ ...change, weight: FIFTH }),
    "ROUTE_CHANGED_ELSEWHERE",
  );
  expect(message).toContain("ROLLBACK_SUCCESSFUL");
  expect(message).toContain("stopped by the user");
  await expectError(driver.promote(change), "ROUTE_CHANGED_ELSEWHERE");
  expect(await driver.restore(change)).toMatchObject({ stable: "web:1", weight: 0 });
  await driver.cleanUp({ ...change, live: change.stable });
  expect((await cloud.service()).deploymentConfiguration?.lifecycleHooks ?? []).toEqual([]);
});

it("brings the traffic back when somebody stopped the deployment where it stood, and tidies up", async () => {
  const change = await shifted();
  await cloud.stop("ABORT");
  await cloud.advance(60_000);
  expect(await cloud.greenPercent()).toBe(10);
  await expectError(driver.setWeight({ ...change, weight: FIFTH }), "ROUTE_CHANGED_ELSEWHERE");
  const startMs = cloud.clock.nowMs();
  expect(await driver.restore(change)).toMatchObject({ stable: "web:1", weight: 0 });
  expect(cloud.clock.nowMs() - startMs).toBeLessThan(5000);
  // Both versions' tasks run for good, until a new deployment takes the other away.
  const versions = { ...change, live: change.stable };
  await expectError(driver.cleanUp(versions), "TIMED_OUT");
  await driver.cleanUp(versions);
  const { taskDefinition, deployments = [] } = await cloud.service();
  expect(taskDefinition).toMatch(/web:1$/);
  expect(deployments.filter(({ runningCount = 0 }) => runningCount > 0)).toHaveLength(1);
  expect(await cloud.get()).toBe("web:one");
});

it("leaves another deployment alone that took the place of its own", async () => {
  const change = await shifted();
  const other = await cloud.register("web:other");
  await cloud.ecs.updateService({
    ...SERVICE,
    taskDefinition: other,
    deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 60, lifecycleHooks: [] },
  });
  await cloud.until("at the other version", async () => (await cloud.get()) === "web:other");
  expect((await driver.readRoute()).stable).toBe(other);
  const { message } = await expectError(
    driver.setWeight({ ...change, weight: FIFTH }),
    "ROUTE_CHANGED_ELSEWHERE",
  );
  expect(message).toContain(other);
  await expectError(driver.restore(change), "ROUTE_CHANGED_ELSEWHERE");
  expect(await cloud.get()).toBe("web:other");
});

it("begins nothing beside a deployment of somebody else", async () => {
  const other = await cloud.register("web:other");
  await cloud.ecs.updateService({
    ...SERVICE,
    taskDefinition: other,
    deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 60 },
  });
  const { message, hint } = await expectError(driver.prepare(), "TARGET_UNSUITABLE");
  expect(message).toContain(`a deployment of service web of cluster shop to ${other} is under way`);
  expect(hint).toContain("stop-service-deployment");
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems.map(({ check }) => check)).toEqual(["no deployment is under way"]);
});

it.each([["before any traffic"], ["with traffic"], ["while it bakes"]])(
  "is turned back by ECS when the controller dies %s",
  async (when) => {
    const prepared = await driver.prepare();
    const { stable, canary } = prepared;
    let { token } = prepared;
    if (when !== "before any traffic") {
      ({ token } = await driver.setWeight({ stable, canary, weight: TENTH, token }));
    }
    if (when === "while it bakes") ({ token } = await driver.promote({ stable, canary, token }));
    // Nobody answers for longer than the rollout's deadline and half an hour.
    await cloud.advance(32 * 60_000);
    await cloud.until("over", isOver);
    expect(await cloud.get()).toBe("web:one");
    expect((await cloud.deployments())[0]?.statusReason).toContain("pause hook timed out");
    // Another controller takes over.
    const next = nativeDriver(cloud, { strategy: { kind: "linear", step: TENTH } });
    const { message } = await expectError(
      next.setWeight({ stable, canary, weight: FIFTH, token }),
      "ROUTE_CHANGED_ELSEWHERE",
    );
    expect(message).toContain("pause hook timed out");
    await next.restore({ stable, canary, token });
    await next.cleanUp({ stable, canary, live: stable });
    expect((await cloud.service()).deploymentConfiguration?.lifecycleHooks ?? []).toEqual([]);
  },
);

it("goes on with another controller where the first one died", async () => {
  const change = await shifted();
  const next = nativeDriver(cloud, { strategy: { kind: "linear", step: TENTH } });
  expect(await next.readRoute()).toMatchObject({ ...change, weight: TENTH });
  const live = await next.setWeight({ ...change, weight: FIFTH });
  expect(live.weight).toBe(FIFTH);
});

it("writes a weight again that somebody moved by hand", async () => {
  const change = await shifted();
  await cloud.listen({
    Type: "forward",
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: cloud.blue.arn, Weight: 1 },
        { TargetGroupArn: cloud.green.arn, Weight: 1 },
      ],
    },
  });
  const { token, weight } = await driver.readRoute();
  expect(weight).toBe(5000);
  const live = await driver.setWeight({ ...change, weight: TENTH, token });
  expect(live.weight).toBe(TENTH);
  expect(await cloud.greenPercent()).toBe(10);
  expect((await driver.setWeight({ ...change, weight: FIFTH, token: live.token })).weight).toBe(
    FIFTH,
  );
});

it("takes no second step when the load balancer still shows the one before", async () => {
  const change = await shifted();
  const isLook = ({ action }: { action: string }) => action === "DescribeServiceDeployments";
  const somebodyIsQuicker = async () => {
    await cloud.proceed();
    await cloud.until("at 20%", async () => (await cloud.greenPercent()) === 20);
    await cloud.advance(5000);
    cloud.proxy.inject(({ action }) => action === "DescribeListeners", "stale", 2);
  };
  // Between the driver's first look and its second, whose weights are those from before.
  cloud.proxy.before(isLook, () => Promise.resolve(cloud.proxy.before(isLook, somebodyIsQuicker)));
  const live = await driver.setWeight({ ...change, weight: FIFTH });
  expect(live.weight).toBe(FIFTH);
  await cloud.advance(10_000);
  expect(await cloud.greenPercent()).toBe(20);
});

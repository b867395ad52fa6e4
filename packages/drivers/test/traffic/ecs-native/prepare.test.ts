// Protects the beginning of a release by ECS's own deployments: a version that does not come up has no traffic and
// leaves nothing behind, what other people configured stays, and a lost answer begins nothing twice.
import { expect, it } from "vitest";
import { target } from "../../support/ecs-cloud.ts";
import { type NativeCloud, nativeCloud, nativeDriver } from "../../support/ecs-native-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

const HOOK_ROLE = "arn:aws:iam::000000000000:role/hooks";
const HOOK = "arn:aws:lambda:us-east-1:000000000000:function:check";

async function tagsOf(cloud: NativeCloud) {
  const { serviceArn: resourceArn } = await cloud.service();
  return (await cloud.ecs.listTagsForResource({ resourceArn })).tags ?? [];
}

it.each([
  ["ends at once", "web:exits", "exit code 1"],
  ["opens no port", "web:deaf", "targets healthy"],
])("refuses a version that %s, and leaves the service as it was", async (_, image, why) => {
  const cloud = await nativeCloud();
  const driver = nativeDriver(cloud, { revision: { kind: "image", image } });
  const { message, hint } = await expectError(driver.prepare(), "CANARY_UNUSABLE");
  expect(message).toContain("web:2 does not come up");
  expect(message).toContain(why);
  expect(hint).toContain("must answer /");
  expect(await cloud.get()).toBe("web:one");
  const { deploymentConfiguration, taskDefinition, currentServiceDeployment } =
    await cloud.service();
  expect(taskDefinition).toMatch(/web:1$/);
  expect(currentServiceDeployment).toBeUndefined();
  expect(deploymentConfiguration).toMatchObject({ strategy: "ROLLING", lifecycleHooks: [] });
  expect(await tagsOf(cloud)).toEqual([]);
  // The next release is not in its way.
  const next = nativeDriver(cloud, { revision: { kind: "image", image: "web:three" } });
  expect((await next.prepare()).stable).toBe("web:1");
});

it("begins one deployment, whatever answer is lost", async () => {
  const cloud = await nativeCloud();
  const before = (await cloud.deployments()).length;
  for (const action of ["RegisterTaskDefinition", "TagResource", "UpdateService"]) {
    cloud.proxy.inject((request) => request.action === action, "loseAnswer");
  }
  const driver = nativeDriver(cloud);
  const { canary } = await driver.prepare();
  expect(canary).toBe("web:2");
  expect((await driver.prepare()).canary).toBe(canary);
  expect(await cloud.deployments()).toHaveLength(before + 1);
});

it("keeps hooks and alarms of the service itself", async () => {
  const others = {
    targetType: "AWS_LAMBDA" as const,
    hookTargetArn: HOOK,
    roleArn: HOOK_ROLE,
    lifecycleStages: ["POST_PRODUCTION_TRAFFIC_SHIFT" as const],
  };
  const alarms = { alarmNames: ["errors"], enable: true, rollback: true };
  const cloud = await nativeCloud({ lifecycleHooks: [others], alarms });
  const driver = nativeDriver(cloud);
  const findings = await driver.preflight();
  expect(findings.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  const { stable, canary, token } = await driver.prepare();
  const during = (await cloud.service()).deploymentConfiguration;
  expect(during?.alarms).toEqual(alarms);
  expect(during?.lifecycleHooks).toMatchObject([others, { targetType: "PAUSE" }]);
  await driver.restore({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect((await cloud.service()).deploymentConfiguration).toMatchObject({
    alarms,
    lifecycleHooks: [others],
  });
});

async function pausedBySomebodyElse(answer: "CONTINUE" | "ROLLBACK") {
  const cloud = await nativeCloud({
    lifecycleHooks: [{ targetType: "PAUSE", lifecycleStages: ["POST_SCALE_UP"] }],
  });
  const isPaused = async () =>
    ((await cloud.deployments())[0]?.lifecycleHookDetails ?? []).some(
      ({ status }) => status === "AWAITING_ACTION",
    );
  cloud.proxy.before(
    ({ action }) => action === "DescribeServiceDeployments",
    async () => {
      await cloud.until("paused", isPaused);
      await cloud.advance(60_000);
      await cloud.until("still paused", isPaused);
      await cloud.proceed(answer);
    },
  );
  return { cloud, driver: nativeDriver(cloud) };
}

it("leaves a pause before the new tasks to somebody else", async () => {
  const { cloud, driver } = await pausedBySomebodyElse("CONTINUE");
  const warned = (await driver.preflight()).find(({ outcome }) => outcome !== "ok");
  expect(warned).toMatchObject({ outcome: "warning", check: "hooks of the service itself stay" });
  expect(warned?.detail).toContain("POST_SCALE_UP");
  expect((await driver.prepare()).canary).toBe("web:2");
  expect(await cloud.greenPercent()).toBe(0);
  const isContinue = ({ action }: { action: string }) => action === "ContinueServiceDeployment";
  expect(cloud.proxy.seen.filter(isContinue)).toEqual([]);
});

it("tells that somebody else turned the deployment back while the tasks came up", async () => {
  const { cloud, driver } = await pausedBySomebodyElse("ROLLBACK");
  const { message } = await expectError(driver.prepare(), "CANARY_UNUSABLE");
  expect(message).toContain("its deployment failed: ROLLBACK");
  expect(await cloud.greenPercent()).toBe(0);
});

it("refuses a service with a pause of somebody else that could be taken for its own", async () => {
  const cloud = await nativeCloud({
    lifecycleHooks: [{ targetType: "PAUSE", lifecycleStages: ["PRE_PRODUCTION_TRAFFIC_SHIFT"] }],
  });
  const driver = nativeDriver(cloud);
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems.map(({ check }) => check)).toEqual(["hooks of the service itself stay"]);
  const { message } = await expectError(driver.prepare(), "TARGET_UNSUITABLE");
  expect(message).toContain("PAUSE hook of its own at PRE_PRODUCTION_TRAFFIC_SHIFT");
  expect((await cloud.service()).currentServiceDeployment).toBeUndefined();
});

it("says when the service runs the revision already", async () => {
  const cloud = await nativeCloud();
  const driver = nativeDriver(cloud, {
    revision: { kind: "taskDefinition", taskDefinition: "web:1" },
  });
  const { message } = await expectError(driver.prepare(), "REVISION_UNCHANGED");
  expect(message).toContain("web:1");
});

it("leads testers to the canary before anybody else, and nowhere else afterwards", async () => {
  const cloud = await nativeCloud();
  const testers = { header: "x-tester", value: "yes" };
  const driver = nativeDriver(cloud, { target: target({ testers }) });
  const { stable, canary, token } = await driver.prepare();
  expect(await cloud.get({ "x-tester": "yes" })).toBe("web:two");
  expect(await cloud.get()).toBe("web:one");
  await driver.restore({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(await cloud.get({ "x-tester": "yes" })).toBe("web:one");
});

// Protects the old tasks until nobody asks them any more: ECS stands at its last gate until the load balancer's own
// counts say so, and whoever must open it by hand is told how and until when.
import { expect, it } from "vitest";
import { forward, withUsers } from "../../support/ecs-cloud.ts";
import { type NativeCloud, nativeCloud, nativeDriver } from "../../support/ecs-native-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

async function promoted(cloud: NativeCloud) {
  const driver = nativeDriver(cloud);
  const { stable, canary, token } = await driver.prepare();
  await driver.promote({ stable, canary, token });
  return { driver, versions: { stable, canary, live: canary } };
}

async function running(cloud: NativeCloud) {
  const { deployments = [] } = await cloud.service();
  return deployments
    .filter(({ desiredCount = 0 }) => desiredCount > 0)
    .map(({ taskDefinition = "" }) => taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1))
    .toSorted();
}

it("takes the old tasks down once the requests have come to the other target group", async () => {
  const cloud = await nativeCloud();
  const { versions } = await promoted(cloud);
  const answers: string[] = [];
  await nativeDriver(withUsers(cloud, answers)).cleanUp(versions);
  expect(await running(cloud)).toEqual(["web:2"]);
  expect(new Set(answers)).toEqual(new Set(["web:two"]));
});

it("takes nothing down while the load balancer still sends requests to the old tasks", async () => {
  const cloud = await nativeCloud();
  const { versions } = await promoted(cloud);
  // A rule that nobody told of: weights say 0, and requests come all the same.
  const { Rules = [] } = await cloud.elb.createRule({
    ListenerArn: cloud.listenerArn,
    Priority: 1,
    Conditions: [{ Field: "path-pattern", Values: ["/*"] }],
    Actions: [forward([cloud.blue, 1])],
  });
  const driver = nativeDriver(withUsers(cloud, []));
  const { message, hint } = await expectError(driver.cleanUp(versions), "TIMED_OUT");
  expect(message).toContain("requests to have left target group web-blue");
  expect(hint).toContain("aws ecs continue-service-deployment --service-deployment-arn arn:");
  expect(hint).toMatch(/ECS turns the release back at \d{4}-/);
  expect(await running(cloud)).toEqual(["web:1", "web:2"]);
  await cloud.elb.deleteRule({ RuleArn: Rules[0]?.RuleArn });
  await driver.cleanUp(versions);
  expect(await running(cloud)).toEqual(["web:2"]);
});

it("leaves everything running when somebody gave the old tasks a weight again", async () => {
  const cloud = await nativeCloud();
  const { driver, versions } = await promoted(cloud);
  await cloud.listen(forward([cloud.blue, 50], [cloud.green, 50]));
  await expectError(driver.cleanUp(versions), "ROUTE_CHANGED_ELSEWHERE");
  expect(await running(cloud)).toEqual(["web:1", "web:2"]);
});

it("goes on where it stood when an answer was lost, and twice is as good as once", async () => {
  const cloud = await nativeCloud();
  const { driver, versions } = await promoted(cloud);
  const lost = new Set(["ContinueServiceDeployment", "UpdateService", "UntagResource"]);
  for (const one of lost) cloud.proxy.inject(({ action }) => action === one, "loseAnswer");
  await driver.cleanUp(versions).catch(() => undefined);
  await driver.cleanUp(versions);
  await driver.cleanUp(versions);
  expect(await running(cloud)).toEqual(["web:2"]);
  const { deploymentConfiguration } = await cloud.service();
  expect(deploymentConfiguration).toMatchObject({ strategy: "ROLLING", lifecycleHooks: [] });
});

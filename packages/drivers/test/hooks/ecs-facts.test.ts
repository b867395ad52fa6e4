// Protects what functions made for ECS are told of a release: ARNs of ECS's own service deployment where ECS deploys, and
// of task sets where it does not.
import { expect, it } from "vitest";
import { ecsDeploymentLook } from "../../src/hooks/ecs-facts.ts";
import { driverOf, ecsCloud } from "../support/ecs-cloud.ts";
import { nativeCloud, nativeDriver } from "../support/ecs-native-cloud.ts";

it("tells of ECS's own service deployment and its revisions", async () => {
  const cloud = await nativeCloud();
  const driver = nativeDriver(cloud);
  const look = ecsDeploymentLook({ ...cloud, driver });
  const { serviceArn } = await driver.place();
  const before = await look(input("web:1", undefined));
  expect(before).toMatchObject({ serviceArn, resourceArn: serviceArn, targetArn: undefined });
  const { stable, canary } = await driver.prepare();
  const [deployment] = await cloud.deployments();
  const facts = await look(input(stable, canary));
  expect(facts).toEqual({
    serviceArn,
    resourceArn: deployment?.serviceDeploymentArn,
    stableArn: deployment?.sourceServiceRevisions?.[0]?.arn,
    targetArn: deployment?.targetServiceRevision?.arn,
  });
  expect(facts.targetArn).toContain(":service-revision/");
  expect(facts.stableArn).toBe(before.stableArn);
});

it("stands task sets for revisions where there are none", async () => {
  const cloud = await ecsCloud("EXTERNAL");
  const driver = driverOf(cloud);
  const look = ecsDeploymentLook({ ...cloud, driver });
  const { serviceArn } = await driver.place();
  const [first] = await cloud.taskSets();
  expect(await look(input("web:1", undefined))).toEqual({
    serviceArn,
    resourceArn: serviceArn,
    stableArn: first?.taskSetArn,
    targetArn: undefined,
  });
  const { stable, canary } = await driver.prepare();
  const second = (await cloud.taskSets()).find(({ id }) => id !== first?.id);
  expect(second?.taskSetArn).toContain(":task-set/");
  expect(await look(input(stable, canary))).toEqual({
    serviceArn,
    resourceArn: second?.taskSetArn,
    stableArn: first?.taskSetArn,
    targetArn: second?.taskSetArn,
  });
});

function input(stable: string, canary: string | undefined) {
  const told = { rollout: "r1", hook: "smoke", when: "beforeTraffic", stable, weightBps: 0 };
  return canary === undefined ? told : { ...told, canary };
}

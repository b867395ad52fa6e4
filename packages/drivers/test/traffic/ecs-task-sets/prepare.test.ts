// Protects what happens before a new version of an ECS service gets traffic: it is registered once, runs in full
// and is healthy, or the reason why not is told and nothing of it is left.
import { expect, it } from "vitest";
import { driverOf, ecsCloud, forward, target } from "../../support/ecs-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

it("registers the current definition with the image and the environment replaced", async () => {
  const cloud = await ecsCloud();
  const revision = {
    kind: "image",
    image: "web:two",
    environment: { LEVEL: "debug", NEW: "1" },
  } as const;
  const prepared = await driverOf(cloud, { revision }).prepare();
  expect(prepared).toMatchObject({ stable: "web:1", canary: "web:2", published: true });
  const { taskDefinition } = await cloud.ecs.describeTaskDefinition({ taskDefinition: "web:2" });
  const before = await cloud.ecs.describeTaskDefinition({ taskDefinition: "web:1" });
  const [container] = taskDefinition?.containerDefinitions ?? [];
  expect(container).toEqual({
    ...before.taskDefinition?.containerDefinitions?.[0],
    image: "web:two",
    environment: [
      { name: "LEVEL", value: "debug" },
      { name: "NEW", value: "1" },
    ],
  });
  expect(taskDefinition?.cpu).toBe("256");
});

it("keeps the environment when none is given, and makes the task set like the one that serves", async () => {
  const cloud = await ecsCloud();
  await driverOf(cloud).prepare();
  const { taskDefinition } = await cloud.ecs.describeTaskDefinition({ taskDefinition: "web:2" });
  const [container] = taskDefinition?.containerDefinitions ?? [];
  expect(container?.environment).toEqual([{ name: "LEVEL", value: "info" }]);
  const sets = await cloud.taskSets();
  const [stable, canary] = ["PRIMARY", "ACTIVE"].map((status) =>
    sets.find((set) => set.status === status),
  );
  expect(canary?.networkConfiguration).toEqual(stable?.networkConfiguration);
  expect(canary?.launchType).toBe("FARGATE");
  expect(canary?.loadBalancers?.[0]?.targetGroupArn).toBe(cloud.green.arn);
  expect(canary).toMatchObject({ runningCount: 2, scale: { value: 100, unit: "PERCENT" } });
  expect(await cloud.get()).toBe("web:one");
});

it("registers nothing twice, whatever answer is lost on the way", async () => {
  const cloud = await ecsCloud();
  for (const action of ["RegisterTaskDefinition", "CreateTaskSet"]) {
    cloud.proxy.inject((request) => request.action === action, "loseAnswer");
  }
  expect((await driverOf(cloud).prepare()).canary).toBe("web:2");
  expect((await driverOf(cloud).prepare()).canary).toBe("web:2");
  expect(await cloud.taskSets()).toHaveLength(2);
  const { taskDefinitionArns } = await cloud.ecs.listTaskDefinitions({ familyPrefix: "web" });
  expect(taskDefinitionArns).toHaveLength(2);
});

it("takes a task definition that is registered already, by its name or ARN", async () => {
  const cloud = await ecsCloud();
  const version = await cloud.register("web:two");
  const { taskDefinition } = await cloud.ecs.describeTaskDefinition({ taskDefinition: version });
  for (const name of [version, taskDefinition?.taskDefinitionArn ?? ""]) {
    const revision = { kind: "taskDefinition", taskDefinition: name } as const;
    const prepared = await driverOf(cloud, { revision }).prepare();
    expect(prepared).toMatchObject({ canary: "web:2", published: false });
  }
});

it.each([
  ["the image that runs", { kind: "image", image: "web:one" }],
  ["the definition that runs", { kind: "taskDefinition", taskDefinition: "web:1" }],
] as const)("has nothing to do for %s", async (_, revision) => {
  const cloud = await ecsCloud();
  await expectError(driverOf(cloud, { revision }).prepare(), "REVISION_UNCHANGED");
  expect(await cloud.taskSets()).toHaveLength(1);
});

it("names a task definition that does not exist", async () => {
  const cloud = await ecsCloud();
  const revision = { kind: "taskDefinition", taskDefinition: "web:99" } as const;
  const error = await expectError(driverOf(cloud, { revision }).prepare(), "REVISION_NOT_FOUND");
  expect(error.message).toBe("there is no task definition web:99");
});

it("refuses a task definition that was deregistered", async () => {
  const cloud = await ecsCloud();
  const taskDefinition = await cloud.register("web:two");
  await cloud.ecs.deregisterTaskDefinition({ taskDefinition });
  const revision = { kind: "taskDefinition", taskDefinition } as const;
  const error = await expectError(driverOf(cloud, { revision }).prepare(), "REVISION_INVALID");
  expect(error.message).toContain("INACTIVE");
});

it.each([
  ["ends at once", "web:exits", /exit code 1/],
  ["opens no port", "web:deaf", /unhealthy/],
  [
    "has an image that does not exist",
    "000000000000.dkr.ecr.us-east-1.amazonaws.com/none:1",
    /CannotPullContainerError/,
  ],
])("tells why, and leaves nothing, when a version %s", async (_, image, reason) => {
  const cloud = await ecsCloud();
  const revision = { kind: "image", image } as const;
  const error = await expectError(driverOf(cloud, { revision }).prepare(), "CANARY_UNUSABLE");
  expect(error.message).toMatch(/^web:2 does not come up: /);
  expect(error.message).toMatch(reason);
  const left = (await cloud.taskSets()).filter(({ status }) => status === "ACTIVE");
  expect(left).toEqual([]);
  expect(await cloud.get()).toBe("web:one");
});

it("names both target groups before it makes tasks, and keeps all else of the action", async () => {
  const cloud = await ecsCloud();
  const spare = await cloud.group("web-spare");
  const action = forward([cloud.blue, 7], [spare, 0]);
  const TargetGroupStickinessConfig = { Enabled: true, DurationSeconds: 60 };
  await cloud.listen({
    ...action,
    ForwardConfig: { ...action.ForwardConfig, TargetGroupStickinessConfig },
  });
  const driver = driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  const weights = async () => {
    const [{ ForwardConfig } = {}] = await cloud.actions();
    expect(ForwardConfig?.TargetGroupStickinessConfig).toEqual(TargetGroupStickinessConfig);
    const of = ({ arn }: { readonly arn: string }) =>
      ForwardConfig?.TargetGroups?.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight;
    return [of(cloud.blue), of(cloud.green), of(spare)];
  };
  expect(await weights()).toEqual([7, 0, 0]);
  await driver.promote({ stable, canary, token });
  expect(await weights()).toEqual([0, 100, 0]);
});

it("clears away a task set that an earlier release left, and no other", async () => {
  const cloud = await ecsCloud();
  const left = await cloud.register("web:left");
  await cloud.taskSet(left, cloud.green, `headgate/${left}`);
  const prepared = await driverOf(cloud).prepare();
  expect(prepared.canary).toBe("web:3");

  const other = await ecsCloud();
  await other.taskSet(await other.register("web:other"), other.green);
  const error = await expectError(driverOf(other).prepare(), "TARGET_UNSUITABLE");
  expect(error.message).toContain("which Headgate did not make");
  expect(error.hint).toContain("aws ecs delete-task-set");
});

it("refuses to begin while both target groups have traffic", async () => {
  const cloud = await ecsCloud();
  await cloud.listen(forward([cloud.blue, 90], [cloud.green, 10]));
  const error = await expectError(driverOf(cloud).prepare(), "TARGET_UNSUITABLE");
  expect(error.message).toContain("does not lead to one of web-blue and web-green alone");
});

it("says which containers and ports there are", async () => {
  const cloud = await ecsCloud();
  const container = await expectError(
    driverOf(cloud, { target: target({ container: "nginx" }) }).prepare(),
    "TARGET_UNSUITABLE",
  );
  expect(container.hint).toBe("target.ecs.container must be one of: app.");
  const port = await expectError(
    driverOf(cloud, { target: target({ port: 81 }) }).prepare(),
    "TARGET_UNSUITABLE",
  );
  expect(port.message).toContain("maps the ports 8080, and not 81");
});

// Protects the look at whether a version of an ECS service could take all traffic: it says what is missing, and a
// right that headgate does not have is no reason to turn back.
import { IAM } from "@aws-sdk/client-iam";
import { expect, it, onTestFinished } from "vitest";
import { runCapacity } from "../../../src/hooks/capacity.ts";
import { serviceCapacity } from "../../../src/traffic/ecs/capacity-look.ts";
import {
  driverOf,
  type EcsCloud,
  ecsCloud,
  EXECUTION_POLICY,
  SERVICE,
} from "../../support/ecs-cloud.ts";
import { ACCESS } from "../../support/lambda-cloud.ts";

/** What a capacity hook says of a version, beside stable web:1. */
function asker(cloud: EcsCloud) {
  const look = serviceCapacity({ ...cloud, driver: driverOf(cloud) });
  return (canary: string) =>
    runCapacity(look, {
      name: "room",
      target: { kind: "capacity" },
      timeoutMs: 5000,
      input: {
        rollout: "r1",
        hook: "room",
        when: "beforeTraffic",
        stable: "web:1",
        canary,
        weightBps: 0,
      },
    });
}

it("passes a version that runs in full, and says what it looked at", async () => {
  const cloud = await ecsCloud();
  const { canary } = await driverOf(cloud).prepare();
  expect(await asker(cloud)(canary)).toEqual({
    verdict: "pass",
    detail: [
      "cluster shop: ACTIVE",
      "tasks of web:2: 2 of 2 run",
      "targets of web:2: 2 of 2 targets healthy",
      "task definition web:2: ACTIVE",
      "role execution: it is there",
    ].join("; "),
  });
});

it("fails a version with fewer tasks and targets than stable", async () => {
  const cloud = await ecsCloud();
  const { canary } = await driverOf(cloud).prepare();
  const taskSet = (await cloud.taskSets()).find(({ status }) => status === "ACTIVE")?.id;
  await cloud.ecs.updateTaskSet({ ...SERVICE, taskSet, scale: { value: 50, unit: "PERCENT" } });
  await cloud.advance(60_000);
  const { verdict, detail } = await asker(cloud)(canary);
  expect({ verdict, detail }).toEqual({
    verdict: "fail",
    detail: "targets of web:2: 1 of 1 targets healthy; stable has 2",
  });
  await cloud.ecs.updateTaskSet({ ...SERVICE, taskSet, scale: { value: 0, unit: "PERCENT" } });
  await cloud.advance(60_000);
  expect((await asker(cloud)(canary)).detail).toContain(
    "tasks of web:2: 0 of 0 run: it is scaled to nothing",
  );
});

it("fails a version that has no tasks", async () => {
  const cloud = await ecsCloud();
  const version = await cloud.register("web:two");
  const { verdict, detail } = await asker(cloud)(version);
  expect(verdict).toBe("fail");
  expect(detail).toContain("tasks of web:2: there are none");
  expect(detail).toContain("web:2 is in neither target group");
});

it("fails a version that no further task could be started of", async () => {
  const cloud = await ecsCloud();
  const { canary } = await driverOf(cloud).prepare();
  const iam = new IAM({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => iam.destroy());
  await iam.detachRolePolicy({ RoleName: "execution", PolicyArn: EXECUTION_POLICY });
  await iam.deleteRole({ RoleName: "execution" });
  expect(await asker(cloud)(canary)).toMatchObject({
    verdict: "fail",
    detail: "role execution: there is no such role: no further task can start",
  });
  await cloud.ecs.deregisterTaskDefinition({ taskDefinition: canary });
  expect((await asker(cloud)(canary)).detail).toContain(
    "task definition web:2 is INACTIVE: ECS starts no tasks of it",
  );
});

it("does not turn back because it may not read roles", async () => {
  const cloud = await ecsCloud();
  const { canary } = await driverOf(cloud).prepare();
  cloud.proxy.inject(({ action }) => action === "GetRole", {
    status: 403,
    xml: "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
  });
  const { verdict, detail } = await asker(cloud)(canary);
  expect(verdict).toBe("pass");
  expect(detail).toContain("role execution: it was not looked at: not allowed to call iam:GetRole");
});

// Protects deployments of container services: a second task set behind the other target group, the test listener
// first, then the users' listener share by share, and waits; on a real service and a real load balancer.
import {
  BatchGetDeploymentTargetsCommand,
  ListDeploymentInstancesCommand,
} from "@aws-sdk/client-codedeploy";
import { PutClusterCapacityProvidersCommand } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { MINUTE_MS } from "./deploy-cloud.ts";
import { ecsDeployCloud, type EcsDeployCloud } from "./ecs-deploy-cloud.ts";

let at: EcsDeployCloud;
beforeEach(async () => {
  at = await ecsDeployCloud();
});
afterEach(() => at.close());

const ALL_EVENTS = [
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "AllowTestTraffic",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
];

it("moves everything at once, and swaps the groups the next time", async () => {
  await at.group();
  const id = await at.start();
  expect(await at.get(id)).toMatchObject({ status: "InProgress", computePlatform: "ECS" });
  expect((await at.end(id)).status).toBe("Succeeded");
  expect(await at.events(id)).toEqual(ALL_EVENTS.map((event) => `${event} Succeeded`));
  expect([await at.route(at.prod), await at.route(at.test)]).toEqual([
    "blue:0 green:100",
    "green:100",
  ]);
  await at.cloud.advance(60_000);
  expect(await at.taskSets()).toEqual(["PRIMARY 2"]);
  const { taskSets } = await at.describe("web");
  expect(taskSets?.[0]).toMatchObject({ externalId: id, startedBy: "CODE_DEPLOY" });
  const again = await at.start({}, [], at.first);
  expect((await at.end(again)).status).toBe("Succeeded");
  expect([await at.route(at.prod), await at.route(at.test)]).toEqual([
    "blue:100 green:0",
    "blue:100",
  ]);
});

it.each([
  ["ECSLinear10PercentEvery1Minutes", 1, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
  ["ECSLinear10PercentEvery3Minutes", 3, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
  ["ECSCanary10Percent5Minutes", 5, [10, 100]],
  ["ECSCanary10Percent15Minutes", 15, [10, 100]],
])("shifts by %s", async (name, minutes, shares) => {
  await at.group({ deploymentConfigName: `CodeDeployDefault.${name}` });
  const id = await at.start();
  await at.begun(id, "AllowTraffic");
  const seen: string[] = [];
  for (const _share of shares) {
    seen.push(await at.route(at.prod));
    await at.cloud.advance(minutes * MINUTE_MS);
  }
  expect(seen).toEqual(shares.map((share) => `blue:${100 - share} green:${share}`));
  expect((await at.end(id)).status).toBe("Succeeded");
});

it("runs the new tasks by the AppSpec's capacity providers, which the cluster has to have", async () => {
  await at.group();
  const content = JSON.stringify({
    version: 0.0,
    Resources: [
      {
        TargetService: {
          Type: "AWS::ECS::Service",
          Properties: {
            TaskDefinition: at.second,
            LoadBalancerInfo: { ContainerName: "app", ContainerPort: 8080 },
            CapacityProviderStrategy: [{ CapacityProvider: "FARGATE_SPOT", Base: 1, Weight: 3 }],
          },
        },
      },
    ],
  });
  const revision = { revisionType: "AppSpecContent" as const, appSpecContent: { content } };
  const { errorInformation } = await at.end(await at.start({ revision }));
  expect(errorInformation?.code).toBe("ECS_UPDATE_ERROR");
  expect(errorInformation?.message).toContain("capacity provider");
  await at.ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster: "default",
      capacityProviders: ["FARGATE_SPOT"],
      defaultCapacityProviderStrategy: [],
    }),
  );
  expect((await at.end(await at.start({ revision }))).status).toBe("Succeeded");
  await at.cloud.advance(60_000);
  const { taskSets } = await at.describe("web");
  expect(taskSets?.[0]?.capacityProviderStrategy).toEqual([
    { capacityProvider: "FARGATE_SPOT", base: 1, weight: 3 },
  ]);
});

it("tells the target with both task sets and their shares", async () => {
  await at.group({ deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes" });
  const id = await at.start();
  await at.begun(id, "AllowTraffic");
  const { deploymentTargets } = await at.deploy.send(
    new BatchGetDeploymentTargetsCommand({ deploymentId: id, targetIds: ["default:web"] }),
  );
  const { ecsTarget } = deploymentTargets?.[0] ?? {};
  expect(ecsTarget).toMatchObject({ status: "InProgress", targetId: "default:web" });
  expect(
    ecsTarget?.taskSetsInfo?.map(
      ({ taskSetLabel, status, trafficWeight, targetGroup, desiredCount }) => [
        taskSetLabel,
        status,
        trafficWeight,
        targetGroup?.name,
        desiredCount,
      ],
    ),
  ).toEqual([
    ["Blue", "PRIMARY", 90, "blue", 2],
    ["Green", "ACTIVE", 10, "green", 2],
  ]);
  const instances = at.deploy.send(new ListDeploymentInstancesCommand({ deploymentId: id }));
  expect((await errorOf(instances)).name).toBe("InvalidComputePlatformException");
});

it("skips what belongs to a test listener when there is none", async () => {
  await at.group({}, {}, false);
  const id = await at.start({}, [{ AfterAllowTestTraffic: "nobody" }]);
  expect((await at.end(id)).status).toBe("Succeeded");
  expect(await at.events(id)).toContain("AllowTestTraffic Skipped");
  expect(await at.events(id)).toContain("AfterAllowTestTraffic Skipped");
});

describe("the ready wait", () => {
  const stopping = (waitTimeInMinutes: number) => ({
    deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT" as const, waitTimeInMinutes },
  });

  it("lasts until somebody continues", async () => {
    await at.group({}, stopping(5));
    const id = await at.start();
    expect((await errorOf(at.proceed(id, "READY_WAIT"))).name).toBe(
      "DeploymentIsNotInReadyStateException",
    );
    await at.come(id, ({ status }) => status === "Ready");
    expect([await at.route(at.prod), await at.route(at.test)]).toEqual([
      "blue:100 green:0",
      "green:100",
    ]);
    expect(await at.events(id)).toContain("BeforeAllowTraffic Pending");
    await at.cloud.advance(4 * MINUTE_MS);
    expect((await at.get(id)).status).toBe("Ready");
    const [users, testers] = [await at.prod.call("/"), await at.test.call("/")];
    expect([await users.text(), await testers.text()]).toEqual(["web:1", "web:2"]);
    await at.proceed(id, "READY_WAIT");
    expect((await at.end(id)).status).toBe("Succeeded");
    expect((await errorOf(at.proceed(id, "READY_WAIT"))).name).toBe(
      "DeploymentAlreadyCompletedException",
    );
  });

  it("stops the deployment at its end", async () => {
    await at.group({}, stopping(3));
    const id = await at.start();
    await at.come(id, ({ status }) => status === "Ready");
    await at.cloud.advance(3 * MINUTE_MS);
    const { status, errorInformation } = await at.get(id);
    expect(status).toBe("Stopped");
    expect(errorInformation?.message).toBe(
      "The deployment timed out while waiting for a notification to continue. This time out period is 3 minutes.",
    );
  });
});

describe("the termination wait", () => {
  const waiting = {
    terminateBlueInstancesOnDeploymentSuccess: {
      action: "TERMINATE" as const,
      terminationWaitTimeInMinutes: 10,
    },
  };
  const isWaiting = (info: { instanceTerminationWaitTimeStarted?: boolean | undefined }) =>
    info.instanceTerminationWaitTimeStarted === true;

  it("keeps the old tasks, and the deployment in progress", async () => {
    await at.group({}, waiting);
    const id = await at.start();
    await at.come(id, isWaiting);
    await at.cloud.advance(9 * MINUTE_MS);
    expect((await at.get(id)).status).toBe("InProgress");
    expect(await at.taskSets()).toEqual(["ACTIVE 1", "PRIMARY 2"]);
    await at.cloud.advance(2 * MINUTE_MS);
    expect((await at.get(id)).status).toBe("Succeeded");
    await at.cloud.advance(MINUTE_MS);
    expect(await at.taskSets()).toEqual(["PRIMARY 2"]);
  });

  it("ends when somebody continues", async () => {
    await at.group({}, waiting);
    const id = await at.start();
    await at.come(id, isWaiting);
    await at.proceed(id, "TERMINATION_WAIT");
    expect((await at.get(id)).status).toBe("Succeeded");
  });

  it("can still be rolled back, to the tasks that are there", async () => {
    await at.group({}, waiting);
    const id = await at.start();
    await at.come(id, isWaiting);
    await at.stop(id, true);
    const { rollbackInfo } = await at.get(id);
    const rollbackId = rollbackInfo?.rollbackDeploymentId ?? "";
    await at.cloud.advance(1000);
    const rollback = await at.end(rollbackId);
    expect(rollback).toMatchObject({
      status: "Succeeded",
      creator: "codeDeployRollback",
      deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce",
    });
    expect([await at.route(at.prod), await at.route(at.test)]).toEqual([
      "blue:100 green:0",
      "blue:100",
    ]);
    await at.cloud.advance(MINUTE_MS);
    expect(await at.taskSets()).toEqual(["PRIMARY 1"]);
  });
});

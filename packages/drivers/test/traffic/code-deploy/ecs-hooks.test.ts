// Protects functions of AppSpecs in deployments of ECS services: those that CodeDeploy asks while it installs end the
// preparation with their own name, and the last one before traffic is waited for when the first weight is ordered.
import { type CodeDeployHook, weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { codeDeployEcsDriver } from "../../../src/traffic/code-deploy/ecs.ts";
import { scheduleOf } from "../../../src/traffic/code-deploy/schedule.ts";
import { canary, type DeployGroup, deployGroup, PLACE } from "../../support/deploy-group.ts";
import { type EcsCloud, ecsCloud, SERVICE, target } from "../../support/ecs-cloud.ts";
import { eventually, type Reporter, reporterFunction } from "../../support/reporter-function.ts";

const ROUTING = canary(10, 1);
const TENTH = weightBps(1000);

const hook = (event: CodeDeployHook["event"], functionName: string): CodeDeployHook => ({
  name: `${functionName}-hook`,
  event,
  functionName,
});

async function start(
  hooks: readonly CodeDeployHook[],
  sleep?: (cloud: EcsCloud, group: DeployGroup) => Promise<void>,
) {
  const cloud = await ecsCloud("CODE_DEPLOY");
  const group = await deployGroup(cloud.url, "ECS", ROUTING, {
    ecsServices: [{ clusterName: SERVICE.cluster, serviceName: SERVICE.service }],
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE",
        terminationWaitTimeInMinutes: 20,
      },
    },
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: cloud.blue.name }, { name: cloud.green.name }],
          prodTrafficRoute: { listenerArns: [cloud.listenerArn] },
        },
      ],
    },
  });
  const driver = codeDeployEcsDriver({
    ...cloud,
    ...(sleep && { clock: { ...cloud.clock, sleep: () => sleep(cloud, group) } }),
    target: target(),
    revision: { kind: "image", image: "web:two" },
    propagationMs: 0,
    counts: { resolutionMs: 1000, lagMs: 1000 },
    deploy: PLACE,
    schedule: scheduleOf(ROUTING),
    bakeMs: 0,
    hooks,
  });
  return { cloud, group, driver };
}

it("asks two functions while it installs and one when the first weight is ordered, each once", async () => {
  const hooks = [
    hook("BeforeInstall", "check"),
    hook("AfterInstall", "installed"),
    hook("BeforeAllowTraffic", "gate"),
  ];
  const { cloud, driver } = await start(hooks);
  const [check, installed, gate] = [
    await reporterFunction(cloud, "check", ["Succeeded"]),
    await reporterFunction(cloud, "installed", ["Succeeded"]),
    await reporterFunction(cloud, "gate", ["Succeeded"]),
  ];
  const { stable, canary: version, token, ended } = await driver.prepare();
  expect(ended).toBeUndefined();
  const counts = async () =>
    Promise.all([check, installed, gate].map(async (one) => (await one.events()).length));
  expect(await counts()).toEqual([1, 1, 0]);
  const ends = { stable, canary: version, token };
  const shift = () => driver.setWeight({ ...ends, weight: TENTH });
  const live = await eventually(cloud, shift, ({ weight }) => weight > 0);
  expect(live).toMatchObject({ stable: "web:1", canary: "web:2", weight: 1000 });
  expect(await counts()).toEqual([1, 1, 1]);
  const input = { rollout: "r1", when: "afterInstall", stable, canary: version, weightBps: 0 };
  const outcomes = await Promise.all(
    hooks.map(({ name, functionName }) =>
      driver.hookOutcome({
        name,
        target: { kind: "codeDeployFunction", functionName },
        timeoutMs: 60_000,
        input: { ...input, hook: name },
      }),
    ),
  );
  expect(outcomes.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "pass"]);
});

it("ends the preparation with the hook that failed, and stable keeps all traffic", async () => {
  const install = hook("BeforeInstall", "check");
  const { cloud, driver, group } = await start([install]);
  await reporterFunction(cloud, "check", ["Failed"]);
  const { stable, canary: version, token, ended } = await driver.prepare();
  expect(ended).toMatchObject({ by: "hook", name: "check-hook", hook: install });
  expect(ended?.detail).toContain("function check, which CodeDeploy asked at BeforeInstall,");
  const ends = { stable, canary: version, token };
  expect(await driver.restore(ends)).toMatchObject({ stable: "web:1", weight: 0 });
  await driver.cleanUp({ ...ends, live: "web:1" });
  expect(await cloud.get()).toContain("one");
  expect((await group.deployments()).map(({ status }) => status)).toContain("Failed");
});

it("asks nobody whether it may turn back, also where that takes a deployment", async () => {
  const { cloud, driver, group } = await start([hook("BeforeInstall", "check")]);
  const check = await reporterFunction(cloud, "check", ["Succeeded"]);
  const { stable, canary: version, token } = await driver.prepare();
  const ends = { stable, canary: version, token };
  const first = await driver.setWeight({ ...ends, weight: TENTH });
  await cloud.advance(45_000);
  const live = await driver.promote({ ...ends, token: first.token });
  await driver.cleanUp({ ...ends, live: version });
  // Tasks need longer than one attempt has; the rollout tries again until it is done.
  let route = live;
  for (let attempt = 0; attempt < 8 && route.stable !== stable; attempt++) {
    await driver.restore({ ...ends, token: route.token }).catch(() => undefined);
    route = await driver.readRoute();
  }
  expect(route).toMatchObject({ stable: "web:1", weight: 0 });
  expect(await group.deployments()).toHaveLength(2);
  expect(await check.events()).toHaveLength(1);
});

it("gives a function more time than a preparation has without one", async () => {
  const reporters: Reporter[] = [];
  let minutes = 0;
  // A driver that oversleeps, so that the minutes take less long; after twenty the function reports.
  const { cloud, driver } = await start(
    [hook("BeforeInstall", "check")],
    async ({ clock }, { deploy }) => {
      await clock.sleep(60_000);
      minutes += 1;
      if (minutes !== 20) return;
      const [event] = (await reporters[0]?.events()) ?? [];
      await deploy.putLifecycleEventHookExecutionStatus({
        deploymentId: String(event?.["DeploymentId"]),
        lifecycleEventHookExecutionId: String(event?.["LifecycleEventHookExecutionId"]),
        status: "Succeeded",
      });
    },
  );
  reporters.push(await reporterFunction(cloud, "check", []));
  const { ended } = await driver.prepare();
  expect(ended).toBeUndefined();
  expect(minutes).toBeGreaterThan(20);
});

it("finds in preflight that CodeDeploy would leave the event of test traffic out", async () => {
  const { driver } = await start([hook("AfterAllowTestTraffic", "check")]);
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems).toMatchObject([
    {
      check: "CodeDeploy asks hook check-hook at AfterAllowTestTraffic",
      detail: expect.stringContaining("no test listener"),
    },
  ]);
});

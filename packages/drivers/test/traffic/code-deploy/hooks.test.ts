// Protects functions that teams wrote for CodeDeploy's AppSpecs: CodeDeploy asks them, once, and what they report, or
// never report, is told with the hook's name, its event and its function. Real cloud, real functions, virtual clock.
import type { CodeDeployHook, HookCall } from "@headgate/core";
import { weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { codeDeployLambdaDriver } from "../../../src/traffic/code-deploy/lambda.ts";
import { scheduleOf } from "../../../src/traffic/code-deploy/schedule.ts";
import { cloudWithFunction } from "../../support/alias-driver.ts";
import { canary, deployGroup, PLACE } from "../../support/deploy-group.ts";
import { ALIAS, FUNCTION_NAME, publish, pythonHandler } from "../../support/lambda-cloud.ts";
import { eventually, reporterFunction } from "../../support/reporter-function.ts";

const MINUTE_MS = 60_000;
const TENTH = weightBps(1000);
const ROUTING = canary(10, 1);
const BEFORE: CodeDeployHook = {
  name: "smoke",
  event: "BeforeAllowTraffic",
  functionName: "CodeDeployHook_smoke",
};
const AFTER: CodeDeployHook = { ...BEFORE, name: "proof", event: "AfterAllowTraffic" };

async function start(
  hooks: readonly CodeDeployHook[],
  ...statuses: readonly ("Succeeded" | "Failed")[]
) {
  const cloud = await cloudWithFunction();
  await publish(cloud, { "app.py": pythonHandler("two") });
  const group = await deployGroup(cloud.url, "Lambda", ROUTING);
  const reporter = await reporterFunction(cloud, BEFORE.functionName, statuses);
  const driver = codeDeployLambdaDriver({
    ...cloud,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "version", version: "2" },
    deploy: PLACE,
    schedule: scheduleOf(ROUTING),
    hooks,
  });
  const { stable, canary: version, token } = await driver.prepare();
  const ends = { stable, canary: version, token };
  const shift = () => driver.setWeight({ ...ends, weight: TENTH });
  /** Ordered again, as the controller does while a function is asked. */
  const shifted = () =>
    eventually(cloud, shift, ({ weight, course }) => weight > 0 || course?.ended !== undefined);
  return { cloud, group, driver, reporter, ends, shift, shifted };
}

type Started = Awaited<ReturnType<typeof start>>;

/** All traffic on the canary, and the function after it asked. */
async function promoted({ cloud, driver, ends, shifted }: Started) {
  const { token } = await shifted();
  await cloud.advance(MINUTE_MS - 15_000);
  return driver.promote({ ...ends, token });
}

function callOf(hook: CodeDeployHook, { stable, canary: version }: Started["ends"]): HookCall {
  const { name, functionName } = hook;
  return {
    name,
    target: { kind: "codeDeployFunction", functionName },
    timeoutMs: 70 * MINUTE_MS,
    input: {
      rollout: "r1",
      hook: name,
      when: "afterTraffic",
      stable,
      canary: version,
      weightBps: 0,
    },
  };
}

it("has CodeDeploy ask one function before traffic and one after it, each once", async () => {
  const started = await start([BEFORE, AFTER], "Succeeded");
  await promoted(started);
  const { driver, ends, reporter } = started;
  expect(await driver.hookOutcome(callOf(AFTER, ends))).toMatchObject({ verdict: "pass" });
  const ids = (await reporter.events()).map((event) => event["LifecycleEventHookExecutionId"]);
  expect(new Set(ids).size).toBe(2);
  expect(ids).toHaveLength(2);
});

describe("a function before traffic", () => {
  it("is asked by CodeDeploy alone, with nothing but its two ids, and lets traffic come", async () => {
    const { driver, group, reporter, ends, shifted } = await start([BEFORE], "Succeeded");
    expect(await shifted()).toMatchObject({ stable: "1", canary: "2", weight: 1000 });
    const [deployment] = await group.deployments();
    expect(await reporter.events()).toEqual([
      {
        DeploymentId: deployment?.deploymentId,
        LifecycleEventHookExecutionId: expect.any(String),
      },
    ]);
    expect(await driver.hookOutcome(callOf(BEFORE, ends))).toMatchObject({ verdict: "pass" });
    expect(await reporter.events()).toHaveLength(1);
  });

  it("is said to be asked while it has not reported", async () => {
    const { cloud, driver, shift, group } = await start([BEFORE]);
    const live = await eventually(cloud, shift, ({ course }) => course?.asks !== undefined);
    expect(live).toMatchObject({ stable: "1", weight: 0 });
    expect(live.course).toEqual({ isUnderWay: true, asks: BEFORE });
    await cloud.advance(55 * MINUTE_MS);
    expect((await shift()).course?.asks).toEqual(BEFORE);
    expect((await driver.readRoute()).course?.ended).toBeUndefined();
    expect(await group.deployments()).toHaveLength(1);
  });

  it("ends the deployment when it reports Failed, and nobody had the new version", async () => {
    const { cloud, driver, group, ends, shifted } = await start([BEFORE], "Failed");
    const { course, ...route } = await shifted();
    expect(route).toMatchObject({ stable: "1", weight: 0 });
    expect(course?.ended).toMatchObject({ by: "hook", name: "smoke", hook: BEFORE });
    expect(course?.ended?.detail).toContain(
      "hook smoke: function CodeDeployHook_smoke, which CodeDeploy asked at BeforeAllowTraffic, did not pass",
    );
    expect(course?.ended?.detail).toContain("HOOK_EXECUTION_FAILURE");
    expect(await driver.restore(ends)).toMatchObject({ stable: "1", weight: 0 });
    await driver.cleanUp({ ...ends, live: "1" });
    await cloud.advance(MINUTE_MS);
    expect((await group.deployments()).map(({ status }) => status)).toEqual(["Failed"]);
  });

  it("ends the deployment when it has not reported in CodeDeploy's hour", async () => {
    const { cloud, shift, shifted, reporter } = await start([BEFORE]);
    await eventually(cloud, shift, ({ course }) => course?.asks !== undefined);
    await cloud.advance(61 * MINUTE_MS);
    const { course } = await shifted();
    expect(course?.ended).toMatchObject({ by: "hook", name: "smoke", hook: BEFORE });
    expect(course?.ended?.detail).toContain("TIMEOUT");
    expect(await reporter.events()).toHaveLength(1);
  });

  it("is believed the first time when it reports twice", async () => {
    const { cloud, reporter, driver, ends, shifted } = await start([BEFORE], "Succeeded", "Failed");
    expect(await shifted()).toMatchObject({ weight: 1000 });
    const refusals = await eventually(cloud, reporter.refusals, ({ length }) => length > 0);
    expect(refusals.join("")).toContain("LifecycleEventAlreadyCompletedException");
    expect((await driver.readRoute()).course?.ended).toBeUndefined();
    expect(await driver.hookOutcome(callOf(BEFORE, ends))).toMatchObject({ verdict: "pass" });
  });

  it("that CodeDeploy's role may not invoke ends the deployment, with that said", async () => {
    const other = { ...BEFORE, functionName: "smoke" };
    const started = await start([other]);
    await reporterFunction(started.cloud, "smoke", ["Succeeded"]);
    const live = await eventually(
      started.cloud,
      async () => {
        await started.cloud.advance(MINUTE_MS);
        return started.shift();
      },
      ({ course }) => course?.ended !== undefined,
    );
    expect(live.course?.ended).toMatchObject({ by: "hook", name: "smoke", hook: other });
  });

  it("is not asked on the way back", async () => {
    const started = await start([BEFORE], "Succeeded");
    const { driver, reporter, ends, group } = started;
    const { token } = await promoted(started);
    await driver.cleanUp({ ...ends, live: "2" });
    await driver.restore({ ...ends, token });
    expect(await driver.readRoute()).toMatchObject({ stable: "1", weight: 0 });
    expect(await reporter.events()).toHaveLength(1);
    expect(await group.deployments()).toHaveLength(1);
  });
});

describe("a function after all traffic", () => {
  it("is waited for, and its report is the hook's verdict", async () => {
    const started = await start([AFTER], "Succeeded");
    expect(await promoted(started)).toMatchObject({ stable: "2", weight: 0 });
    const { detail, verdict } = await started.driver.hookOutcome(callOf(AFTER, started.ends));
    expect(verdict).toBe("pass");
    expect(detail).toContain("reported Succeeded in deployment d-");
    expect(await started.reporter.events()).toHaveLength(1);
  });

  it("fails the hook with its report, and stable gets everything again", async () => {
    const started = await start([AFTER], "Failed");
    const { token } = await promoted(started);
    const { driver, ends } = started;
    const outcome = await driver.hookOutcome(callOf(AFTER, ends));
    expect(outcome.verdict).toBe("fail");
    expect(outcome.detail).toContain("which CodeDeploy asked at AfterAllowTraffic, did not pass");
    expect((await driver.readRoute()).course?.ended).toMatchObject({ by: "hook", name: "proof" });
    expect(await driver.restore({ ...ends, token })).toMatchObject({ stable: "1", weight: 0 });
  });

  it("fails the hook when it never reports", async () => {
    const started = await start([AFTER]);
    await promoted(started);
    const { verdict, detail } = await started.driver.hookOutcome(callOf(AFTER, started.ends));
    expect([verdict, detail]).toEqual(["fail", expect.stringContaining("TIMEOUT")]);
  });

  it("is an error where no deployment could have asked it", async () => {
    const { driver, ends } = await start([AFTER]);
    expect(await driver.hookOutcome(callOf(AFTER, ends))).toEqual({
      verdict: "error",
      detail: "CodeDeploy has no deployment from 1 to 2 that could ask it",
    });
  });
});

describe("preflight", () => {
  const checkOf = async ({ driver }: Pick<Started, "driver">) =>
    (await driver.preflight()).find(({ check }) => check.includes("may invoke"));

  it("is content with names that AWS's own policy knows", async () => {
    expect(await checkOf(await start([BEFORE]))).toMatchObject({ outcome: "ok" });
  });

  it("warns of others while the group's role has nothing but that policy", async () => {
    const found = await checkOf(await start([{ ...BEFORE, functionName: "smoke" }]));
    expect(found).toMatchObject({ outcome: "warning" });
    expect(found?.detail).toContain("role codedeploy-role has AWSCodeDeployRoleForLambda");
    expect(found?.detail).toContain("smoke would not be invoked");
  });

  it("looks at no role where CodeDeploy asks nothing", async () => {
    expect(await checkOf(await start([]))).toBeUndefined();
  });
});

// Protects how traffic moves between versions of a function: every predefined configuration by the weights that
// GetAlias tells over time, configurations of users, a deployment of two days, and one that outlives a restart.
import {
  BatchGetDeploymentTargetsCommand,
  CreateDeploymentConfigCommand,
  waitUntilDeploymentSuccessful,
} from "@aws-sdk/client-codedeploy";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BEGIN_MS, deployCloud, type DeployCloud, MINUTE_MS } from "./deploy-cloud.ts";

let at: DeployCloud;
afterEach(() => at.close());

const canary = (minutes: number) =>
  [
    [0, "1 2:0.1"],
    [minutes - 1, "1 2:0.1"],
    [minutes, "2"],
  ] as const;
const linear = (minutes: number) => [
  ...Array.from({ length: 9 }, (_, step) => [step * minutes, `1 2:${(step + 1) / 10}`] as const),
  [9 * minutes, "2"] as const,
];

const PREDEFINED: readonly (readonly [string, readonly (readonly [number, string])[]])[] = [
  ["LambdaCanary10Percent5Minutes", canary(5)],
  ["LambdaCanary10Percent10Minutes", canary(10)],
  ["LambdaCanary10Percent15Minutes", canary(15)],
  ["LambdaCanary10Percent30Minutes", canary(30)],
  ["LambdaLinear10PercentEvery1Minute", linear(1)],
  ["LambdaLinear10PercentEvery2Minutes", linear(2)],
  ["LambdaLinear10PercentEvery3Minutes", linear(3)],
  ["LambdaLinear10PercentEvery10Minutes", linear(10)],
  ["LambdaAllAtOnce", [[0, "2"]]],
];

describe("the predefined configurations", () => {
  it.each(PREDEFINED)("%s", async (name, weights) => {
    at = await deployCloud();
    await at.group({ deploymentConfigName: `CodeDeployDefault.${name}` });
    const id = await at.start();
    let minute = 0;
    for (const [atMinute, expected] of weights) {
      await at.cloud.advance((atMinute - minute) * MINUTE_MS);
      minute = atMinute;
      expect([atMinute, await at.alias()]).toEqual([atMinute, expected]);
    }
    expect(await at.statusOf(id)).toBe("Succeeded");
    expect(await at.eventsOf(id)).toEqual([
      "BeforeAllowTraffic Succeeded",
      "AllowTraffic Succeeded",
      "AfterAllowTraffic Succeeded",
    ]);
  });
});

it("tells the target while traffic moves, and succeeds for the SDK's waiter", async () => {
  at = await deployCloud();
  await at.group({ deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes" });
  const id = await at.start();
  expect(await at.statusOf(id)).toBe("InProgress");
  const { deploymentTargets } = await at.deploy.send(
    new BatchGetDeploymentTargetsCommand({ deploymentId: id, targetIds: ["orders:live"] }),
  );
  expect(deploymentTargets?.[0]).toMatchObject({
    deploymentTargetType: "LambdaTarget",
    lambdaTarget: {
      status: "InProgress",
      lambdaFunctionInfo: {
        functionName: "orders",
        functionAlias: "live",
        currentVersion: "1",
        targetVersion: "2",
        targetVersionWeight: 10,
      },
    },
  });
  await at.cloud.advance(5 * MINUTE_MS);
  const waited = await waitUntilDeploymentSuccessful(
    { client: at.deploy, maxWaitTime: 20 },
    { deploymentId: id },
  );
  expect(waited.state).toBe("SUCCESS");
  const info = await at.get(id);
  expect(info).toMatchObject({ creator: "user", computePlatform: "Lambda" });
  expect(info.deploymentOverview).toBeUndefined();
  expect(info.completeTime?.getTime()).toBeGreaterThan(info.startTime?.getTime() ?? 0);
});

it("shifts by a configuration of one's own, the last step being what is left", async () => {
  at = await deployCloud();
  await at.deploy.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "thirds",
      computePlatform: "Lambda",
      trafficRoutingConfig: {
        type: "TimeBasedLinear",
        timeBasedLinear: { linearPercentage: 30, linearInterval: 7 },
      },
    }),
  );
  await at.group({ deploymentConfigName: "thirds" });
  const id = await at.start();
  const seen = [await at.alias()];
  for (let step = 0; step < 3; step++) {
    await at.cloud.advance(7 * MINUTE_MS);
    seen.push(await at.alias());
  }
  expect(seen).toEqual(["1 2:0.3", "1 2:0.6", "1 2:0.9", "2"]);
  expect(await at.statusOf(id)).toBe("Succeeded");
});

it("keeps a canary for two days", async () => {
  at = await deployCloud();
  await at.deploy.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "two-days",
      computePlatform: "Lambda",
      trafficRoutingConfig: {
        type: "TimeBasedCanary",
        timeBasedCanary: { canaryPercentage: 1, canaryInterval: 2880 },
      },
    }),
  );
  await at.group({ deploymentConfigName: "two-days" });
  const id = await at.start();
  await at.cloud.advance(2880 * MINUTE_MS - BEGIN_MS);
  expect([await at.alias(), await at.statusOf(id)]).toEqual(["1 2:0.01", "InProgress"]);
  await at.cloud.advance(BEGIN_MS);
  expect([await at.alias(), await at.statusOf(id)]).toEqual(["2", "Succeeded"]);
});

it("goes on after the cloud was started again", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-codedeploy-"));
  try {
    at = await deployCloud({ dataDirectory, clock: "virtual" });
    await at.group({ deploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery1Minute" });
    const id = await at.start();
    await at.cloud.advance(2 * MINUTE_MS);
    expect(await at.alias()).toBe("1 2:0.3");
    await at.close();
    at = await deployCloud({ dataDirectory, clock: "virtual" }, "keep");
    await fetch(`${at.cloud.url}/_headgate/health`);
    await at.cloud.advance(MINUTE_MS);
    expect(await at.alias()).toBe("1 2:0.4");
    await at.cloud.advance(6 * MINUTE_MS);
    expect([await at.alias(), await at.statusOf(id)]).toEqual(["2", "Succeeded"]);
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});

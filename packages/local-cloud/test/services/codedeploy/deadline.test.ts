// Protects AWS's limit on how long a deployment may run: a deployment whose hooks start late ends after fifty hours, in
// the middle of the hour that its last hook would have.
import {
  CreateDeploymentConfigCommand,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appSpec, deployCloud, type DeployCloud, hookApp, MINUTE_MS } from "./deploy-cloud.ts";

let at: DeployCloud;
beforeEach(async () => {
  at = await deployCloud();
});
afterEach(() => at.close());

/** What a hook's function, which never reports, was asked for. */
async function executionOf(name: string): Promise<string | undefined> {
  const { events = [] } = await at.cloud
    .client(CloudWatchLogsClient)
    .send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "HOOK" }),
    );
  const [, asked = "{}"] = (events[0]?.message ?? "").split("HOOK ");
  return (JSON.parse(asked) as Record<string, string>)["LifecycleEventHookExecutionId"];
}

it("ends a function's deployment after fifty hours, and rolls it back", async () => {
  const canary = { canaryPercentage: 1, canaryInterval: 2880 };
  await at.deploy.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "two-days",
      computePlatform: "Lambda",
      trafficRoutingConfig: { type: "TimeBasedCanary", timeBasedCanary: canary },
    }),
  );
  await at.group({
    deploymentConfigName: "two-days",
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  });
  const deploymentId = await at.start(
    appSpec({ hooks: [{ BeforeAllowTraffic: "early" }, { AfterAllowTraffic: "late" }] }),
  );
  const startedAtMs = (await at.get(deploymentId)).startTime?.getTime() ?? 0;
  const advanceTo = async (minutes: number) => {
    const ranMs = at.cloud.nowMs() - startedAtMs;
    await at.cloud.advance(minutes * MINUTE_MS - ranMs);
  };
  await advanceTo(4);
  await at.create("early", {}, hookApp());
  await advanceTo(64);
  await at.deploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId,
      lifecycleEventHookExecutionId: await executionOf("early"),
      status: "Succeeded",
    }),
  );
  await advanceTo(64 + 2880 + 1);
  expect(await at.alias()).toBe("2");
  await at.create("late", {}, hookApp());
  await advanceTo(50 * 60 - 1);
  expect(await at.statusOf(deploymentId)).toBe("InProgress");
  await advanceTo(50 * 60 + 1);
  expect((await at.get(deploymentId)).errorInformation).toEqual({
    code: "TIMEOUT",
    message:
      "The deployment has run for 50 hours, the longest that one of compute platform Lambda may.",
  });
  expect(await at.alias()).toBe("1");
});

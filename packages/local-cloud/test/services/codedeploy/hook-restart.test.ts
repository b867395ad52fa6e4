// Protects a hook over a restart of the cloud: its report is heard afterwards, and its hour runs from its invocation.
import { PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { appSpec, deployCloud, type DeployCloud, hookApp, MINUTE_MS } from "./deploy-cloud.ts";

const HOOK = "CodeDeployHook_check";
const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-hook-"));
let at: DeployCloud;
let id: string;
/** Reports what the hook's function, which never does, has been asked for. */
let report: PutLifecycleEventHookExecutionStatusCommand;

beforeEach(async () => {
  at = await deployCloud({ dataDirectory, clock: "virtual" });
  await at.create(HOOK, {}, hookApp());
  await at.group({ deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes" });
  id = await at.start(appSpec({ hooks: [{ BeforeAllowTraffic: HOOK }] }));
  await at.cloud.advance(30 * MINUTE_MS);
  const { events = [] } = await at.cloud
    .client(CloudWatchLogsClient)
    .send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${HOOK}`, filterPattern: "HOOK" }),
    );
  const [, asked = "{}"] = (events[0]?.message ?? "").split("HOOK ");
  const event = JSON.parse(asked) as Record<string, string>;
  report = new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: id,
    lifecycleEventHookExecutionId: event["LifecycleEventHookExecutionId"],
    status: "Succeeded",
  });
  await at.close();
  at = await deployCloud({ dataDirectory, clock: "virtual" }, "keep");
  await fetch(`${at.cloud.url}/_headgate/health`);
});
afterEach(async () => {
  await at.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

it("hears a report that comes after the restart, and only one", async () => {
  await at.cloud.advance(MINUTE_MS);
  expect([await at.statusOf(id), await at.alias()]).toEqual(["InProgress", "1"]);
  await at.deploy.send(report);
  await at.cloud.advance(1000);
  expect(await at.alias()).toBe("1 2:0.1");
  expect((await errorOf(at.deploy.send(report))).name).toBe(
    "LifecycleEventAlreadyCompletedException",
  );
  await at.cloud.advance(5 * MINUTE_MS);
  expect([await at.statusOf(id), await at.alias()]).toEqual(["Succeeded", "2"]);
});

it("gives up an hour after the invocation, not after the restart", async () => {
  await at.cloud.advance(29 * MINUTE_MS);
  expect(await at.statusOf(id)).toBe("InProgress");
  await at.cloud.advance(MINUTE_MS);
  expect([await at.statusOf(id), await at.alias()]).toEqual(["Failed TIMEOUT", "1"]);
});

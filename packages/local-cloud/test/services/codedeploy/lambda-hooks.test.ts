// Protects hooks: real functions that get AWS's event and report back over HTTP, what happens when they fail, report
// twice, never report or are not there, and whose word is refused.
import {
  DeploymentDoesNotExistException,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { zipOf } from "../../support/worker-cloud.ts";
import { arnOf, errorOf, eventually } from "../lambda/lambda-cloud.ts";
import { appSpec, deployCloud, type DeployCloud, hookApp, MINUTE_MS } from "./deploy-cloud.ts";

let at: DeployCloud;
beforeEach(async () => {
  at = await deployCloud();
  await at.group({
    deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  });
});
afterEach(() => at.close());

const before = (name = "CodeDeployHook_check") =>
  appSpec({ hooks: [{ BeforeAllowTraffic: name }] });

/** What a function printed, one text for each line that begins with `start`. */
async function printed(name: string, start: string): Promise<string[]> {
  const { events = [] } = await at.cloud
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }));
  return events
    .map(({ message = "" }) => message.trim())
    .filter((message) => message.startsWith(start))
    .map((message) => message.slice(start.length));
}

it("asks before and after, with the deployment's id and the execution's alone", async () => {
  await at.create("CodeDeployHook_check", {}, hookApp("Succeeded"));
  const content = appSpec({
    hooks: [
      { BeforeAllowTraffic: "CodeDeployHook_check" },
      { AfterAllowTraffic: arnOf("CodeDeployHook_check") },
    ],
  });
  const id = await at.start(content);
  expect(await at.alias()).toBe("1 2:0.1");
  await at.cloud.advance(5 * MINUTE_MS);
  expect([await at.alias(), await at.statusOf(id)]).toEqual(["2", "Succeeded"]);
  const events = (await printed("CodeDeployHook_check", "HOOK ")).map(
    (text) => JSON.parse(text) as Record<string, string>,
  );
  expect(events).toHaveLength(2);
  for (const event of events) {
    expect(Object.keys(event)).toEqual(["DeploymentId", "LifecycleEventHookExecutionId"]);
    expect(event["DeploymentId"]).toBe(id);
  }
  expect(events[0]).not.toEqual(events[1]);
});

it("hears a function that reports with the SDK", async () => {
  const sdk = fileURLToPath(import.meta.resolve("@aws-sdk/client-codedeploy"));
  const text = `
    const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = require(${JSON.stringify(sdk)});
    exports.handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
      await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand({
        deploymentId: DeploymentId,
        lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
        status: "Succeeded",
      }));
    };`;
  await at.create("CodeDeployHook_node", {
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Timeout: 30,
    Code: { ZipFile: await zipOf({ "index.js": text }) },
  });
  const id = await at.start(before("CodeDeployHook_node"));
  expect([await at.alias(), await at.statusOf(id)]).toEqual(["1 2:0.1", "InProgress"]);
});

it("fails when a hook says so: the new version never gets a request", async () => {
  await at.create("CodeDeployHook_check", {}, hookApp("Failed"));
  const id = await at.start(before());
  expect(await at.statusOf(id)).toBe("Failed HOOK_EXECUTION_FAILURE");
  expect((await at.get(id)).errorInformation?.message).toBe(
    "The deployment failed because one or more of the lifecycle event validation functions failed.",
  );
  expect(await at.eventsOf(id)).toEqual([
    "BeforeAllowTraffic Failed",
    "AllowTraffic Skipped",
    "AfterAllowTraffic Skipped",
  ]);
  await at.cloud.advance(MINUTE_MS);
  expect(await at.alias()).toBe("1");
});

it("rolls back when the hook after all traffic fails", async () => {
  await at.create("CodeDeployHook_check", {}, hookApp("Failed"));
  const id = await at.start(appSpec({ hooks: [{ AfterAllowTraffic: "CodeDeployHook_check" }] }), {
    deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
  });
  await at.cloud.advance(MINUTE_MS);
  const { rollbackInfo, status } = await at.get(id);
  expect(status).toBe("Failed");
  expect(await at.statusOf(rollbackInfo?.rollbackDeploymentId ?? "")).toBe("Succeeded");
  expect(await at.alias()).toBe("1");
});

it("refuses a second report, and keeps the first", async () => {
  await at.create("CodeDeployHook_check", {}, hookApp("Succeeded", "Failed"));
  const id = await at.start(before());
  expect([await at.alias(), await at.statusOf(id)]).toEqual(["1 2:0.1", "InProgress"]);
  const refusals = await eventually(async () => {
    const found = await printed("CodeDeployHook_check", "REFUSED ");
    expect(found).toHaveLength(1);
    return found;
  });
  expect(refusals[0]).toContain("LifecycleEventAlreadyCompletedException");
});

it("waits one hour for a report, not longer", async () => {
  await at.create("CodeDeployHook_check", {}, hookApp());
  const id = await at.start(before());
  await at.cloud.advance(59 * MINUTE_MS);
  expect(await at.statusOf(id)).toBe("InProgress");
  await at.cloud.advance(MINUTE_MS);
  expect(await at.statusOf(id)).toBe("Failed TIMEOUT");
  expect((await at.get(id)).errorInformation?.message).toContain("within one hour");
  const [event] = await printed("CodeDeployHook_check", "HOOK ");
  const { LifecycleEventHookExecutionId } = JSON.parse(event ?? "{}") as Record<string, string>;
  const late = new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: id,
    lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
    status: "Succeeded",
  });
  expect((await errorOf(at.deploy.send(late))).name).toBe(
    "LifecycleEventAlreadyCompletedException",
  );
});

it("tries a function that is not there for five minutes", async () => {
  const id = await at.start(before());
  await at.cloud.advance(4 * MINUTE_MS);
  expect(await at.statusOf(id)).toBe("InProgress");
  await at.cloud.advance(MINUTE_MS);
  expect(await at.statusOf(id)).toBe("Failed HOOK_EXECUTION_FAILURE");
  expect((await at.get(id)).errorInformation?.message).toContain("ResourceNotFoundException");
});

it("refuses reports for other executions, with other statuses, of other deployments", async () => {
  await at.create("CodeDeployHook_check", {}, hookApp());
  const id = await at.start(before());
  const put = (deploymentId: string, executionId: string, status: "Succeeded" | "Skipped") =>
    errorOf(
      at.deploy.send(
        new PutLifecycleEventHookExecutionStatusCommand({
          deploymentId,
          lifecycleEventHookExecutionId: executionId,
          status,
        }),
      ),
    );
  expect(await put(id, "unknown", "Succeeded")).toMatchObject({
    name: "InvalidLifecycleEventHookExecutionIdException",
    status: 400,
  });
  expect(await put(id, "unknown", "Skipped")).toMatchObject({
    name: "InvalidLifecycleEventHookExecutionStatusException",
  });
  expect((await put("d-ABCDEFGHI", "unknown", "Succeeded")).name).toBe(
    DeploymentDoesNotExistException.name,
  );
  expect((await put("ABC", "unknown", "Succeeded")).name).toBe("InvalidDeploymentIdException");
});

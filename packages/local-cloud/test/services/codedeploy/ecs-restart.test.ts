// Protects a service's deployment over a restart of the cloud: in the middle of a shift it goes on with the next share
// and makes no second task set; while it waits for somebody it waits on, for as long as it would have.
import {
  CodeDeployClient,
  ContinueDeploymentCommand,
  GetDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { inProcessRuntime } from "../ecs/task-runtime.ts";
import { MINUTE_MS } from "./deploy-cloud.ts";
import { ecsDeployCloud } from "./ecs-deploy-cloud.ts";

const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-codedeploy-"));
let cloud: TestCloud | undefined;
afterEach(async () => {
  await cloud?.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

/** Starts the cloud again and lets it look at what it has. @returns how a deployment is. */
async function restart(deploymentId: string) {
  await cloud?.close();
  const after = await startTestCloud({
    dataDirectory,
    clock: "virtual",
    taskRuntime: inProcessRuntime(),
  });
  cloud = after;
  await fetch(`${after.url}/_headgate/health`);
  const deploy = after.client(CodeDeployClient);
  return {
    after,
    deploy,
    async status() {
      const { deploymentInfo } = await deploy.send(new GetDeploymentCommand({ deploymentId }));
      return deploymentInfo?.status;
    },
  };
}

it("goes on where it was", async () => {
  const before = await ecsDeployCloud({ dataDirectory, clock: "virtual" });
  cloud = before.cloud;
  await before.group({ deploymentConfigName: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes" });
  const deploymentId = await before.start();
  await before.begun(deploymentId, "AllowTraffic");
  await cloud.advance(2 * MINUTE_MS);
  expect(await before.route(before.prod)).toBe("blue:70 green:30");
  const { after, status } = await restart(deploymentId);
  const statuses: (string | undefined)[] = [];
  for (let minute = 0; minute < 8; minute++) {
    await after.advance(MINUTE_MS);
    statuses.push(await status());
  }
  expect(statuses.at(-1)).toBe("Succeeded");
  expect(statuses.filter((each) => each === "InProgress").length).toBeGreaterThanOrEqual(5);
  const { services } = await after
    .client(ECSClient)
    .send(new DescribeServicesCommand({ services: ["web"] }));
  expect(services?.[0]?.taskSets?.map(({ externalId }) => externalId)).toEqual([deploymentId]);
});

it.each([
  ["somebody continues", true, "Succeeded"],
  ["nobody does", false, "Stopped"],
])("waits on when %s", async (_who, isContinued, end) => {
  const before = await ecsDeployCloud({ dataDirectory, clock: "virtual" });
  cloud = before.cloud;
  const deploymentReadyOption = {
    actionOnTimeout: "STOP_DEPLOYMENT" as const,
    waitTimeInMinutes: 6,
  };
  await before.group({}, { deploymentReadyOption });
  const deploymentId = await before.start();
  await before.come(deploymentId, (info) => info.status === "Ready");
  await cloud.advance(3 * MINUTE_MS);
  const { after, deploy, status } = await restart(deploymentId);
  await after.advance(2 * MINUTE_MS);
  expect(await status()).toBe("Ready");
  if (isContinued) {
    await deploy.send(
      new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: "READY_WAIT" }),
    );
  }
  await after.advance(MINUTE_MS);
  expect(await status()).toBe(end);
});

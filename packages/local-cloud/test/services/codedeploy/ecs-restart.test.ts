// Protects a service's deployment over a restart of the cloud in the middle of a shift: it goes on with the next share
// and makes no second task set.
import { CodeDeployClient, GetDeploymentCommand } from "@aws-sdk/client-codedeploy";
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

it("goes on where it was", async () => {
  const before = await ecsDeployCloud({ dataDirectory, clock: "virtual" });
  cloud = before.cloud;
  await before.group({ deploymentConfigName: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes" });
  const deploymentId = await before.start();
  await before.begun(deploymentId, "AllowTraffic");
  await cloud.advance(2 * MINUTE_MS);
  expect(await before.route(before.prod)).toBe("blue:70 green:30");
  await cloud.close();

  cloud = await startTestCloud({
    dataDirectory,
    clock: "virtual",
    taskRuntime: inProcessRuntime(),
  });
  await fetch(`${cloud.url}/_headgate/health`);
  const deploy = cloud.client(CodeDeployClient);
  const statuses: (string | undefined)[] = [];
  for (let minute = 0; minute < 8; minute++) {
    await cloud.advance(MINUTE_MS);
    const { deploymentInfo } = await deploy.send(new GetDeploymentCommand({ deploymentId }));
    statuses.push(deploymentInfo?.status);
  }
  expect(statuses.at(-1)).toBe("Succeeded");
  expect(statuses.filter((status) => status === "InProgress").length).toBeGreaterThanOrEqual(5);
  const { services } = await cloud
    .client(ECSClient)
    .send(new DescribeServicesCommand({ services: ["web"] }));
  expect(services?.[0]?.taskSets?.map(({ externalId }) => externalId)).toEqual([deploymentId]);
});

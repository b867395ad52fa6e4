// Protects what outlives a restart, and that accounts and regions do not see each other.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateRestApiCommand,
  GetRestApiCommand,
  GetStageCommand,
} from "@aws-sdk/client-api-gateway";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { deployApi, mock } from "../../data-plane/execute-api/test-api.ts";
import { startTestCloud } from "../../support/test-cloud.ts";

it("serves a deployed API again after a restart", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-apigateway-"));
  try {
    const before = await startTestCloud({ dataDirectory });
    const { apiId } = await deployApi(before, before.client(APIGatewayClient), {
      "GET /": mock("still here"),
    });
    await before.close();
    const after = await startTestCloud({ dataDirectory });
    const stage = await after
      .client(APIGatewayClient)
      .send(new GetStageCommand({ restApiId: apiId, stageName: "prod" }));
    expect(stage.deploymentId).toMatch(/^[a-z0-9]{6}$/);
    const response = await fetch(`${after.url}/_aws/execute-api/${apiId}/prod`);
    expect(await response.text()).toBe("still here");
    await after.close();
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});

it("goes on with a canary after a restart", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-apigateway-"));
  try {
    const before = await startTestCloud({ dataDirectory });
    const client = before.client(APIGatewayClient);
    const plan = { "GET /": mock("$context.isCanaryRequest $stageVariables.side") };
    const { apiId } = await deployApi(before, client, plan);
    await client.send(
      new CreateDeploymentCommand({
        restApiId: apiId,
        stageName: "prod",
        canarySettings: { percentTraffic: 100, stageVariableOverrides: { side: "new" } },
      }),
    );
    await before.close();
    const after = await startTestCloud({ dataDirectory });
    const response = await fetch(`${after.url}/_aws/execute-api/${apiId}/prod`);
    expect(await response.text()).toBe("true new");
    await after.close();
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});

it("keeps accounts and regions apart, and finds each API by its id alone", async () => {
  const cloud = await startTestCloud();
  const far = cloud.client(APIGatewayClient, { region: "eu-west-1", account: "111122223333" });
  const api = await deployApi(cloud, far, {
    "GET /": mock("$context.accountId $context.domainName"),
  });
  expect(await (await api.call("/prod")).text()).toBe(
    `111122223333 ${api.apiId}.execute-api.eu-west-1.amazonaws.com`,
  );
  const near = cloud.client(APIGatewayClient);
  await near.send(new CreateRestApiCommand({ name: "mine" }));
  await expect(near.send(new GetRestApiCommand({ restApiId: api.apiId }))).rejects.toEqual(
    expect.objectContaining({
      name: "NotFoundException",
      message: `Invalid API identifier specified 000000000000:${api.apiId}`,
    }),
  );
  await cloud.close();
});

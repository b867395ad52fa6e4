// Protects deployments and stages: snapshots, every patch path and refusal, whole patches or nothing.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateRestApiCommand,
  CreateStageCommand,
  DeleteDeploymentCommand,
  DeleteStageCommand,
  GetAccountCommand,
  GetDeploymentCommand,
  GetDeploymentsCommand,
  GetStageCommand,
  GetStagesCommand,
  type PatchOperation,
  UpdateAccountCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployApi, mock, type TestApi } from "../../data-plane/execute-api/test-api.ts";
import { createRole } from "../../support/roles.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
let client: APIGatewayClient;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
  api = await deployApi(cloud, client, { "GET /": mock("hello") });
});
afterAll(() => cloud.close());

const refused = (message: string) =>
  expect.objectContaining({ name: "BadRequestException", message });

async function newStage(stageName: string) {
  const deployment = await client.send(new CreateDeploymentCommand({ restApiId: api.apiId }));
  await client.send(
    new CreateStageCommand({ restApiId: api.apiId, stageName, deploymentId: deployment.id }),
  );
  return {
    deploymentId: deployment.id ?? "",
    update: (...patchOperations: PatchOperation[]) =>
      client.send(new UpdateStageCommand({ restApiId: api.apiId, stageName, patchOperations })),
    read: () => client.send(new GetStageCommand({ restApiId: api.apiId, stageName })),
    remove: () => client.send(new DeleteStageCommand({ restApiId: api.apiId, stageName })),
  };
}

describe("deployments", () => {
  it("makes the stage that is missing and moves the one that exists", async () => {
    const deploy = (input: Partial<CreateDeploymentCommandInput> = {}) =>
      client.send(
        new CreateDeploymentCommand({ restApiId: api.apiId, stageName: "made", ...input }),
      );
    const first = await deploy({ stageDescription: "by deployment", variables: { a: "1" } });
    const second = await deploy();
    const { $metadata: _, ...stage } = await client.send(
      new GetStageCommand({ restApiId: api.apiId, stageName: "made" }),
    );
    expect(first.id).toMatch(/^[a-z0-9]{6}$/);
    expect(stage).toEqual({
      deploymentId: second.id,
      stageName: "made",
      description: "by deployment",
      variables: { a: "1" },
      cacheClusterEnabled: false,
      cacheClusterStatus: "NOT_AVAILABLE",
      methodSettings: {},
      tracingEnabled: false,
      createdDate: expect.any(Date),
      lastUpdatedDate: expect.any(Date),
    });
    await client.send(new DeleteStageCommand({ restApiId: api.apiId, stageName: "made" }));
  });

  it("refuses an API without methods and changes nothing", async () => {
    const { id: restApiId } = await client.send(new CreateRestApiCommand({ name: "empty" }));
    await expect(
      client.send(new CreateDeploymentCommand({ restApiId, stageName: "prod" })),
    ).rejects.toEqual(refused("The REST API doesn't contain any methods"));
    const { item } = await client.send(new GetStagesCommand({ restApiId }));
    expect(item).toEqual([]);
  });

  it("is not deleted while a stage points to it", async () => {
    const stage = await newStage("holds");
    const remove = () =>
      client.send(
        new DeleteDeploymentCommand({
          restApiId: api.apiId,
          deploymentId: stage.deploymentId,
        }),
      );
    await expect(remove()).rejects.toEqual(
      refused("Active stages pointing to this deployment must be moved or deleted"),
    );
    await stage.remove();
    await remove();
    const { items } = await client.send(new GetDeploymentsCommand({ restApiId: api.apiId }));
    expect(items?.map(({ id }) => id)).not.toContain(stage.deploymentId);
  });

  it("summarises its snapshot when asked", async () => {
    const { items } = await client.send(new GetDeploymentsCommand({ restApiId: api.apiId }));
    const read = await client.send(
      new GetDeploymentCommand({
        restApiId: api.apiId,
        deploymentId: items?.[0]?.id,
        embed: ["apisummary"],
      }),
    );
    expect(read.apiSummary).toEqual({
      "/": { GET: { authorizationType: "NONE", apiKeyRequired: false } },
    });
  });

  it.each([
    [
      { stageName: undefined },
      "Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null",
    ],
    [
      { stageName: "nowhere" },
      "Invalid deployment content specified.Stage nowhere must already be created before making a canary release deployment",
    ],
    [
      { stageName: "" },
      "Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is ",
    ],
  ])("answers a canary deployment to %j", async (input, message) => {
    const before = await client.send(new GetDeploymentsCommand({ restApiId: api.apiId }));
    await expect(
      client.send(
        new CreateDeploymentCommand({
          restApiId: api.apiId,
          ...input,
          canarySettings: { percentTraffic: 10 },
        }),
      ),
    ).rejects.toEqual(refused(message));
    const after = await client.send(new GetDeploymentsCommand({ restApiId: api.apiId }));
    expect(after.items).toEqual(before.items);
  });
});

describe("UpdateStage", () => {
  it("patches members, variables and method settings", async () => {
    const stage = await newStage("patched");
    await cloud.advance(5000);
    await stage.update(
      { op: "replace", path: "/description", value: "mine" },
      { op: "replace", path: "/tracingEnabled", value: "true" },
      { op: "replace", path: "/variables/alias", value: "live" },
      { op: "replace", path: "/*/*/throttling/rateLimit", value: "12.5" },
      { op: "replace", path: "/~1orders~1{id}/GET/metrics/enabled", value: "true" },
    );
    const read = await stage.read();
    expect(read).toMatchObject({
      description: "mine",
      tracingEnabled: true,
      variables: { alias: "live" },
    });
    expect(read.methodSettings?.["*/*"]).toEqual({
      metricsEnabled: false,
      dataTraceEnabled: false,
      throttlingBurstLimit: 5000,
      throttlingRateLimit: 12.5,
      cachingEnabled: false,
      cacheTtlInSeconds: 300,
      cacheDataEncrypted: false,
      requireAuthorizationForCacheControl: true,
      unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITH_RESPONSE_HEADER",
    });
    expect(read.methodSettings?.["~1orders~1{id}/GET"]?.metricsEnabled).toBe(true);
    expect(Number(read.lastUpdatedDate) - Number(read.createdDate)).toBe(5000);
    const reset = await stage.update(
      { op: "remove", path: "/*/*" },
      { op: "remove", path: "/variables/alias" },
    );
    expect(Object.keys(reset.methodSettings ?? {})).toEqual(["~1orders~1{id}/GET"]);
    expect(reset.variables).toBeUndefined();
    await stage.remove();
  });

  it("refuses the whole patch for one wrong path, with AWS's list of paths", async () => {
    const stage = await newStage("whole");
    await expect(
      stage.update(
        { op: "replace", path: "/description", value: "lost" },
        { op: "replace", path: "/*/*/metricsEnabled", value: "true" },
      ),
    ).rejects.toEqual(
      refused(
        "Invalid method setting path: /*/*/metricsEnabled. Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]",
      ),
    );
    expect((await stage.read()).description).toBeUndefined();
    await stage.remove();
  });

  it.each<[PatchOperation, string]>([
    [
      { op: "remove", path: "/*/*" },
      "Cannot remove method setting */* because there is no method setting for this method ",
    ],
    [
      { op: "remove", path: "/accessLogSettings/destinationArn" },
      "Cannot remove method setting accessLogSettings/destinationArn because there is no method setting for this method ",
    ],
    [
      { op: "add", path: "/accessLogSettings/other", value: "x" },
      "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]",
    ],
    [
      { op: "replace", path: "/accessLogSettings/format", value: "" },
      "Access Log value must not be empty",
    ],
    [
      { op: "replace", path: "/accessLogSettings/format", value: "$context.status" },
      "Access Log format must include either $context.requestId or $context.extendedRequestId : '$context.status'",
    ],
    [
      {
        op: "replace",
        path: "/accessLogSettings/format",
        value: "$context.requestId\n$context.status",
      },
      "Access Log format must be single line, new line character is allowed only at end of the format: '$context.requestId\n$context.status'",
    ],
    [
      {
        op: "replace",
        path: "/accessLogSettings/destinationArn",
        value: "arn:aws:logs:us-east-1:000000000000:log-group:access",
      },
      "CloudWatch Logs role ARN must be set in account settings to enable logging",
    ],
    [{ op: "replace", path: "/deploymentId", value: "nope" }, "Deployment id does not exist"],
    [
      { op: "copy", path: "/deploymentId", from: "/canarySettings/deploymentId" },
      "Promotion not available. Canary does not exist.",
    ],
    [
      { op: "copy", path: "/canarySettings/stageVariableOverrides", from: "/variables" },
      "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]",
    ],
    [
      { op: "replace", path: "/*/*/logging/loglevel", value: "INFO" },
      "CloudWatch Logs role ARN must be set in account settings to enable logging",
    ],
  ])("refuses %j", async (patch, message) => {
    const stage = await newStage("refuses");
    await expect(stage.update(patch)).rejects.toEqual(refused(message));
    await stage.remove();
  });

  it("logs once the account has a role that API Gateway may assume", async () => {
    const role = await createRole(cloud, "gateway-logs", "apigateway.amazonaws.com");
    const patchOperations = [{ op: "replace" as const, path: "/cloudwatchRoleArn", value: role }];
    await client.send(new UpdateAccountCommand({ patchOperations }));
    const account = await client.send(new GetAccountCommand({}));
    expect(account.cloudwatchRoleArn).toBe(role);
    const stage = await newStage("logs");
    const { methodSettings } = await stage.update({
      op: "replace",
      path: "/*/*/logging/loglevel",
      value: "INFO",
    });
    expect(methodSettings?.["*/*"]?.loggingLevel).toBe("INFO");
    await stage.remove();
  });
});

describe("CreateStage", () => {
  it("refuses a missing deployment, a taken name and bad variables", async () => {
    const stage = await newStage("taken");
    const create = (input: object) =>
      client.send(
        new CreateStageCommand({
          restApiId: api.apiId,
          stageName: "taken",
          deploymentId: stage.deploymentId,
          ...input,
        }),
      );
    await expect(create({ deploymentId: "nope" })).rejects.toEqual(
      refused("Deployment id does not exist"),
    );
    await expect(create({})).rejects.toEqual(
      expect.objectContaining({ name: "ConflictException", message: "Stage already exists" }),
    );
    await expect(create({ stageName: "other", variables: { "a-b": "1" } })).rejects.toMatchObject({
      name: "BadRequestException",
    });
    await stage.remove();
    await expect(stage.read()).rejects.toEqual(
      expect.objectContaining({
        name: "NotFoundException",
        message: "Invalid Stage identifier specified",
      }),
    );
  });
});

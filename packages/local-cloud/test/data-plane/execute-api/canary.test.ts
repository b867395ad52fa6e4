// Protects the stage canary in traffic: the share, each side's variables, what is counted and logged where,
// and the path on which versions are told apart: access log, metric filter, metric by deployment.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  type PatchOperation,
  UpdateAccountCommand,
  UpdateIntegrationResponseCommand,
  UpdateRestApiCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
  PutMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRole } from "../../support/roles.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { deployApi, mock, type TestApi } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
  const role = await createRole(cloud, "gateway", "apigateway.amazonaws.com");
  await client.send(
    new UpdateAccountCommand({
      patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value: role }],
    }),
  );
});
afterAll(() => cloud.close());

const body = (version: string) =>
  `{"version":"${version}","color":"$stageVariables.color","size":"$stageVariables.size",` +
  `"new":"$stageVariables.new","isCanary":"$context.isCanaryRequest",` +
  `"deploymentId":"$context.deploymentId","stage":"$context.stage"}`;

interface Answer {
  readonly version: string;
  readonly color: string;
  readonly isCanary: string;
  readonly deploymentId: string;
}

interface Canary {
  readonly api: TestApi;
  readonly stableId: string;
  readonly canaryId: string;
  update(...patchOperations: PatchOperation[]): Promise<unknown>;
  setPercent(percent: string): Promise<unknown>;
  call(): Promise<Answer>;
  /** How many of `count` requests the canary answered. */
  countCanary(count: number): Promise<number>;
}

/** Version 1 on the stage, version 2 as its canary. */
async function canaryOf(name: string, percentTraffic: number): Promise<Canary> {
  const api = await deployApi(cloud, client, { "GET /": mock(body("1")) }, { name });
  const restApiId = api.apiId;
  const update = (...patchOperations: PatchOperation[]) =>
    client.send(new UpdateStageCommand({ restApiId, stageName: "prod", patchOperations }));
  const { deploymentId: stableId = "" } = await update(
    { op: "replace", path: "/variables/color", value: "blue" },
    { op: "replace", path: "/variables/size", value: "s" },
  );
  await client.send(
    new UpdateIntegrationResponseCommand({
      restApiId,
      resourceId: api.resourceIds.get("/"),
      httpMethod: "GET",
      statusCode: "200",
      patchOperations: [
        { op: "replace", path: "/responseTemplates/application~1json", value: body("2") },
      ],
    }),
  );
  const { id: canaryId = "" } = await client.send(
    new CreateDeploymentCommand({
      restApiId,
      stageName: "prod",
      canarySettings: {
        percentTraffic,
        stageVariableOverrides: { color: "green", new: "yes" },
      },
    }),
  );
  const call = async (): Promise<Answer> => JSON.parse(await (await api.call("/prod/")).text());
  return {
    api,
    stableId,
    canaryId,
    update,
    setPercent: (value) => update({ op: "replace", path: "/canarySettings/percentTraffic", value }),
    call,
    async countCanary(count) {
      let canary = 0;
      for (let done = 0; done < count; done += 20) {
        const answers = await Promise.all(Array.from({ length: 20 }, call));
        // The account's own throttle runs on the virtual clock too.
        await cloud.advance(10);
        canary += answers.filter(({ version }) => version === "2").length;
      }
      return canary;
    },
  };
}

describe("the share", () => {
  it.each([
    [0, 400],
    [0.5, 3000],
    [25, 2000],
    [100, 400],
  ])(
    "sends %d percent of %d requests to the canary (TEST_SEED sets the draw)",
    async (percent, n) => {
      const { countCanary } = await canaryOf("share", percent);
      const share = percent / 100;
      const expected = n * share;
      // Five standard deviations: a wrong share fails, an unlucky seed does not.
      const slack = 5 * Math.sqrt(n * share * (1 - share));
      const seen = await countCanary(n);
      expect(seen).toBeGreaterThanOrEqual(expected - slack);
      expect(seen).toBeLessThanOrEqual(expected + slack);
      expect(seen > 0).toBe(percent > 0);
    },
  );

  it("follows an update at once, and ends with the canary", async () => {
    const canary = await canaryOf("moves", 100);
    expect((await canary.call()).version).toBe("2");
    await canary.setPercent("0.0");
    expect(await canary.countCanary(40)).toBe(0);
    await canary.setPercent("100");
    expect(await canary.countCanary(40)).toBe(40);
    await canary.update({ op: "remove", path: "/canarySettings" });
    expect(await canary.countCanary(40)).toBe(0);
  });
});

describe("each side", () => {
  it("sees its own code, variables and context", async () => {
    const canary = await canaryOf("sides", 0);
    expect(await canary.call()).toEqual({
      version: "1",
      color: "blue",
      size: "s",
      new: "",
      isCanary: "false",
      deploymentId: canary.stableId,
      stage: "prod",
    });
    await canary.setPercent("100.0");
    expect(await canary.call()).toEqual({
      version: "2",
      color: "green",
      size: "s",
      new: "yes",
      isCanary: "true",
      deploymentId: canary.canaryId,
      stage: "prod",
    });
  });

  it("is the same code with the overrides when only the percentage was set", async () => {
    const api = await deployApi(cloud, client, { "GET /": mock(body("1")) });
    await client.send(
      new UpdateStageCommand({
        restApiId: api.apiId,
        stageName: "prod",
        patchOperations: [{ op: "replace", path: "/canarySettings/percentTraffic", value: "100" }],
      }),
    );
    const answer: Answer = JSON.parse(await (await api.call("/prod/")).text());
    expect(answer).toMatchObject({ version: "1", isCanary: "true" });
  });

  it("becomes the stage by two copies and a removal", async () => {
    const canary = await canaryOf("promoted", 10);
    await canary.update(
      { op: "replace", path: "/canarySettings/percentTraffic", value: "0.0" },
      { op: "copy", from: "/canarySettings/stageVariableOverrides", path: "/variables" },
      { op: "copy", from: "/canarySettings/deploymentId", path: "/deploymentId" },
    );
    await canary.update({ op: "remove", path: "/canarySettings" });
    expect(await canary.call()).toMatchObject({
      version: "2",
      color: "green",
      isCanary: "false",
      deploymentId: canary.canaryId,
    });
  });
});

const sumOf = async (namespace: string, metric: string, dimensions: Record<string, string>) => {
  const { Datapoints = [] } = await cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(cloud.nowMs() - 60_000),
      EndTime: new Date(cloud.nowMs() + 60_000),
      Period: 120,
      Statistics: ["Sum"],
    }),
  );
  return Datapoints[0]?.Sum;
};

const linesOf = async (logGroupName: string) => {
  const { events = [] } = await cloud
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName }));
  return events.map(({ message = "" }) => message);
};

describe("what is measured", () => {
  it("counts canary requests in the stage's metrics and in the canary's own", async () => {
    const canary = await canaryOf("counted", 0);
    await canary.update({ op: "replace", path: "/*/*/metrics/enabled", value: "true" });
    await canary.countCanary(20);
    await canary.setPercent("100");
    await canary.countCanary(40);
    const count = (dimensions: Record<string, string>) =>
      sumOf("AWS/ApiGateway", "Count", { ApiName: "counted", ...dimensions });
    const method = { Method: "GET", Resource: "/" };
    expect(await count({})).toBe(60);
    expect(await count({ Stage: "prod" })).toBe(60);
    expect(await count({ Stage: "prod/Canary" })).toBe(40);
    expect(await count({ Stage: "prod", ...method })).toBe(60);
    expect(await count({ Stage: "prod/Canary", ...method })).toBe(40);
  });

  it("goes by the API's name of today, whatever the deployments were made under", async () => {
    const canary = await canaryOf("renamed", 50);
    await client.send(
      new UpdateRestApiCommand({
        restApiId: canary.api.apiId,
        patchOperations: [{ op: "replace", path: "/name", value: "today" }],
      }),
    );
    await canary.countCanary(40);
    expect(await sumOf("AWS/ApiGateway", "Count", { ApiName: "today" })).toBe(40);
    expect(await sumOf("AWS/ApiGateway", "Count", { ApiName: "renamed" })).toBeUndefined();
  });

  it("logs canary requests into the stage's groups and into the canary's own", async () => {
    const canary = await canaryOf("logged", 0);
    await canary.update(
      { op: "replace", path: "/*/*/logging/loglevel", value: "INFO" },
      {
        op: "replace",
        path: "/accessLogSettings/destinationArn",
        value: "arn:aws:logs:us-east-1:000000000000:log-group:both",
      },
      {
        op: "replace",
        path: "/accessLogSettings/format",
        value: "$context.requestId,$context.deploymentId,$context.isCanaryRequest",
      },
    );
    await canary.call();
    await canary.setPercent("100");
    await canary.call();
    const sides = (lines: string[]) => lines.map((line) => line.split(",").slice(1).join());
    expect(sides(await linesOf("both"))).toEqual([
      `${canary.stableId},false`,
      `${canary.canaryId},true`,
    ]);
    expect(sides(await linesOf("both/Canary"))).toEqual([`${canary.canaryId},true`]);
    const execution = `API-Gateway-Execution-Logs_${canary.api.apiId}/prod`;
    const starts = async (group: string) =>
      (await linesOf(group)).filter((line) => line.includes("Starting execution")).length;
    expect(await starts(execution)).toBe(2);
    expect(await starts(`${execution}/Canary`)).toBe(1);
  });

  it("has counts and errors by deployment through a metric filter on the access log", async () => {
    const canary = await canaryOf("filtered", 50);
    const logs = cloud.client(CloudWatchLogsClient);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "by-deployment" }));
    for (const [filterName, filterPattern] of [
      ["Requests", '{ $.deploymentId = "*" }'],
      ["Errors", "{ $.status >= 400 }"],
    ] as const) {
      await logs.send(
        new PutMetricFilterCommand({
          logGroupName: "by-deployment",
          filterName,
          filterPattern,
          metricTransformations: [
            {
              metricNamespace: "Releases",
              metricName: filterName,
              metricValue: "1",
              dimensions: { DeploymentId: "$.deploymentId" },
            },
          ],
        }),
      );
    }
    await canary.update(
      {
        op: "replace",
        path: "/accessLogSettings/destinationArn",
        value: "arn:aws:logs:us-east-1:000000000000:log-group:by-deployment:*",
      },
      {
        op: "replace",
        path: "/accessLogSettings/format",
        value:
          '{"requestId":"$context.requestId","deploymentId":"$context.deploymentId","status":$context.status}',
      },
    );
    const toCanary = await canary.countCanary(200);
    await (await canary.api.call("/prod/nowhere")).text();
    const sums = async (metric: string) => [
      await sumOf("Releases", metric, { DeploymentId: canary.stableId }),
      await sumOf("Releases", metric, { DeploymentId: canary.canaryId }),
    ];
    const [stable = 0, own = 0] = await sums("Requests");
    const errors = (await sums("Errors")).map((sum) => sum ?? 0);
    expect(toCanary).toBeGreaterThan(0);
    expect(stable + own).toBe(201);
    expect([toCanary, toCanary + 1]).toContain(own);
    expect(errors).toEqual(own === toCanary ? [1, 0] : [0, 1]);
  });
});

// Protects what is measured and logged of each request.
import {
  APIGatewayClient,
  UpdateAccountCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRole } from "../../support/roles.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { deployApi, mock, type TestApi } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
  const role = await createRole(cloud, "gateway", "apigateway.amazonaws.com");
  await client.send(
    new UpdateAccountCommand({
      patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value: role }],
    }),
  );
  api = await deployApi(
    cloud,
    client,
    { "GET /pets/{id}": mock("pet"), "GET /bad": { ...mock("bad"), responses: [] } },
    { name: "measured" },
  );
  await client.send(
    new UpdateStageCommand({
      restApiId: api.apiId,
      stageName: "prod",
      patchOperations: [
        { op: "replace", path: "/~1pets~1{id}/GET/metrics/enabled", value: "true" },
        { op: "replace", path: "/~1bad/GET/logging/loglevel", value: "ERROR" },
        {
          op: "replace",
          path: "/accessLogSettings/destinationArn",
          value: "arn:aws:logs:us-east-1:000000000000:log-group:access",
        },
        {
          op: "replace",
          path: "/accessLogSettings/format",
          value:
            '{"i":"$context.requestId","s":$context.status,"p":"$context.path","r":"$context.resourcePath","d":"$context.deploymentId","c":$context.isCanaryRequest,"x":"$context.nothing","e":"$context.error.responseType"}',
        },
      ],
    }),
  );
  for (const path of ["/prod/pets/1", "/prod/pets/2", "/prod/nope", "/prod/bad"]) {
    await (await api.call(path)).text();
  }
});
afterAll(() => cloud.close());

async function sumOf(metric: string, dimensions: Readonly<Record<string, string>>) {
  const { Datapoints = [] } = await cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/ApiGateway",
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(cloud.nowMs() - 60_000),
      EndTime: new Date(cloud.nowMs() + 60_000),
      Period: 120,
      Statistics: ["Sum", "SampleCount"],
    }),
  );
  return { sum: Datapoints[0]?.Sum, samples: Datapoints[0]?.SampleCount };
}

describe("metrics", () => {
  const stage = { ApiName: "measured", Stage: "prod" };

  it.each([
    ["Count", { sum: 4, samples: 4 }],
    ["4XXError", { sum: 1, samples: 4 }],
    ["5XXError", { sum: 1, samples: 4 }],
  ])("has %s by API and by stage", async (metric, expected) => {
    expect(await sumOf(metric, { ApiName: "measured" })).toEqual(expected);
    expect(await sumOf(metric, stage)).toEqual(expected);
  });

  it("has a latency for every request, and none of an integration that a mock does not call", async () => {
    expect((await sumOf("Latency", stage)).samples).toBe(4);
    expect((await sumOf("IntegrationLatency", stage)).samples).toBeUndefined();
  });

  it("has them by method where detailed metrics are on", async () => {
    const of = (Resource: string) => ({ ...stage, Method: "GET", Resource });
    expect(await sumOf("Count", of("/pets/{id}"))).toEqual({ sum: 2, samples: 2 });
    expect((await sumOf("Count", of("/bad"))).samples).toBeUndefined();
  });
});

async function linesOf(logGroupName: string): Promise<(string | undefined)[]> {
  const { events = [] } = await cloud
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName }));
  return events.map(({ message }) => message);
}

describe("logs", () => {
  it("writes one access line per request, with a dash for what is not known", async () => {
    const lines = (await linesOf("access")).map((line) => JSON.parse(line ?? "") as object);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toEqual({
      i: expect.stringMatching(/^[0-9a-f-]{36}$/),
      s: 200,
      p: "/prod/pets/1",
      r: "/pets/{id}",
      d: expect.stringMatching(/^[a-z0-9]{6}$/),
      c: false,
      x: "-",
      e: "-",
    });
    expect(lines[2]).toMatchObject({ s: 403, e: "MISSING_AUTHENTICATION_TOKEN" });
  });

  it.each([
    [
      "CLF",
      '$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId',
      /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8} \+0000\] "GET \/pets\/\{id\} HTTP\/1\.1" 200 3 [0-9a-f-]{36}$/,
    ],
    [
      "CSV",
      "$context.requestId,${context.stage},$context.apiId,$context.deploymentId\n",
      /^[0-9a-f-]{36},prod,[a-z0-9]{10},[a-z0-9]{6}$/,
    ],
    [
      "XML",
      '<request id="$context.requestId"><status>$context.status</status></request>',
      /^<request id="[0-9a-f-]{36}"><status>200<\/status><\/request>$/,
    ],
  ])("writes a line in %s", async (kind, format, line) => {
    const own = await deployApi(cloud, client, { "GET /pets/{id}": mock("pet") });
    const arn = `arn:aws:logs:us-east-1:000000000000:log-group:in-${kind}`;
    await client.send(
      new UpdateStageCommand({
        restApiId: own.apiId,
        stageName: "prod",
        patchOperations: [
          { op: "replace", path: "/accessLogSettings/destinationArn", value: arn },
          { op: "replace", path: "/accessLogSettings/format", value: format },
        ],
      }),
    );
    await (await own.call("/prod/pets/1")).text();
    expect(await linesOf(`in-${kind}`)).toEqual([expect.stringMatching(line)]);
  });

  it("writes why a request failed into the execution log", async () => {
    const lines = await linesOf(`API-Gateway-Execution-Logs_${api.apiId}/prod`);
    expect(lines).toEqual([
      expect.stringMatching(
        /^\([0-9a-f-]{36}\) Execution failed due to configuration error: No match for output mapping/,
      ),
    ]);
  });
});

// Protects what may go on to a backend: throttles, API keys, usage plans, required parameters.
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateRequestValidatorCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteUsagePlanCommand,
  GetApiKeyCommand,
  GetUsageCommand,
  UpdateApiKeyCommand,
  UpdateMethodCommand,
  UpdateStageCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { deployApi, mock, type TestApi } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
});
afterAll(() => cloud.close());

async function statuses(api: TestApi, path: string, count: number, init?: RequestInit) {
  const seen: number[] = [];
  for (let index = 0; index < count; index++) seen.push((await api.call(path, init)).status);
  return seen;
}

describe("throttling", () => {
  it("lets a burst through, then as many as the rate allows, per method", async () => {
    const api = await deployApi(cloud, client, { "GET /a": mock("a"), "GET /b": mock("b") });
    await client.send(
      new UpdateStageCommand({
        restApiId: api.apiId,
        stageName: "prod",
        patchOperations: [
          { op: "replace", path: "/*/*/throttling/rateLimit", value: "2" },
          { op: "replace", path: "/*/*/throttling/burstLimit", value: "3" },
          { op: "replace", path: "/~1b/GET/throttling/rateLimit", value: "0" },
          { op: "replace", path: "/~1b/GET/throttling/burstLimit", value: "0" },
        ],
      }),
    );
    expect(await statuses(api, "/prod/a", 5)).toEqual([200, 200, 200, 429, 429]);
    await cloud.advance(1000);
    expect(await statuses(api, "/prod/a", 3)).toEqual([200, 200, 429]);
    const refused = await api.call("/prod/b");
    expect(await refused.text()).toBe('{"message":"Too Many Requests"}');
    expect(refused.headers.get("x-amzn-errortype")).toBe("TooManyRequestsException");
  });
});

describe("API keys and usage plans", () => {
  async function keyed(limits: object) {
    const api = await deployApi(cloud, client, {
      "GET /": { ...mock("in"), method: { apiKeyRequired: true } },
    });
    const key = await client.send(new CreateApiKeyCommand({ name: "mobile", enabled: true }));
    const plan = await client.send(
      new CreateUsagePlanCommand({
        name: "basic",
        apiStages: [{ apiId: api.apiId, stage: "prod" }],
        ...limits,
      }),
    );
    const headers = { "x-api-key": key.value ?? "" };
    const join = () =>
      client.send(
        new CreateUsagePlanKeyCommand({
          usagePlanId: plan.id,
          keyId: key.id,
          keyType: "API_KEY",
        }),
      );
    return { api, key, plan, headers, join };
  }

  it("admits an enabled key of a plan with this stage, and no other", async () => {
    const { api, key, plan, headers, join } = await keyed({});
    expect(await statuses(api, "/prod", 1)).toEqual([403]);
    expect(await statuses(api, "/prod", 1, { headers })).toEqual([403]);
    const member = await join();
    expect(member).toMatchObject({ id: key.id, type: "API_KEY", value: key.value, name: "mobile" });
    expect(await statuses(api, "/prod", 1, { headers })).toEqual([200]);
    await client.send(
      new UpdateApiKeyCommand({
        apiKey: key.id,
        patchOperations: [{ op: "replace", path: "/enabled", value: "false" }],
      }),
    );
    expect(await statuses(api, "/prod", 1, { headers })).toEqual([403]);
    const read = await client.send(new GetApiKeyCommand({ apiKey: key.id }));
    expect(read.value).toBeUndefined();
    expect(plan.apiStages).toEqual([{ apiId: api.apiId, stage: "prod" }]);
  });

  it("counts a quota by the day and throttles by the plan", async () => {
    const { api, key, plan, headers, join } = await keyed({
      quota: { limit: 3, period: "DAY" },
      throttle: { rateLimit: 1, burstLimit: 2 },
    });
    await join();
    expect(await statuses(api, "/prod", 3, { headers })).toEqual([200, 200, 429]);
    await cloud.advance(2000);
    expect(await statuses(api, "/prod", 1, { headers })).toEqual([200]);
    const over = await api.call("/prod", { headers });
    expect(await over.text()).toBe('{"message":"Limit Exceeded"}');
    const today = new Date(cloud.nowMs()).toISOString().slice(0, 10);
    const usage = await client.send(
      new GetUsageCommand({ usagePlanId: plan.id, startDate: today, endDate: today }),
    );
    expect(usage.items?.[key.id ?? ""]).toEqual([[3, 0]]);
    await cloud.advance(24 * 3600 * 1000);
    expect(await statuses(api, "/prod", 1, { headers })).toEqual([200]);
  });

  it("refuses stages that do not exist, in AWS's words", async () => {
    const { api, plan } = await keyed({});
    const add = (value: string | undefined) =>
      client.send(
        new UpdateUsagePlanCommand({
          usagePlanId: plan.id,
          patchOperations: [{ op: "add", path: "/apiStages", value }],
        }),
      );
    await expect(add(undefined)).rejects.toEqual(
      expect.objectContaining({ message: "Invalid API Stage specified" }),
    );
    await expect(client.send(new DeleteUsagePlanCommand({ usagePlanId: plan.id }))).rejects.toEqual(
      expect.objectContaining({
        name: "BadRequestException",
        message: `Cannot delete Usage Plan ${plan.id} because there are API Stages associated with it, including ${api.apiId}:prod`,
      }),
    );
    await expect(add(`${api.apiId}:nowhere`)).rejects.toEqual(
      expect.objectContaining({
        name: "NotFoundException",
        message: `Invalid API Stage {api: ${api.apiId}, stage: nowhere} specified for usageplan ${plan.id}`,
      }),
    );
  });
});

describe("request validators", () => {
  it("name every required parameter that is missing", async () => {
    const api = await deployApi(cloud, client, {
      "GET /": {
        ...mock("ok"),
        method: {
          requestParameters: {
            "method.request.querystring.q": true,
            "method.request.header.X-Own": true,
            "method.request.querystring.optional": false,
          },
        },
      },
    });
    expect((await api.call("/prod")).status).toBe(200);
    const { id } = await client.send(
      new CreateRequestValidatorCommand({
        restApiId: api.apiId,
        name: "parameters",
        validateRequestParameters: true,
      }),
    );
    await client.send(
      new UpdateMethodCommand({
        restApiId: api.apiId,
        resourceId: api.resourceIds.get("/"),
        httpMethod: "GET",
        patchOperations: [{ op: "replace", path: "/requestValidatorId", value: id }],
      }),
    );
    await api.deploy();
    const response = await api.call("/prod");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      message: "Missing required request parameters: [X-Own, q]",
    });
    expect((await api.call("/prod?q=1", { headers: { "x-own": "1" } })).status).toBe(200);
  });
});

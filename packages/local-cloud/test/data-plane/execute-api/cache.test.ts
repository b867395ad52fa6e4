// Protects the stage cache: what is kept, by which key, how long, for whom, and who may throw it away.
import {
  APIGatewayClient,
  FlushStageCacheCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CACHED_BYTES_MAX, StageCache } from "../../../src/data-plane/execute-api/stage-cache.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { type ApiPlan, deployApi, type MethodPlan, mock } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
});
afterAll(() => cloud.close());

/** Answers with the id of the request that reached it, so a repeated id is a cached answer. */
const fresh = (rest: Partial<MethodPlan["integration"]> = {}): MethodPlan => {
  const plan = mock("$context.requestId");
  return { ...plan, integration: { ...plan.integration, ...rest } };
};

const ON: Readonly<Record<string, string>> = {
  "/cacheClusterEnabled": "true",
  "/*/*/caching/enabled": "true",
  "/*/*/caching/requireAuthorizationForCacheControl": "false",
};

async function cached(
  plan: ApiPlan = { "GET /": fresh() },
  settings: Readonly<Record<string, string>> = {},
  name = "cached",
) {
  const api = await deployApi(cloud, client, plan, { name });
  const update = (values: Readonly<Record<string, string>>) =>
    client.send(
      new UpdateStageCommand({
        restApiId: api.apiId,
        stageName: "prod",
        patchOperations: Object.entries(values).map(([path, value]) => ({
          op: "replace",
          path,
          value,
        })),
      }),
    );
  await update({ ...ON, ...settings });
  const get = async (path = "/prod/", init?: RequestInit) => (await api.call(path, init)).text();
  return {
    ...api,
    update,
    get,
    flush: () =>
      client.send(new FlushStageCacheCommand({ restApiId: api.apiId, stageName: "prod" })),
  };
}

const NOW: RequestInit = { headers: { "cache-control": "max-age=0" } };

describe("a cached method", () => {
  it("answers from the cache until the time is up", async () => {
    const { get } = await cached(undefined, { "/*/*/caching/ttlInSeconds": "60" });
    const first = await get();
    await cloud.advance(59_000);
    expect(await get()).toBe(first);
    await cloud.advance(1000);
    const second = await get();
    expect(second).not.toBe(first);
    expect(await get()).toBe(second);
  });

  it("is GET only for a setting of the whole stage, and any method by its own", async () => {
    const { get, update } = await cached({ "POST /": fresh() });
    const post: RequestInit = { method: "POST" };
    expect(await get("/prod/", post)).not.toBe(await get("/prod/", post));
    await update({ "/~1/POST/caching/enabled": "true" });
    expect(await get("/prod/", post)).toBe(await get("/prod/", post));
  });

  it.each<[string, Record<string, string>]>([
    ["no cluster", { "/cacheClusterEnabled": "false" }],
    ["caching switched off", { "/*/*/caching/enabled": "false" }],
    ["a time of zero", { "/*/*/caching/ttlInSeconds": "0" }],
    ["its own setting off", { "/~1/GET/caching/enabled": "false" }],
  ])("is not cached with %s", async (_what, settings) => {
    const { get } = await cached(undefined, settings);
    expect(await get()).not.toBe(await get());
  });

  it("does not look at the query or the path unless told to", async () => {
    const { get } = await cached({ "GET /pets/{id}": fresh() });
    expect(await get("/prod/pets/1?a=1")).toBe(await get("/prod/pets/2?a=2"));
  });

  it("keeps an answer for each value of its key parameters", async () => {
    const plan = fresh({
      cacheKeyParameters: [
        "method.request.path.id",
        "method.request.querystring.q",
        "integration.request.header.X-Lang",
      ],
      requestParameters: { "integration.request.header.X-Lang": "method.request.header.lang" },
    });
    const { get } = await cached({ "GET /pets/{id}": plan });
    const in_ = (lang: string): RequestInit => ({ headers: { lang } });
    const first = await get("/prod/pets/1?q=a&other=1", in_("de"));
    expect(await get("/prod/pets/1?q=a&other=2", in_("de"))).toBe(first);
    expect(await get("/prod/pets/2?q=a", in_("de"))).not.toBe(first);
    expect(await get("/prod/pets/1?q=b", in_("de"))).not.toBe(first);
    expect(await get("/prod/pets/1?q=a", in_("fr"))).not.toBe(first);
  });

  it("shares answers with the resources of its cache namespace", async () => {
    const { get } = await cached({
      "GET /a": fresh({ cacheNamespace: "both" }),
      "GET /b": fresh({ cacheNamespace: "both" }),
      "GET /c": fresh(),
    });
    const first = await get("/prod/a");
    expect(await get("/prod/b")).toBe(first);
    expect(await get("/prod/c")).not.toBe(first);
  });

  it("keeps the status and the headers too, but no failure of the gateway's own", async () => {
    const { call, get } = await cached({ "GET /": mock("$context.requestId", 404) });
    const first = await call("/prod/");
    const second = await call("/prod/");
    expect([first.status, second.status]).toEqual([404, 404]);
    expect(await second.text()).toBe(await first.text());
    expect(second.headers.get("content-type")).toBe(first.headers.get("content-type"));
    const broken = await cached({ "GET /": { ...fresh(), responses: [] } });
    expect((await broken.call("/prod/")).status).toBe(500);
    expect(await get("/prod/none")).toContain("Missing Authentication Token");
  });

  it("is emptied by a flush, by a new size, and by switching the cluster off and on", async () => {
    const { get, flush, update } = await cached();
    const seen = [await get()];
    await flush();
    seen.push(await get());
    await update({ "/cacheClusterSize": "1.6" });
    seen.push(await get());
    await update({ "/cacheClusterEnabled": "false" });
    seen.push(await get());
    await update({ "/cacheClusterEnabled": "true" });
    seen.push(await get());
    await update({ "/cacheClusterEnabled": "false" });
    await update({ "/cacheClusterEnabled": "true" });
    seen.push(await get());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    ["/*/*/caching/ttlInSeconds", "3601"],
    ["/*/*/caching/ttlInSeconds", "-1"],
    ["/cacheClusterSize", "2"],
  ])("refuses %s of %s", async (path, value) => {
    const { update } = await cached();
    await expect(update({ [path]: value })).rejects.toMatchObject({
      name: "BadRequestException",
    });
  });
});

describe("Cache-Control: max-age=0", () => {
  it("fetches a new answer and keeps that one", async () => {
    const { get } = await cached();
    const first = await get();
    const second = await get("/prod/", NOW);
    expect(second).not.toBe(first);
    expect(await get()).toBe(second);
  });

  it.each([
    ["SUCCEED_WITH_RESPONSE_HEADER", 200, true],
    ["SUCCEED_WITHOUT_RESPONSE_HEADER", 200, false],
    ["FAIL_WITH_403", 403, false],
  ])("without authorisation and with %s is a %d", async (strategy, status, warns) => {
    const { call, get } = await cached(undefined, {
      "/*/*/caching/requireAuthorizationForCacheControl": "true",
      "/*/*/caching/unauthorizedCacheControlHeaderStrategy": strategy,
    });
    const first = await get();
    const response = await call("/prod/", NOW);
    expect(response.status).toBe(status);
    expect(response.headers.has("warning")).toBe(warns);
    expect((await response.text()) === first).toBe(status === 200);
    expect(await get()).toBe(first);
  });
});

describe("a canary", () => {
  it.each([
    ["its own cache", "false", false],
    ["the stage's cache", "true", true],
  ])("has %s when useStageCache is %s", async (_what, useStageCache, shares) => {
    const { get, update } = await cached();
    const first = await get();
    await update({
      "/canarySettings/percentTraffic": "100",
      "/canarySettings/useStageCache": useStageCache,
    });
    const second = await get();
    expect(second === first).toBe(shares);
    expect(await get()).toBe(second);
  });
});

describe("metrics", () => {
  it("counts hits and misses of requests that asked the cache", async () => {
    const { get } = await cached(
      { "GET /": fresh(), "GET /not": fresh() },
      { "/~1not/GET/caching/enabled": "false" },
      "counted",
    );
    for (const path of ["/prod/", "/prod/", "/prod/", "/prod/not"]) await get(path);
    const sumOf = async (MetricName: string) => {
      const { Datapoints = [] } = await cloud.client(CloudWatchClient).send(
        new GetMetricStatisticsCommand({
          Namespace: "AWS/ApiGateway",
          MetricName,
          Dimensions: [
            { Name: "ApiName", Value: "counted" },
            { Name: "Stage", Value: "prod" },
          ],
          StartTime: new Date(cloud.nowMs() - 60_000),
          EndTime: new Date(cloud.nowMs() + 60_000),
          Period: 120,
          Statistics: ["Sum", "SampleCount"],
        }),
      );
      return [Datapoints[0]?.Sum, Datapoints[0]?.SampleCount];
    };
    expect(await sumOf("CacheHitCount")).toEqual([2, 3]);
    expect(await sumOf("CacheMissCount")).toEqual([1, 3]);
    expect(await sumOf("Count")).toEqual([4, 4]);
  });
});

describe("StageCache", () => {
  const answer = (bytes: number) => ({
    status: 200,
    headers: [],
    body: "x".repeat(bytes),
    isTraced: false,
  });

  it("does not keep an answer that is too large, nor the one it would replace", () => {
    const cache = new StageCache();
    cache.put("a", answer(1), 1);
    cache.put("a", answer(CACHED_BYTES_MAX + 1), 1);
    expect(cache.get("a", 0)).toBeUndefined();
  });

  it("lets the oldest answers go when it is full", () => {
    const cache = new StageCache();
    for (let index = 0; index < 100; index++) cache.put(String(index), answer(CACHED_BYTES_MAX), 1);
    expect(cache.get("0", 0)).toBeUndefined();
    expect(cache.get("99", 0)).toBeDefined();
  });
});

// Protects what the tests that come with Headgate say of a version: only answers as they must be pass, what is not
// reached fails, what was asked wrongly is an error, and each result becomes a metric.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { HookCall, HookOutcome, LoadTest, SmokeTest } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { hookRunner } from "../../src/hooks/index.ts";
import { isPart } from "../../src/hooks/invoke.ts";
import { runLoad } from "../../src/hooks/load.ts";
import { runSmoke, valueAt } from "../../src/hooks/smoke.ts";
import { functionCapacity } from "../../src/traffic/lambda-alias/capacity-look.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { hookCall } from "../support/hook-call.ts";
import { type Answer, httpServer } from "../support/http-server.ts";
import { ACCESS, ALIAS, FUNCTION_NAME, settle } from "../support/lambda-cloud.ts";
import { zipOf } from "../support/zip.ts";

const REQUEST: SmokeTest["requests"][number] = { path: "/", method: "GET", statuses: [200] };

async function smoke(answer: Answer, request: Partial<SmokeTest["requests"][number]> = {}) {
  const server = await httpServer(() => answer);
  const headers = { "x-tester": "canary {canary}" };
  const requests = [{ ...REQUEST, ...request }];
  const test: SmokeTest = { kind: "smoke", url: server.url, headers, requests };
  return { ...(await runSmoke(hookCall(test), test)), server };
}

describe("a smoke test", () => {
  it.each([
    ["another status", { status: 500 }, {}, "status 500, must be 200"],
    ["a status that is not among several", { status: 404 }, { statuses: [200, 204] }, "200 or 204"],
    ["a text that is not there", { status: 200, body: "down" }, { contains: "up" }, `contain "up"`],
    ["no JSON", { status: 200, body: "<p>" }, { json: { ok: true } }, "is no JSON"],
    [
      "another value",
      { status: 200, body: '{"a":{"b":[1]}}' },
      { json: { "a.b[0]": 2 } },
      "a.b[0] is 1, must be 2",
    ],
    [
      "a value that is missing",
      { status: 200, body: "{}" },
      { json: { version: "2" } },
      "version is nothing",
    ],
    ["an answer that is too late", { status: 200 }, { maxLatencyMs: 0 }, "at most 0 ms"],
  ] as const)("fails on %s", async (_name, answer, request, said) => {
    expect(await smoke(answer, request)).toMatchObject({
      verdict: "fail",
      detail: expect.stringContaining(said),
    });
  });

  it("passes on answers as they must be, asked as it says, for the version it is about", async () => {
    const body = '{"version":"2","items":[{"id":7}]}';
    const request = { path: "/v/{canary}", method: "POST", body: "b {stable}", statuses: [201] };
    const json = { version: "2", "items[0].id": 7 };
    const { verdict, server } = await smoke({ status: 201, body }, { ...request, json });
    expect(verdict).toBe("pass");
    expect(server.received).toMatchObject([{ method: "POST", path: "/v/4", body: "b 3" }]);
  });

  it("fails when nothing answers at all", async () => {
    const test: SmokeTest = {
      kind: "smoke",
      url: "http://127.0.0.1:1",
      headers: {},
      requests: [REQUEST],
    };
    expect((await runSmoke(hookCall(test), test)).verdict).toBe("fail");
  });

  it("finds values by path, and nothing where there is none", () => {
    const document = { a: [{ b: null }] };
    expect(valueAt(document, "a[0].b")).toBeNull();
    expect(valueAt(document, "a[1].b")).toBeUndefined();
    expect(valueAt(document, "constructor")).toBeUndefined();
  });
});

describe("a load test", () => {
  const load = async (
    answer: (path: string) => Answer,
    limits: Partial<LoadTest["limits"]> = {},
    timeoutMs = 60_000,
  ) => {
    const server = await httpServer(({ path }) => answer(path));
    const test: LoadTest = {
      kind: "load",
      url: `${server.url}/{canary}`,
      headers: {},
      method: "GET",
      requestsPerSecond: 200,
      forMs: 250,
      limits: { maxErrorShare: 0.01, ...limits },
    };
    return { ...(await runLoad(hookCall(test, timeoutMs), test)), server };
  };

  it("sends as many requests as rate and time make, and passes within its limits", async () => {
    const { verdict, detail, server } = await load(() => ({ status: 404 }));
    expect({ verdict, detail }).toMatchObject({
      verdict: "pass",
      detail: expect.stringContaining("0 of 50 requests failed"),
    });
    expect(server.received).toHaveLength(50);
    expect(server.received[0]?.path).toBe("/4");
  });

  it("fails on more failures than it allows, and says the first", async () => {
    let answered = 0;
    const { verdict, detail } = await load(() => ({ status: ++answered % 10 === 0 ? 503 : 200 }));
    expect(verdict).toBe("fail");
    expect(detail).toContain("5 of 50 requests failed (first: status 503)");
  });

  it("fails on a percentile above its limit", async () => {
    const { verdict, detail } = await load(() => ({ status: 200 }), { maxP99Ms: 0 });
    expect(verdict).toBe("fail");
    expect(detail).toContain("p99 may be 0 ms");
  });

  it("says so when answers come too slowly for its rate", async () => {
    const MOST_AT_ONCE = 500;
    const late = Promise.withResolvers<Answer>();
    let asked = 0;
    const server = await httpServer(() => {
      asked += 1;
      if (asked === MOST_AT_ONCE) setTimeout(() => late.resolve({ status: 200 }), 50);
      return late.promise;
    });
    const test: LoadTest = {
      kind: "load",
      url: server.url,
      headers: {},
      method: "GET",
      requestsPerSecond: 1000,
      forMs: 1000,
      limits: { maxErrorShare: 0 },
    };
    const { verdict, detail } = await runLoad(hookCall(test, 60_000), test);
    expect(verdict).toBe("fail");
    expect(detail).toMatch(
      /\((\d+) were not sent, for 500 were under way already: .* 1000 a second/,
    );
  });

  it("is an error when the hook's deadline does not let it end", async () => {
    const { verdict, server } = await load(() => ({ status: 200 }), {}, 5000);
    expect(verdict).toBe("error");
    expect(server.received).toEqual([]);
  });
});

describe("tests that ask AWS", () => {
  const ECHO = `def handler(event, context):
    if event.get("fails"):
        raise RuntimeError("broken")
    return {"version": context.function_version, "got": event}
`;

  async function cloud() {
    const opened = await cloudWithFunction();
    await opened.lambda.updateFunctionCode({
      FunctionName: FUNCTION_NAME,
      ZipFile: await zipOf({ "app.py": ECHO }),
    });
    await settle(opened);
    const { Version = "" } = await opened.lambda.publishVersion({ FunctionName: FUNCTION_NAME });
    await settle(opened);
    const { clients, run, clock } = opened;
    const runner = hookRunner({
      clients,
      run,
      clock,
      deploymentType: "Lambda",
      functionOf: (version) => `${FUNCTION_NAME}:${version}`,
      capacity: functionCapacity({ clients, run, functionName: FUNCTION_NAME, alias: ALIAS }),
    });
    const ask = (target: HookCall["target"]): Promise<HookOutcome> => {
      const call = hookCall(target);
      return runner.run({ ...call, input: { ...call.input, stable: "1", canary: Version } });
    };
    return { ...opened, ask, version: Version };
  }

  it("invoke the canary itself, and hold its answers against what is expected", async () => {
    const { ask, version } = await cloud();
    const events = (expected: unknown, payload: unknown = { order: 7 }) => ({
      kind: "invoke" as const,
      events: [{ payload: JSON.stringify(payload), expected: JSON.stringify(expected) }],
    });
    expect(await ask(events({ version, got: { order: 7 } }))).toMatchObject({ verdict: "pass" });
    const other = await ask(events({ got: { order: 8 } }));
    expect(other).toMatchObject({ verdict: "fail", detail: expect.stringContaining(`"order": 7`) });
    const failed = await ask(events({}, { fails: true }));
    expect(failed).toMatchObject({ verdict: "fail", detail: expect.stringContaining("broken") });
  });

  it("look at capacity, and fail where every call would be throttled", async () => {
    const { ask, lambda } = await cloud();
    expect(await ask({ kind: "capacity" })).toMatchObject({ verdict: "pass" });
    await lambda.putFunctionConcurrency({
      FunctionName: FUNCTION_NAME,
      ReservedConcurrentExecutions: 0,
    });
    const { verdict, detail } = await ask({ kind: "capacity" });
    expect({ verdict, detail }).toEqual({
      verdict: "fail",
      detail: "concurrency: 0 is reserved: every call is throttled",
    });
  });

  it("count their results by type and status, and stand without that", async () => {
    const { ask, url, proxy } = await cloud();
    await ask({ kind: "capacity" });
    await ask({ kind: "invoke", events: [{ payload: '{"fails":true}' }] });
    const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: url });
    const { Metrics = [] } = await cloudWatch.listMetrics({ Namespace: "Deployment/Validation" });
    cloudWatch.destroy();
    const found = Metrics.map(({ MetricName = "", Dimensions = [] }) =>
      [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)].join(" "),
    );
    expect(found.toSorted()).toEqual([
      "PreDeploymentValidation DeploymentType=Lambda Status=Failure",
      "PreDeploymentValidation DeploymentType=Lambda Status=Success",
    ]);
    proxy.inject(({ path }) => path.includes("PutMetricData"), "deny");
    expect(await ask({ kind: "capacity" })).toMatchObject({ verdict: "pass" });
  });
});

it("expects a part of an object, and all of a list", () => {
  expect(isPart({ a: 1 }, { a: 1, b: 2 })).toBe(true);
  expect(isPart([1], [1, 2])).toBe(false);
  expect(isPart({ a: {} }, { a: [] })).toBe(false);
  expect(isPart({ a: null }, {})).toBe(false);
});

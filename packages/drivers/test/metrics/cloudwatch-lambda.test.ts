// Protects what is counted for each version: requests through the alias, by the version that answered
// them, from a real function's own metrics. No data must never look like a zero.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { describe, expect, it, onTestFinished } from "vitest";
import { lambdaAliasCounters } from "../../src/metrics/cloudwatch-lambda.ts";
import { cloudWatchSource } from "../../src/metrics/cloudwatch-source.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { expectError } from "../support/expect-error.ts";
import {
  ACCESS,
  ALIAS,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
} from "../support/lambda-cloud.ts";
import { metricSourceContract } from "./source-contract.ts";

const MINUTE = 60_000;
/** Fails on every event that asks for it. */
const FAILS_ON_REQUEST = `
def handler(event, context):
    if event.get("fail"):
        raise RuntimeError("as asked")
    return {"said": "two"}
`;

/** Starts at a whole minute, so that a test's requests fall into one period. */
async function wholeMinute(cloud: LambdaCloud): Promise<number> {
  const nowMs = cloud.clock.nowMs();
  const startMs = Math.ceil(nowMs / MINUTE) * MINUTE;
  await cloud.advance(startMs - nowMs);
  return startMs;
}

async function send({ lambda }: LambdaCloud, qualifier: string, event: object, times: number) {
  for (let sent = 0; sent < times; sent++) {
    const Payload = JSON.stringify(event);
    await lambda.invoke({ FunctionName: FUNCTION_NAME, Qualifier: qualifier, Payload });
  }
}

async function shift({ lambda }: LambdaCloud, stable: string, weights: Record<string, number>) {
  await lambda.updateAlias({
    FunctionName: FUNCTION_NAME,
    Name: ALIAS,
    FunctionVersion: stable,
    RoutingConfig: { AdditionalVersionWeights: weights },
  });
}

function metricsOf(cloud: LambdaCloud, resolutionMs = MINUTE) {
  const definition = lambdaAliasCounters({ functionName: FUNCTION_NAME, alias: ALIAS });
  return cloudWatchSource({ ...cloud, definition, resolutionMs, lagMs: 0 });
}

metricSourceContract("Lambda", async () => {
  const cloud = await cloudWithFunction({ "app.py": FAILS_ON_REQUEST });
  await publish(cloud, { "app.py": `${FAILS_ON_REQUEST}# again` });
  const startMs = await wholeMinute(cloud);
  const source = metricsOf(cloud);
  const reach = (bucket: number) =>
    cloud.advance(Math.max(0, startMs + bucket * source.resolutionMs - cloud.clock.nowMs()));
  return {
    source,
    startMs,
    async serve(version, bucket, { requests, errors = 0 }) {
      await reach(bucket);
      await shift(cloud, version, {});
      await send(cloud, ALIAS, { fail: true }, errors);
      await send(cloud, ALIAS, {}, requests - errors);
    },
    pass: reach,
  };
});

describe("requests through the alias", () => {
  it("are counted by the version that answered, with errors and durations", async () => {
    const cloud = await cloudWithFunction();
    const canary = await publish(cloud, { "app.py": FAILS_ON_REQUEST });
    const fromMs = await wholeMinute(cloud);
    await send(cloud, ALIAS, {}, 3);
    await shift(cloud, "1", { [canary]: 1 });
    await send(cloud, ALIAS, {}, 3);
    await send(cloud, ALIAS, { fail: true }, 1);
    // A bare version's requests are not the alias's.
    await send(cloud, canary, { fail: true }, 5);
    await cloud.advance(MINUTE);

    const window = { fromMs, toMs: fromMs + MINUTE };
    const metrics = metricsOf(cloud);
    const { versions } = await metrics.compare(["1", canary], window);
    expect(versions.get("1")).toMatchObject({ requests: 3, errors: 0 });
    expect(versions.get(canary)).toMatchObject({ requests: 4, errors: 1 });
    const latency = versions.get(canary)?.latency;
    expect(latency?.p99Ms).toBeGreaterThanOrEqual(latency?.p50Ms ?? Infinity);
    expect(latency?.averageMs).toBeGreaterThan(0);

    const read = async (metric: "errorRate" | "errors" | "requests" | "latencyP99") =>
      (await metrics.read({ kind: "builtIn", metric, version: canary }, window)).value;
    expect(await read("errorRate")).toBe(25);
    expect(await read("errors")).toBe(1);
    expect(await read("requests")).toBe(4);
    expect(await read("latencyP99")).toBe(latency?.p99Ms);
  });

  it("are nothing at all where there were none", async () => {
    const cloud = await cloudWithFunction();
    const fromMs = await wholeMinute(cloud);
    await send(cloud, ALIAS, {}, 1);
    await cloud.advance(MINUTE);
    const window = { fromMs, toMs: fromMs + MINUTE };
    const metrics = metricsOf(cloud);
    const { versions } = await metrics.compare(["1", "2"], window);
    expect([...versions.keys()]).toEqual(["1"]);
    for (const metric of ["errorRate", "requests", "latencyP50"] as const) {
      const reading = await metrics.read({ kind: "builtIn", metric, version: "2" }, window);
      expect(reading).toEqual({ value: undefined, detail: "no requests to version 2" });
    }
  });

  it("before a rollout are its baseline and its history", async () => {
    const cloud = await cloudWithFunction();
    const canary = await publish(cloud, { "app.py": FAILS_ON_REQUEST });
    const fromMs = await wholeMinute(cloud);
    await send(cloud, ALIAS, {}, 3);
    await shift(cloud, canary, {});
    await send(cloud, ALIAS, { fail: true }, 2);
    await send(cloud, canary, {}, 5);
    await cloud.advance(MINUTE);
    const window = { fromMs, toMs: fromMs + MINUTE };
    const metrics = metricsOf(cloud);
    const baseline = await metrics.baseline("1", window);
    expect(baseline).toMatchObject({ version: "1", window, requests: 3, errors: 0 });
    const latencyMs = baseline?.latencyMs ?? [];
    expect(latencyMs).toHaveLength(7);
    expect(latencyMs).toEqual(latencyMs.toSorted((left, right) => left - right));
    expect(latencyMs[0]).toBeGreaterThan(0);
    expect(await metrics.baseline("3", window)).toBeUndefined();
    // Both versions' requests, and only those through the alias.
    expect(await metrics.history(window)).toEqual([{ ...window, requests: 5, errors: 2 }]);
  });

  it("of a minute that is not over are not read yet", async () => {
    const cloud = await cloudWithFunction();
    const fromMs = await wholeMinute(cloud);
    await send(cloud, ALIAS, {}, 1);
    await cloud.advance(30_000);
    const { versions } = await metricsOf(cloud).compare(["1"], { fromMs, toMs: fromMs + 30_000 });
    expect(versions.size).toBe(0);
  });

  it("can be counted by the second where the platform does", async () => {
    const cloud = await cloudWithFunction();
    const fromMs = await wholeMinute(cloud);
    await send(cloud, ALIAS, {}, 2);
    await cloud.advance(2000);
    const metrics = metricsOf(cloud, 1000);
    const { versions } = await metrics.compare(["1"], { fromMs, toMs: fromMs + 1000 });
    expect(versions.get("1")?.requests).toBe(2);
  });
});

describe("a metric of the user's own", () => {
  const query = {
    kind: "cloudWatch",
    namespace: "Shop",
    metricName: "OrderValue",
    dimensions: { Stage: "live" },
  } as const;

  async function cloudWithMetric() {
    const cloud = await cloudWithFunction();
    const fromMs = await wholeMinute(cloud);
    const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
    onTestFinished(() => cloudWatch.destroy());
    const datum = (offsetMs: number, Values: number[]) => ({
      MetricName: "OrderValue",
      Dimensions: [{ Name: "Stage", Value: "live" }],
      Timestamp: new Date(fromMs + offsetMs),
      Values,
    });
    await cloudWatch.putMetricData({
      Namespace: "Shop",
      MetricData: [datum(0, [10, 20, 30]), datum(MINUTE, [100])],
    });
    await cloud.advance(2 * MINUTE);
    return { cloud, window: { fromMs, toMs: fromMs + 2 * MINUTE } };
  }

  it.each([
    ["Sum", 160],
    ["SampleCount", 4],
    ["Minimum", 10],
    ["Maximum", 100],
    ["Average", 40],
  ])("%s over several periods", async (statistic, expected) => {
    const { cloud, window } = await cloudWithMetric();
    const reading = await metricsOf(cloud).read({ ...query, statistic }, window);
    expect(reading.value).toBeCloseTo(expected);
  });

  it("has no value when there is no data", async () => {
    const { cloud, window } = await cloudWithMetric();
    const dimensions = { Stage: "other" };
    const reading = await metricsOf(cloud).read({ ...query, dimensions, statistic: "Sum" }, window);
    expect(reading).toEqual({ value: undefined, detail: "no data for OrderValue" });
  });

  it("that cannot be read is an error of the measuring", async () => {
    const { cloud, window } = await cloudWithMetric();
    cloud.proxy.inject(() => true, "deny");
    const reading = metricsOf(cloud).read({ ...query, statistic: "Sum" }, window);
    const error = await expectError(reading, "AWS_DENIED");
    expect(error.hint).toContain("cloudwatch:GetMetricData");
  });
});

// Protects the counts that decide on a stage of API Gateway: every request of each deployment, once, with its exact
// latency, from the log that the stage itself wrote; and an error, never a zero, where the log cannot be read.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { weightBps } from "@headgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiGatewayDrivers } from "../../../src/api-gateway-drivers.ts";
import { RECOMMENDED_FORMAT } from "../../../src/metrics/access-log/format.ts";
import { type AccessLogSettings, accessLogSource } from "../../../src/metrics/access-log/source.ts";
import { expectError } from "../../support/expect-error.ts";
import { ACCESS, startLambdaCloud } from "../../support/lambda-cloud.ts";
import {
  API_NAME,
  changeApi,
  proxyHandler,
  setAccessLog,
  STAGE,
} from "../../support/stage-cloud.ts";
import { cloudWithStage, stageDriver } from "../../support/stage-driver.ts";
import { lateCountsContract, metricSourceContract } from "../source-contract.ts";

const GROUP = "access";
const SETTINGS: AccessLogSettings = {
  destinationArn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`,
  format: RECOMMENDED_FORMAT,
};

/** A log group that lines are written into as API Gateway writes them. */
async function logCloud(settings: AccessLogSettings | undefined = SETTINGS) {
  const cloud = await startLambdaCloud();
  onTestFinished(() => cloud.close());
  const logs = new CloudWatchLogs({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => logs.destroy());
  const place = { logGroupName: GROUP, logStreamName: "stream" };
  await logs.createLogGroup({ logGroupName: GROUP });
  await logs.createLogStream(place);
  const nowMs = cloud.clock.nowMs();
  const startMs = Math.ceil(nowMs / 60_000) * 60_000;
  await cloud.advance(startMs - nowMs);
  const write = async (atMs: number, lines: readonly string[]) => {
    const logEvents = lines.map((message) => ({ timestamp: atMs, message }));
    if (logEvents.length > 0) await logs.putLogEvents({ ...place, logEvents });
  };
  const nothing = () => Promise.reject(new Error("not asked for here"));
  const source = accessLogSource({
    ...cloud,
    settings: () => Promise.resolve(settings),
    platform: { history: nothing, read: nothing },
    custom: { count: nothing },
    lagMs: 0,
  });
  return { cloud, source, startMs, write };
}

function line(version: string, status: number, latency = "7"): string {
  return JSON.stringify({
    requestId: "r",
    deploymentId: version,
    status: String(status),
    responseLatency: latency,
  });
}

async function contractTarget() {
  const { cloud, source, startMs, write } = await logCloud();
  return {
    source,
    startMs,
    async serve(version: string, bucket: number, served: { requests: number; errors?: number }) {
      const { requests, errors = 0 } = served;
      const lines = Array.from({ length: requests }, (_, at) =>
        line(version, at < errors ? 500 : 404),
      );
      await write(startMs + bucket * 1000, lines);
    },
    pass: (buckets: number) => cloud.advance(buckets * 1000),
  };
}

metricSourceContract("access logs", contractTarget);
lateCountsContract("access logs", contractTarget);

describe("what an access log tells", () => {
  it("latencies are counted one by one, and quantiles are values that were there", async () => {
    const { cloud, source, startMs, write } = await logCloud();
    const latencies = Array.from({ length: 100 }, (_, at) => line("ab", 200, String(at + 1)));
    await write(startMs, [...latencies, line("ab", 200, "-")]);
    await cloud.advance(1000);
    const window = { fromMs: startMs, toMs: startMs + 1000 };
    const versions = [{ version: "ab", slowerThanMs: [50, 99, 100] }];
    const [bucket] = await source.count({ versions, window, custom: [] });
    expect(bucket?.counts).toEqual({ requests: 101, errors: 0, slow: [50, 1, 0] });
    const baseline = await source.baseline("ab", window);
    expect(baseline).toMatchObject({ requests: 101, window });
    expect(baseline?.latencyMs).toEqual([50, 75, 90, 95, 99, 100, 100]);
    const p99 = { kind: "builtIn", metric: "latencyP99", version: "ab" } as const;
    expect((await source.read(p99, window)).value).toBe(99);
  });

  it("pages are followed to the end", async () => {
    const { cloud, source, startMs, write } = await logCloud();
    for (let batch = 0; batch < 3; batch++) {
      await write(
        startMs + batch,
        Array.from({ length: 9000 }, () => line("ab", 200)),
      );
    }
    await cloud.advance(1000);
    const window = { fromMs: startMs, toMs: startMs + 1000 };
    const { versions } = await source.compare(["ab"], window);
    expect(versions.get("ab")?.requests).toBe(27_000);
  });

  it("a baseline is of the newest minutes, and says of which", async () => {
    const { cloud, source, startMs, write } = await logCloud();
    const day = 24 * 3_600_000;
    await cloud.advance(day);
    const endMs = startMs + day;
    await write(
      endMs - 30_000,
      Array.from({ length: 6000 }, () => line("ab", 200)),
    );
    const baseline = await source.baseline("ab", { fromMs: startMs, toMs: endMs });
    expect(baseline).toMatchObject({
      requests: 6000,
      window: { fromMs: endMs - 60_000, toMs: endMs },
    });
  });
});

describe("a log that cannot be counted from is an error", () => {
  it.each([
    ["without a log", undefined, "no access log"],
    [
      "to a delivery stream",
      { ...SETTINGS, destinationArn: "arn:aws:firehose:x" },
      "no access log",
    ],
    [
      "without the deployment",
      { ...SETTINGS, format: "$context.requestId $context.status" },
      "deploymentId",
    ],
  ] as const)("%s", async (_name, settings, said) => {
    const { cloud, startMs } = await logCloud();
    const nothing = () => Promise.reject(new Error("not asked for here"));
    const source = accessLogSource({
      ...cloud,
      settings: () => Promise.resolve(settings),
      platform: { history: nothing, read: nothing },
      custom: { count: nothing },
      lagMs: 0,
    });
    const window = { fromMs: startMs, toMs: startMs + 1000 };
    const error = await expectError(source.compare(["ab"], window), "METRICS_UNREADABLE");
    expect(error.message).toContain(said);
  });

  it("of another format", async () => {
    const { cloud, source, startMs, write } = await logCloud();
    await write(startMs, ["START RequestId: 1"]);
    await cloud.advance(1000);
    const window = { fromMs: startMs, toMs: startMs + 1000 };
    const error = await expectError(source.compare(["ab"], window), "METRICS_UNREADABLE");
    expect(error.message).toContain("START RequestId");
  });

  it("that may not be read", async () => {
    const { cloud, source, startMs } = await logCloud();
    cloud.proxy.inject(() => true, "deny");
    const window = { fromMs: startMs, toMs: startMs + 1000 };
    const error = await expectError(source.compare(["ab"], window), "AWS_DENIED");
    expect(error.hint).toContain("logs:FilterLogEvents");
  });
});

it("counts what real users of a real stage met, each deployment by itself", async () => {
  const cloud = await cloudWithStage();
  await changeApi(cloud, proxyHandler("two", 503));
  const { metrics } = apiGatewayDrivers({
    ...cloud,
    random: { next: () => 0.5 },
    target: { api: API_NAME, stage: STAGE },
    revision: { apiAsItIs: true },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    counts: true,
  });
  const driver = stageDriver(cloud);
  const fromMs = Math.floor(cloud.clock.nowMs() / 1000) * 1000;
  const prepared = await driver.prepare();
  await driver.setWeight({ ...prepared, weight: weightBps(5000) });
  const answers = await Promise.all(Array.from({ length: 100 }, () => cloud.get()));
  const failed = answers.filter((status) => status === 503).length;
  await cloud.advance(2000);
  const toMs = Math.floor(cloud.clock.nowMs() / 1000) * 1000;
  const { stable, canary } = prepared;
  const { versions } = await metrics.compare([stable, canary], { fromMs, toMs });
  expect(versions.get(stable)).toMatchObject({ requests: 100 - failed, errors: 0 });
  expect(versions.get(canary)).toMatchObject({ requests: failed, errors: failed });
  expect(failed).toBeGreaterThan(0);
});

it("has the stage's history from API Gateway's own metrics, by the API's name also when its id is given", async () => {
  const cloud = await cloudWithStage();
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const atMs = Math.floor(cloud.clock.nowMs() / 60_000) * 60_000;
  await cloud.advance(120_000);
  await setAccessLog(cloud, RECOMMENDED_FORMAT);
  for (let request = 0; request < 5; request++) await cloud.get();
  await cloud.advance(180_000);
  const { metrics } = apiGatewayDrivers({
    ...cloud,
    random: { next: () => 0.5 },
    target: { api: cloud.apiId, stage: STAGE },
    revision: { apiAsItIs: true },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    counts: true,
  });
  const spans = await metrics.history({ fromMs: atMs, toMs: atMs + 300_000 });
  expect(spans.reduce((sum, { requests }) => sum + requests, 0)).toBe(5);
});

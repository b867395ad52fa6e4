// Protects the counts that versions publish themselves: the helpers of examples/embedded-metrics run in real
// functions, and what they write comes back by the second, version and kind of start, nothing twice.
import { readFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { cloudWatchSource } from "../../src/metrics/cloudwatch-source.ts";
import { EMBEDDED_RESOLUTION_MS, embeddedCounters } from "../../src/metrics/embedded-metrics.ts";
import {
  ALIAS,
  createFunction,
  FUNCTION_NAME,
  type LambdaCloud,
  startLambdaCloud,
} from "../support/lambda-cloud.ts";
import { metricCloud, type MetricCloud } from "../support/published-metrics.ts";
import { lateCountsContract, metricSourceContract } from "./source-contract.ts";

const NAMESPACE = "Shop";
const HELPERS = new URL("../../../../examples/embedded-metrics/", import.meta.url);

function sourceOf({ cloud }: Pick<MetricCloud, "cloud">, dimensions: Record<string, string>) {
  return cloudWatchSource({
    ...cloud,
    definition: embeddedCounters({ namespace: NAMESPACE, dimensions, traffic: [] }),
    resolutionMs: EMBEDDED_RESOLUTION_MS,
    lagMs: 0,
  });
}

const BY_VERSION = { Version: "{version}" };
const BY_START = { ...BY_VERSION, Start: "{start}" };

/** As the helpers publish: one datum for each invocation, once without and once with its start. */
function invocation(version: string, start: string, atMs: number, failed: boolean) {
  const sets = [{ Version: version }, { Version: version, Start: start }];
  const values = { Requests: 1, Errors: failed ? 1 : 0, Duration: start === "cold" ? 900 : 9 };
  return sets.flatMap((dimensions) =>
    Object.entries(values).map(([metricName, value]) => ({
      namespace: NAMESPACE,
      metricName,
      dimensions,
      atMs,
      values: [value],
      resolution: 1 as const,
    })),
  );
}

async function embeddedTarget() {
  const metrics = await metricCloud();
  const { cloud, startMs, publish } = metrics;
  return {
    source: sourceOf(metrics, BY_VERSION),
    startMs,
    async serve(version: string, bucket: number, served: { requests: number; errors?: number }) {
      const { requests, errors = 0 } = served;
      const atMs = startMs + bucket * EMBEDDED_RESOLUTION_MS;
      for (let sent = 0; sent < requests; sent++) {
        await publish(...invocation(version, "warm", atMs, sent < errors));
      }
    },
    pass: (buckets: number) => cloud.advance(buckets * EMBEDDED_RESOLUTION_MS),
  };
}

metricSourceContract("embedded metrics", embeddedTarget);
lateCountsContract("embedded metrics", embeddedTarget);

describe("cold and warm starts", () => {
  async function published() {
    const metrics = await metricCloud();
    const { cloud, startMs: atMs, publish } = metrics;
    await publish(
      ...invocation("2", "cold", atMs, true),
      ...invocation("2", "warm", atMs, false),
      ...invocation("2", "warm", atMs, false),
    );
    await cloud.advance(60_000);
    return { metrics, window: { fromMs: atMs, toMs: atMs + 60_000 } };
  }

  it("are strata, and counted once", async () => {
    const { metrics, window } = await published();
    const versions = [{ version: "2", slowerThanMs: [100] }];
    const query = { versions, window, custom: [] };
    const buckets = await sourceOf(metrics, BY_START).count(query);
    expect(buckets.map(({ stratum, counts }) => [stratum, counts])).toEqual([
      ["cold", { requests: 1, errors: 1, slow: [1] }],
      ["warm", { requests: 2, errors: 0, slow: [0] }],
    ]);
    const [together, ...others] = await sourceOf(metrics, BY_VERSION).count(query);
    expect(together).toMatchObject({
      stratum: "all",
      counts: { requests: 3, errors: 1, slow: [1] },
    });
    expect(others).toEqual([]);
  });

  it("are added up where the version as a whole is meant", async () => {
    const { metrics, window } = await published();
    const source = sourceOf(metrics, BY_START);
    const { versions } = await source.compare(["2"], window);
    expect(versions.get("2")).toMatchObject({
      requests: 3,
      errors: 1,
      latency: { averageMs: 306 },
    });
    expect(await source.baseline("2", window)).toMatchObject({ requests: 3, errors: 1 });
  });
});

const PYTHON = {
  runtime: "python3.13" as const,
  files: async () => ({
    "headgate_counts.py": await readFile(new URL("headgate_counts.py", HELPERS), "utf8"),
    "app.py": `
from headgate_counts import counted

@counted("${NAMESPACE}")
def handler(event, context):
    if event.get("raise"):
        raise RuntimeError("as asked")
    return {"statusCode": event.get("status", 200)}
`,
  }),
};
const NODE = {
  runtime: "nodejs24.x" as const,
  files: async () => ({
    "headgate-counts.mjs": await readFile(new URL("headgate-counts.mjs", HELPERS), "utf8"),
    "app.mjs": `
import { counted } from "./headgate-counts.mjs";

export const handler = counted("${NAMESPACE}", async (event) => {
  if (event.raise) throw new Error("as asked");
  return { statusCode: event.status ?? 200 };
});
`,
  }),
};

async function invoke({ lambda }: LambdaCloud, event: object) {
  return lambda.invoke({
    FunctionName: FUNCTION_NAME,
    Qualifier: ALIAS,
    Payload: JSON.stringify(event),
  });
}

describe.each([
  ["Python", PYTHON],
  ["Node", NODE],
])("the helper for %s", (_, { runtime, files }) => {
  it("counts what a real function answered, and changes nothing of it", async () => {
    const cloud = await startLambdaCloud();
    onTestFinished(() => cloud.close());
    // The function's own clock is the machine's; the cloud's starts there, and only ever moves ahead.
    const fromMs = Math.floor(cloud.clock.nowMs() / 1000) * 1000;
    await createFunction(cloud, await files(), runtime);
    const ok = await invoke(cloud, {});
    expect(JSON.parse(ok.Payload?.transformToString() ?? "")).toEqual({ statusCode: 200 });
    await invoke(cloud, { status: 503 });
    await invoke(cloud, { status: 404 });
    const raised = await invoke(cloud, { raise: true });
    expect(raised.FunctionError).toBe("Unhandled");
    expect(raised.Payload?.transformToString()).toContain("as asked");

    const window = { fromMs, toMs: fromMs + 600_000 };
    const versions = [{ version: "1", slowerThanMs: [0.000_001, 600_000] }];
    const buckets = await sourceOf({ cloud }, BY_START).count({ versions, window, custom: [] });
    const sums = (stratum: string) => {
      const counted = buckets.filter((bucket) => bucket.stratum === stratum);
      const sum = (pick: (bucket: (typeof counted)[number]) => number) =>
        counted.reduce((total, bucket) => total + pick(bucket), 0);
      return {
        requests: sum(({ counts }) => counts.requests),
        errors: sum(({ counts }) => counts.errors),
        slow: [0, 1].map((index) => sum(({ counts }) => counts.slow?.[index] ?? Number.NaN)),
      };
    };
    expect(sums("cold")).toEqual({ requests: 1, errors: 0, slow: [1, 0] });
    expect(sums("warm")).toEqual({ requests: 3, errors: 2, slow: [3, 0] });
    for (const bucket of buckets) expect(bucket.toMs - bucket.fromMs).toBe(1000);
  });
});

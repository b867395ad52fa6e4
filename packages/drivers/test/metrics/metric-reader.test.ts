// Protects the cost and the completeness of reading: one request for all that is read at once, every page
// of an answer, and that one rollout's wrong metric does not stop another's.
import { expect, it } from "vitest";
import {
  createMetricReader,
  type Series,
  sharedMetricReader,
} from "../../src/metrics/metric-reader.ts";
import { expectError } from "../support/expect-error.ts";
import type { LambdaCloud } from "../support/lambda-cloud.ts";
import { metricCloud } from "../support/published-metrics.ts";

const MINUTE = 60_000;

function series(metricName: string, statistic = "Sum"): Series {
  return { namespace: "Test", metricName, dimensions: { Version: "1" }, statistic };
}

/** How many requests came to the cloud; what a test arranges goes past the proxy. */
function requestsTo({ proxy }: LambdaCloud): number {
  return proxy.seen.length;
}

async function cloudWithSamples() {
  const { cloud, startMs, publish } = await metricCloud();
  const sample = { namespace: "Test", dimensions: { Version: "1" }, atMs: startMs };
  await publish(
    { ...sample, metricName: "Requests", values: [1, 1] },
    { ...sample, metricName: "Errors", values: [0, 1] },
  );
  await cloud.advance(MINUTE);
  const span = { fromMs: startMs, toMs: startMs + MINUTE, periodMs: MINUTE };
  return { cloud, span };
}

it("sends all reads of one turn over one window as one request", async () => {
  const { cloud, span } = await cloudWithSamples();
  const reader = createMetricReader(cloud);
  const found = await Promise.all([
    reader.read([series("Requests"), series("Errors")], span),
    reader.read([series("Requests", "SampleCount"), series("Requests")], span),
    reader.read([series("None")], span),
  ]);
  const at = (value: number) => new Map([[span.fromMs, value]]);
  expect(found).toEqual([[at(2), at(1)], [at(2), at(2)], [new Map()]]);
  expect(requestsTo(cloud)).toBe(1);
});

it("is shared by all who have the same clients", async () => {
  const { cloud, span } = await cloudWithSamples();
  await Promise.all([
    sharedMetricReader({ ...cloud }).read([series("Requests")], span),
    sharedMetricReader({ ...cloud }).read([series("Errors")], span),
  ]);
  expect(requestsTo(cloud)).toBe(1);
});

it("asks for other windows, and in another turn, by themselves", async () => {
  const { cloud, span } = await cloudWithSamples();
  const reader = createMetricReader(cloud);
  const before = { ...span, fromMs: span.fromMs - MINUTE, toMs: span.fromMs };
  await Promise.all([
    reader.read([series("Requests")], span),
    reader.read([series("Requests")], before),
  ]);
  expect(requestsTo(cloud)).toBe(2);
  await reader.read([series("Requests")], span);
  expect(requestsTo(cloud)).toBe(3);
});

it("puts at most 500 queries into a request, each different one once", async () => {
  const { cloud, span } = await cloudWithSamples();
  const reader = createMetricReader(cloud);
  const many = Array.from({ length: 501 }, (_, index) =>
    series(index === 500 ? "Requests" : `M${index}`),
  );
  const [exact] = await Promise.all([
    reader.read(many.slice(0, 500), span),
    reader.read(many.slice(0, 250), span),
  ]);
  expect(exact).toHaveLength(500);
  expect(requestsTo(cloud)).toBe(1);
  const answers = await reader.read(many, span);
  expect(answers.at(-1)).toEqual(new Map([[span.fromMs, 2]]));
  expect(requestsTo(cloud)).toBe(3);
});

it("sends nothing when nothing is asked for", async () => {
  const { cloud, span } = await cloudWithSamples();
  const reader = createMetricReader(cloud);
  expect(await reader.read([], span)).toEqual([]);
  expect(await reader.read([series("Requests")], { ...span, toMs: span.fromMs })).toEqual([
    new Map(),
  ]);
  expect(requestsTo(cloud)).toBe(0);
});

it("follows an answer in several pages to its end", async () => {
  const { cloud, startMs, publish } = await metricCloud();
  // One page holds 100 800 values: 21 series of 5000 seconds are more.
  const SECONDS = 5000;
  const samples = Array.from({ length: SECONDS }, (_, second) => ({
    namespace: "Test",
    metricName: "Duration",
    dimensions: { Version: "1" },
    atMs: startMs + second * 1000,
    values: [second],
    resolution: 1 as const,
  }));
  await publish(...samples);
  await cloud.advance(SECONDS * 1000);
  const span = { fromMs: startMs, toMs: startMs + SECONDS * 1000, periodMs: 1000 };
  const asked = Array.from({ length: 21 }, (_, index) => series("Duration", `p${index + 1}`));
  const answers = await createMetricReader(cloud).read(asked, span);
  expect(requestsTo(cloud)).toBeGreaterThan(1);
  for (const values of answers) {
    expect(values.size).toBe(SECONDS);
    expect(values.get(startMs + 1_234_000)).toBe(1234);
  }
});

/** What CloudWatch answers for the first, second, ... query. */
function answering(
  cloud: LambdaCloud,
  results: readonly { readonly status: string; readonly value: number }[],
  rest: Readonly<Record<string, unknown>> = {},
) {
  const MetricDataResults = results.map(({ status, value }, index) => ({
    Id: `q${index}`,
    Label: `metric ${index}`,
    StatusCode: status,
    Timestamps: [cloud.clock.nowMs() / 1000],
    Values: [value],
  }));
  cloud.proxy.inject(() => true, { status: 200, body: { MetricDataResults, ...rest } });
}

it("takes a part of the values for an error, not for few", async () => {
  const { cloud, span } = await cloudWithSamples();
  answering(cloud, [{ status: "PartialData", value: 1 }]);
  const read = createMetricReader(cloud).read([series("Requests")], span);
  const error = await expectError(read, "AWS_UNREACHABLE");
  expect(error.message).toBe("CloudWatch gave only a part of metric 0 and no more of it");
});

it("does not turn in circles when CloudWatch gives the same page for ever", async () => {
  const { cloud, span } = await cloudWithSamples();
  for (const value of [1, 2]) {
    answering(cloud, [{ status: "PartialData", value }], { NextToken: "again" });
  }
  const read = createMetricReader(cloud).read([series("Requests")], span);
  const error = await expectError(read, "AWS_UNREACHABLE");
  expect(error.message).toContain("the same page again");
});

it.each([
  ["Forbidden", "AWS_DENIED"],
  ["InternalError", "AWS_UNREACHABLE"],
] as const)("lets a metric that is %s fail for those who asked for it", async (status, code) => {
  const { cloud, span } = await cloudWithSamples();
  answering(cloud, [
    { status: "Complete", value: 5 },
    { status, value: 0 },
  ]);
  const reader = createMetricReader(cloud);
  const mine = reader.read([series("Requests")], span);
  const theirs = reader.read([series("Requests"), series("Secret")], span);
  const error = await expectError(theirs, code);
  expect(error.message).toContain("metric 1");
  expect([...((await mine)[0]?.values() ?? [])]).toEqual([5]);
  expect(requestsTo(cloud)).toBe(1);
});

it("lets one wrong metric fail alone", async () => {
  const { cloud, span } = await cloudWithSamples();
  const reader = createMetricReader(cloud);
  const wrong = reader.read([series("Requests", "nonsense")], span);
  const right = reader.read([series("Requests")], span);
  const error = await expectError(wrong, "AWS_REFUSED");
  expect(error.message).toContain("nonsense");
  expect((await right)[0]?.get(span.fromMs)).toBe(2);
});

it("tells everybody who asked when reading is not allowed", async () => {
  const { cloud, span } = await cloudWithSamples();
  const reader = createMetricReader(cloud);
  cloud.proxy.inject(() => true, "deny", Infinity);
  const reads = ["Requests", "Errors"].map((name) => reader.read([series(name)], span));
  const errors = await Promise.all(reads.map((read) => expectError(read, "AWS_DENIED")));
  expect(errors).toHaveLength(2);
});

// Protects what counting costs: CloudWatch charges for every metric asked for, so latency is asked for
// only where there are thresholds, and each threshold once. And that its answers agree with each other.
import { expect, it } from "vitest";
import { readBuckets } from "../../src/metrics/cloudwatch-counts.ts";
import { lambdaAliasCounters } from "../../src/metrics/cloudwatch-lambda.ts";
import type { MetricReader, Series } from "../../src/metrics/metric-reader.ts";

const SPAN = { fromMs: 0, toMs: 60_000, periodMs: 60_000 };
const LAMBDA = lambdaAliasCounters({ functionName: "shop", alias: "live" });

/** The metrics that a read asks for, by name and statistic. */
async function askedFor(slowerThanMs: readonly number[]): Promise<readonly string[]> {
  const asked: Series[] = [];
  const reader: MetricReader = {
    read(series) {
      asked.push(...series);
      return Promise.resolve(series.map(() => new Map<number, number>()));
    },
  };
  const versions = [{ version: "7", slowerThanMs }];
  await readBuckets(reader, LAMBDA, { versions, window: SPAN, custom: [] }, SPAN);
  for (const { namespace, dimensions } of asked) {
    expect(namespace).toBe("AWS/Lambda");
    expect(dimensions).toEqual({
      FunctionName: "shop",
      Resource: "shop:live",
      ExecutedVersion: "7",
    });
  }
  return asked.map(({ metricName, statistic }) => `${metricName} ${statistic}`);
}

it("asks for requests and errors alone without thresholds", async () => {
  expect(await askedFor([])).toEqual(["Invocations Sum", "Errors Sum"]);
});

it("asks for a trimmed count above each threshold, in digits that CloudWatch takes", async () => {
  expect(await askedFor([100, 12 * 2 ** (1 / 8), 1e-7])).toEqual([
    "Invocations Sum",
    "Errors Sum",
    "Duration SampleCount",
    "Duration TC(100:)",
    "Duration TC(13.086092792:)",
    "Duration TC(0.0000001:)",
  ]);
});

it("never has more requests above a longer threshold, whatever the single answers say", async () => {
  const values: Readonly<Record<string, number>> = {
    "Invocations Sum": 10,
    "Duration SampleCount": 10,
    "Duration TC(1:)": 4,
    "Duration TC(2:)": 5,
    "Duration TC(3:)": 3,
  };
  const reader: MetricReader = {
    read: (series) =>
      Promise.resolve(
        series.map(({ metricName, statistic }) => {
          const value = values[`${metricName} ${statistic}`];
          return new Map(value === undefined ? [] : [[0, value]]);
        }),
      ),
  };
  const versions = [{ version: "7", slowerThanMs: [1, 2, 3, 4] }];
  const query = { versions, window: SPAN, custom: [] };
  const [bucket] = await readBuckets(reader, LAMBDA, query, SPAN);
  expect(bucket?.counts).toEqual({ requests: 10, errors: 0, slow: [4, 4, 3, 0] });
});

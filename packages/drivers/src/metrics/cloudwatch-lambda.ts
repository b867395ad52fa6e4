import {
  type Comparison,
  type MetricQuery,
  type MetricSource,
  type MetricWindow,
  type Reading,
  type VersionCounts,
  type VersionId,
} from "@headgate/core";
import { createMetricReader, type MetricReader } from "./metric-reader.ts";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import { type Bucketed, mean, overall, sum } from "./buckets.ts";

export interface LambdaMetricsOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly functionName: string;
  readonly alias: string;
  /** How fine the platform counts. AWS: 60 s (the default). A local cloud: down to 1 s. */
  readonly resolutionMs?: number;
  /** How late a minute is complete. AWS names no bound; two minutes is what is usually seen. */
  readonly lagMs?: number;
}

/** Source: AWS docs, monitoring-metrics: Lambda sends metric data in intervals of one minute. */
const AWS_RESOLUTION_MS = 60_000;
/** Unverified: AWS documents no bound for when a minute is complete. */
const AWS_LAG_MS = 120_000;

/**
 * Requests, errors and durations per version, as Lambda counts them for requests that came through
 * the alias: dimensions FunctionName, Resource `function:alias` and ExecutedVersion. Both versions of
 * a weighted alias appear there, stable included; invocations of a bare version do not, so a probe
 * never counts. Source: AWS docs, monitoring-metrics.
 */
export function lambdaMetrics(options: LambdaMetricsOptions): MetricSource {
  const { functionName, alias, resolutionMs = AWS_RESOLUTION_MS, lagMs = AWS_LAG_MS } = options;
  const reader = createMetricReader({ ...options, resolutionMs });
  const countsOf = (versions: readonly VersionId[], window: MetricWindow) =>
    readCounts(reader, { functionName, alias, versions, window });
  return {
    resolutionMs,
    lagMs,
    async compare(versions, window): Promise<Comparison> {
      return { window, versions: await countsOf(versions, window) };
    },
    async read(query, window) {
      if (query.kind === "cloudWatch") return readCustom(reader, query, window);
      const counts = await countsOf([query.version], window);
      return readingOf(query, counts.get(query.version));
    },
  };
}

/** The statistics fetched per version, in the order of the answers. */
const STATISTICS = [
  ["Invocations", "Sum"],
  ["Errors", "Sum"],
  ["Duration", "SampleCount"],
  ["Duration", "Sum"],
  ["Duration", "p50"],
  ["Duration", "p99"],
] as const;

async function readCounts(
  reader: MetricReader,
  scope: {
    readonly functionName: string;
    readonly alias: string;
    readonly versions: readonly VersionId[];
    readonly window: MetricWindow;
  },
): Promise<ReadonlyMap<VersionId, VersionCounts>> {
  const { functionName, alias, versions, window } = scope;
  const series = versions.flatMap((version) =>
    STATISTICS.map(([metricName, statistic]) => ({
      namespace: "AWS/Lambda",
      metricName,
      statistic,
      dimensions: {
        FunctionName: functionName,
        Resource: `${functionName}:${alias}`,
        ExecutedVersion: version,
      },
    })),
  );
  const answers = await reader.read(series, window);
  const counts = new Map<VersionId, VersionCounts>();
  for (const [index, version] of versions.entries()) {
    const start = index * STATISTICS.length;
    const counted = countsIn(answers.slice(start, start + STATISTICS.length));
    if (counted !== undefined) counts.set(version, counted);
  }
  return counts;
}

/** Undefined when nothing was counted: silence is not zero errors. */
function countsIn(answers: readonly Bucketed[]): VersionCounts | undefined {
  const [invocations, errors, samples, total, p50, p99] = answers;
  const requests = sum(invocations);
  if (requests === undefined || requests === 0) return undefined;
  // Lambda sends a zero with every success, so nothing at all means no error.
  const counts = { requests, errors: sum(errors) ?? 0 };
  const averageMs = mean(total, samples);
  const p50Ms = overall("p50", p50, samples);
  const p99Ms = overall("p99", p99, samples);
  if (averageMs === undefined || p50Ms === undefined || p99Ms === undefined) return counts;
  return { ...counts, latency: { p50Ms, p99Ms, averageMs } };
}

type BuiltInQuery = Extract<MetricQuery, { readonly kind: "builtIn" }>;

/** `errorRate` is in percent, 0 to 100; latencies are in milliseconds. */
function readingOf({ metric, version }: BuiltInQuery, counts: VersionCounts | undefined): Reading {
  if (counts === undefined)
    return { value: undefined, detail: `no requests to version ${version}` };
  const { requests, errors, latency } = counts;
  const errorsOf = `${counted(errors, "error")} in ${counted(requests, "request")} to version ${version}`;
  const latencyReading = (value: number | undefined): Reading => ({
    value,
    detail:
      value === undefined
        ? `no durations of version ${version}`
        : `${value.toFixed(1)} ms over ${counted(requests, "request")} to version ${version}`,
  });
  switch (metric) {
    case "errorRate":
      return { value: (100 * errors) / requests, detail: errorsOf };
    case "errors":
      return { value: errors, detail: errorsOf };
    case "requests":
      return { value: requests, detail: `${counted(requests, "request")} to version ${version}` };
    case "latencyP50":
      return latencyReading(latency?.p50Ms);
    case "latencyP99":
      return latencyReading(latency?.p99Ms);
    case "latencyAverage":
      return latencyReading(latency?.averageMs);
    default:
      return metric satisfies never;
  }
}

/** "1 error", "2 errors". */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function readCustom(
  reader: MetricReader,
  query: Extract<MetricQuery, { readonly kind: "cloudWatch" }>,
  window: MetricWindow,
): Promise<Reading> {
  const { statistic, metricName } = query;
  const [values, samples] = await reader.read(
    [query, { ...query, statistic: "SampleCount" }],
    window,
  );
  const value = overall(statistic, values, samples);
  const count = sum(samples);
  return {
    value,
    detail:
      value === undefined
        ? `no data for ${metricName}`
        : `${statistic} of ${metricName} is ${value} over ${count ?? 0} samples`,
  };
}

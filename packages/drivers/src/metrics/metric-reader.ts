import type { MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { type MetricWindow, RolloutError } from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import type { Bucketed } from "./buckets.ts";

/** One metric with one statistic. */
interface Series {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** "Sum", "Average", "p99", ... */
  readonly statistic: string;
}

export interface MetricReader {
  /** One map per series, in the order given; empty when there was no data. */
  read(series: readonly Series[], window: MetricWindow): Promise<readonly Bucketed[]>;
}

/** Source: AWS docs, API_GetMetricData. */
const QUERIES_PER_REQUEST = 500;
/** The controller waits 15 s for a measurement. */
const READ_MS = 12_000;
/** More periods than this are merged into longer ones: a day of minutes. */
const PERIODS_MAX = 1440;
const MINUTE_MS = 60_000;
/** The periods below a minute; above, every whole minute. Source: AWS docs, API_MetricStat. */
const FINE_PERIODS_MS = [1000, 5000, 10_000, 30_000];

export function createMetricReader(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly resolutionMs: number;
}): MetricReader {
  const { clients, run, resolutionMs } = parts;
  const fetch = async (queries: MetricDataQuery[], window: MetricWindow) => {
    const cloudWatch = await clients.cloudWatch();
    const subject = "metrics of the rollout";
    const results: MetricDataResult[] = [];
    let token: string | undefined;
    do {
      const input = {
        MetricDataQueries: queries,
        StartTime: new Date(window.fromMs),
        EndTime: new Date(window.toMs),
        NextToken: token,
      };
      const page = await run(
        { action: "cloudwatch:GetMetricData", subject },
        (abortSignal) => cloudWatch.getMetricData(input, { abortSignal }),
        { deadlineMs: READ_MS },
      );
      results.push(...(page.MetricDataResults ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    return results;
  };
  return {
    async read(series, window) {
      const aligned = alignWindow(window, resolutionMs);
      const buckets = series.map(() => new Map<number, number>());
      if (aligned.toMs <= aligned.fromMs) return buckets;
      const queries = series.map((one, index) => queryFor(one, index, aligned.periodMs));
      for (let start = 0; start < queries.length; start += QUERIES_PER_REQUEST) {
        const results = await fetch(queries.slice(start, start + QUERIES_PER_REQUEST), aligned);
        for (const result of results) addTo(buckets, result);
      }
      return buckets;
    },
  };
}

interface AlignedWindow extends MetricWindow {
  readonly periodMs: number;
}

/**
 * Both ends moved down to a whole period. So windows that follow one another neither overlap nor leave
 * a gap, and a period that is not over is never read: its count would only seem low.
 */
export function alignWindow({ fromMs, toMs }: MetricWindow, resolutionMs: number): AlignedWindow {
  const periodMs = periodFor(toMs - fromMs, resolutionMs);
  const down = (ms: number) => Math.floor(ms / periodMs) * periodMs;
  return { fromMs: down(fromMs), toMs: down(toMs), periodMs };
}

/** The shortest period that CloudWatch takes, that the platform counts by and that gives few enough. */
function periodFor(spanMs: number, resolutionMs: number): number {
  const leastMs = Math.max(resolutionMs, spanMs / PERIODS_MAX);
  const fine = FINE_PERIODS_MS.find((ms) => ms >= leastMs && ms % resolutionMs === 0);
  return fine ?? Math.ceil(leastMs / MINUTE_MS) * MINUTE_MS;
}

function queryFor(series: Series, index: number, periodMs: number): MetricDataQuery {
  const { namespace, metricName, dimensions, statistic } = series;
  return {
    Id: `q${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodMs / 1000,
      Stat: statistic,
    },
  };
}

/** A result can come in several pages under one id. */
function addTo(buckets: readonly Map<number, number>[], result: MetricDataResult): void {
  const { Id = "", Timestamps = [], Values = [], StatusCode, Messages } = result;
  if (StatusCode === "InternalError" || StatusCode === "Forbidden") {
    const said = Messages?.map(({ Value }) => Value ?? "").join("; ") || StatusCode;
    throw new RolloutError(
      StatusCode === "Forbidden" ? "AWS_DENIED" : "AWS_UNREACHABLE",
      `CloudWatch could not read a metric: ${said}`,
      { hint: "Look at the metric in the CloudWatch console; allow cloudwatch:GetMetricData." },
    );
  }
  const bucket = buckets[Number(Id.slice(1))];
  for (const [index, timestamp] of Timestamps.entries()) {
    const value = Values[index];
    if (value !== undefined) bucket?.set(timestamp.getTime(), value);
  }
}

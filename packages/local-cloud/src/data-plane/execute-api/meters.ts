import type { Dimension, MetricSeries, MetricSink, Place } from "../../telemetry/metric-sink.ts";

/** What one answered request counts as. */
export interface Measurement {
  readonly atMs: number;
  readonly status: number;
  /** Real milliseconds inside the gateway. */
  readonly latencyMs: number;
  /** Undefined when no backend was called. */
  readonly integrationMs: number | undefined;
  /** Undefined when the cache was not asked. */
  readonly cache: "hit" | "miss" | undefined;
}

/** The series of AWS/ApiGateway for one set of dimensions, found once. */
interface Series {
  readonly count: MetricSeries;
  readonly clientErrors: MetricSeries;
  readonly serverErrors: MetricSeries;
  readonly latency: MetricSeries;
  readonly integrationLatency: MetricSeries;
  readonly cacheHits: MetricSeries;
  readonly cacheMisses: MetricSeries;
}

/**
 * Writes each request into every set of dimensions that it belongs to.
 * Source: AWS docs, "Amazon API Gateway dimensions and metrics". An error metric gets a 0 for each request
 * without that error, so its average is the error rate; the cache metrics get one for each request that
 * asked the cache.
 */
export class Meters {
  readonly #sink: MetricSink;
  readonly #place: Place;
  readonly #sets: readonly Series[];

  constructor(sink: MetricSink, place: Place, sets: readonly (readonly Dimension[])[]) {
    this.#sink = sink;
    this.#place = place;
    this.#sets = sets.map((dimensions) => this.#open(dimensions));
  }

  record({ atMs, status, latencyMs, integrationMs, cache }: Measurement): void {
    const isServerError = status >= 500;
    const isClientError = !isServerError && status >= 400;
    for (const series of this.#sets) {
      series.count.record(1, atMs);
      series.clientErrors.record(isClientError ? 1 : 0, atMs);
      series.serverErrors.record(isServerError ? 1 : 0, atMs);
      series.latency.record(Math.round(latencyMs), atMs);
      if (integrationMs !== undefined) {
        series.integrationLatency.record(Math.round(integrationMs), atMs);
      }
      if (cache !== undefined) {
        series.cacheHits.record(cache === "hit" ? 1 : 0, atMs);
        series.cacheMisses.record(cache === "miss" ? 1 : 0, atMs);
      }
    }
  }

  #open(dimensions: readonly Dimension[]): Series {
    const series = (metricName: string, unit: string) =>
      this.#sink.series(this.#place, { namespace: "AWS/ApiGateway", metricName, dimensions, unit });
    return {
      count: series("Count", "Count"),
      clientErrors: series("4XXError", "Count"),
      serverErrors: series("5XXError", "Count"),
      latency: series("Latency", "Milliseconds"),
      integrationLatency: series("IntegrationLatency", "Milliseconds"),
      cacheHits: series("CacheHitCount", "Count"),
      cacheMisses: series("CacheMissCount", "Count"),
    };
  }
}

export function stageDimensions(apiName: string, stageName: string): Dimension[][] {
  const api = { Name: "ApiName", Value: apiName };
  return [[api], [api, { Name: "Stage", Value: stageName }]];
}

export function methodDimensions(
  apiName: string,
  stageName: string,
  method: string,
  resource: string,
): Dimension[][] {
  return [
    [
      { Name: "ApiName", Value: apiName },
      { Name: "Method", Value: method },
      { Name: "Resource", Value: resource },
      { Name: "Stage", Value: stageName },
    ],
  ];
}

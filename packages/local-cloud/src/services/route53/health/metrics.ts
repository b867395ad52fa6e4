import type { MetricSeries, MetricSink } from "../../../telemetry/metric-sink.ts";

/** Where Route 53's metrics are, whatever region one calls from. Source: AWS docs, "Monitoring health checks using CloudWatch". */
const METRIC_REGION = "us-east-1";

/** The metrics of health checks, by HealthCheckId. Source: the same page. */
export class CheckMeter {
  readonly #sink: MetricSink;
  readonly #series = new Map<string, MetricSeries>();

  constructor(sink: MetricSink) {
    this.#sink = sink;
  }

  measure(
    account: string,
    checkId: string,
    seen: {
      readonly isHealthy: boolean;
      /** Of a calculated check. */
      readonly healthyChildren: number | undefined;
      readonly atMs: number;
    },
  ): void {
    const write = (metricName: string, value: number, unit: string) =>
      this.#of(account, checkId, metricName, unit).record(value, seen.atMs);
    const isHealthy = seen.isHealthy ? 1 : 0;
    write("HealthCheckStatus", isHealthy, "None");
    if (seen.healthyChildren === undefined) {
      // One checker stands for all of AWS's.
      write("HealthCheckPercentageHealthy", isHealthy * 100, "Percent");
    } else write("ChildHealthCheckHealthyCount", seen.healthyChildren, "Count");
  }

  #of(account: string, checkId: string, metricName: string, unit: string): MetricSeries {
    const key = `${account}/${checkId}/${metricName}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const dimensions = [{ Name: "HealthCheckId", Value: checkId }];
    const place = { account, region: METRIC_REGION };
    const id = { namespace: "AWS/Route53", metricName, dimensions, unit };
    const series = this.#sink.series(place, id);
    this.#series.set(key, series);
    return series;
  }
}

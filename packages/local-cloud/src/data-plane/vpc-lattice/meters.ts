import type { Dimension, MetricSeries, MetricSink, Place } from "../../telemetry/metric-sink.ts";

/** What one answered request counts as. */
export interface Measurement {
  readonly atMs: number;
  readonly status: number;
  /** Real milliseconds. */
  readonly requestMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** For the access log's and the metrics' sake: why Lattice itself answered. */
  readonly failureReason: string | undefined;
}

/**
 * AWS/VpcLattice, by service and by target group, each also by zone.
 * Source: AWS docs, "CloudWatch metrics for Amazon VPC Lattice".
 */
export class Meters {
  readonly #sink: MetricSink;
  readonly #series = new Map<string, MetricSeries>();

  constructor(sink: MetricSink) {
    this.#sink = sink;
  }

  service(place: Place, serviceId: string, measured: Measurement): void {
    const write = this.#writer(place, { Name: "Service", Value: serviceId }, measured.atMs);
    this.#request(write, measured);
    if (measured.status === 504) write("RequestTimeoutCount", 1, "Count");
  }

  group(place: Place, groupId: string, measured: Measurement): void {
    const write = this.#writer(place, { Name: "TargetGroup", Value: groupId }, measured.atMs);
    this.#request(write, measured);
    write("TotalReceivedConnectionBytes", measured.bytesReceived, "Bytes");
    write("TotalSentConnectionBytes", measured.bytesSent, "Bytes");
    if (measured.failureReason === "TargetConnectionError")
      write("ConnectionErrorCount", 1, "Count");
    if (measured.failureReason === "TargetConnectionTimeout") {
      write("ConnectionTimeoutCount", 1, "Count");
    }
  }

  /** How many requests a group has open, counted when one begins. */
  began(place: Place, groupId: string, active: number, atMs: number): void {
    const write = this.#writer(place, { Name: "TargetGroup", Value: groupId }, atMs);
    write("ActiveRequestCount", active, "Count");
  }

  /** A connection to a target was opened. */
  connected(place: Place, groupId: string, atMs: number): void {
    const write = this.#writer(place, { Name: "TargetGroup", Value: groupId }, atMs);
    write("TotalConnectionCount", 1, "Count");
    write("HTTP1_ConnectionCount", 1, "Count");
  }

  #request(write: Write, { status, requestMs }: Measurement): void {
    write("TotalRequestCount", 1, "Count");
    write("RequestTime", requestMs, "Milliseconds");
    const hundreds = Math.floor(status / 100);
    if (hundreds >= 2 && hundreds <= 5) write(`HTTPCode_${hundreds}XX_Count`, 1, "Count");
  }

  /** Writes into both sets of dimensions. Series are found once. */
  #writer(place: Place, own: Dimension, atMs: number): Write {
    const zone = { Name: "AvailabilityZone", Value: `${place.region}a` };
    return (metricName, value, unit) => {
      for (const dimensions of [[own], [own, zone]]) {
        const key = [place.account, place.region, own.Value, metricName, dimensions.length].join(
          "/",
        );
        const series =
          this.#series.get(key) ??
          this.#sink.series(place, { namespace: "AWS/VpcLattice", metricName, dimensions, unit });
        this.#series.set(key, series);
        series.record(value, atMs);
      }
    };
  }
}

type Write = (metricName: string, value: number, unit: string) => void;

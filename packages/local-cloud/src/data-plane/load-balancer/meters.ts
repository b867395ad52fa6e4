import type { Dimension, MetricSeries, MetricSink, Place } from "../../telemetry/metric-sink.ts";
import type { ConnectionUse } from "./clients.ts";
import type { Exchange } from "./exchange.ts";
import type { LiveBalancer } from "./live-balancers.ts";

/** The values of the dimensions: the last parts of the ARNs. */
interface Dimensions {
  readonly balancer: string;
  readonly group: string;
}

/**
 * AWS/ApplicationELB, by load balancer and by target group, each also by zone.
 * Source: AWS docs, "CloudWatch metrics for your Application Load Balancer".
 */
export class BalancerMeters {
  readonly #sink: MetricSink;
  readonly #meters = new Map<string, Meter>();

  constructor(sink: MetricSink) {
    this.#sink = sink;
  }

  /** @param status what the client got. */
  request(exchange: Exchange, status: number, processedBytes: number): void {
    const { balancer, group, chosen, startedAtMs: atMs, targetMs, targetStatus } = exchange;
    const own = this.#own(balancer);
    if (targetStatus === undefined) ownCodes(own, status, atMs);
    if (processedBytes > 0) own.write("ProcessedBytes", processedBytes, "Bytes", atMs);
    if (group === undefined || chosen === undefined) return;
    const its = this.#both(balancer, group.dimension);
    for (const meter of [own, its]) {
      meter.write("RequestCount", 1, "Count", atMs);
      if (targetStatus !== undefined) {
        const hundreds = Math.floor(targetStatus / 100);
        const name = TARGET_CODES[hundreds];
        if (name !== undefined) meter.write(name, 1, "Count", atMs);
        if (targetMs !== undefined) {
          meter.write("TargetResponseTime", targetMs / 1000, "Seconds", atMs);
        }
      }
      const trouble = troubleName(exchange);
      if (trouble !== undefined) meter.write(trouble, 1, "Count", atMs);
    }
    if (group.type === "lambda" && processedBytes > 0) {
      own.write("LambdaTargetProcessedBytes", processedBytes, "Bytes", atMs);
    }
    const healthy = group.targets.reduce((sum, { isHealthy }) => sum + (isHealthy ? 1 : 0), 0);
    this.#perTarget(balancer, group.dimension).write(
      "RequestCountPerTarget",
      1 / Math.max(1, healthy),
      "Count",
      atMs,
    );
  }

  /** A request that was none: refused before it was whole. */
  refused(balancer: LiveBalancer, status: number, atMs: number): void {
    ownCodes(this.#own(balancer), status, atMs);
  }

  /** What was answered without a target. */
  action({ balancer, startedAtMs }: Exchange, kind: "redirect" | "fixedResponse"): void {
    const name = kind === "redirect" ? "HTTP_Redirect_Count" : "HTTP_Fixed_Response_Count";
    this.#own(balancer).write(name, 1, "Count", startedAtMs);
  }

  /** So that the sum over a minute is how many connections were used in it. */
  connection(balancer: LiveBalancer, use: ConnectionUse, atMs: number): void {
    if (!use.isFirstInMinute) return;
    this.#own(balancer).write("ActiveConnectionCount", 1, "Count", atMs);
    if (use.isNew) this.#own(balancer).write("NewConnectionCount", 1, "Count", atMs);
  }

  hosts(
    place: Place,
    { balancer, group }: Dimensions,
    counted: { readonly atMs: number; readonly healthy: number; readonly unhealthy: number },
  ): void {
    const both = bothDimensions(balancer, group);
    const meter = this.#meter("hosts", place, group, () => zoned(both, `${place.region}a`));
    meter.write("HealthyHostCount", counted.healthy, "Count", counted.atMs);
    meter.write("UnHealthyHostCount", counted.unhealthy, "Count", counted.atMs);
  }

  #own({ place, dimension, zone }: LiveBalancer): Meter {
    const own = { Name: "LoadBalancer", Value: dimension };
    return this.#meter("own", place, dimension, () => zoned([own], zone));
  }

  #both({ place, dimension, zone }: LiveBalancer, group: string): Meter {
    return this.#meter("both", place, group, () => zoned(bothDimensions(dimension, group), zone));
  }

  #perTarget({ place, dimension }: LiveBalancer, group: string): Meter {
    return this.#meter("perTarget", place, group, () => [
      bothDimensions(dimension, group),
      [{ Name: "TargetGroup", Value: group }],
    ]);
  }

  /** Series are found once: the parts of the ARNs carry ids that are not used again. */
  #meter(
    kind: string,
    place: Place,
    name: string,
    sets: () => readonly (readonly Dimension[])[],
  ): Meter {
    const key = `${kind} ${name} ${place.account} ${place.region}`;
    let meter = this.#meters.get(key);
    if (meter === undefined) {
      meter = new Meter(this.#sink, place, sets());
      this.#meters.set(key, meter);
    }
    return meter;
  }
}

/** Writes each value into every set of dimensions. */
class Meter {
  readonly #sink: MetricSink;
  readonly #place: Place;
  readonly #sets: readonly (readonly Dimension[])[];
  readonly #series = new Map<string, readonly MetricSeries[]>();

  constructor(sink: MetricSink, place: Place, sets: readonly (readonly Dimension[])[]) {
    this.#sink = sink;
    this.#place = place;
    this.#sets = sets;
  }

  write(metricName: string, value: number, unit: string, atMs: number): void {
    let all = this.#series.get(metricName);
    if (all === undefined) {
      all = this.#sets.map((dimensions) =>
        this.#sink.series(this.#place, {
          namespace: "AWS/ApplicationELB",
          metricName,
          dimensions,
          unit,
        }),
      );
      this.#series.set(metricName, all);
    }
    for (const series of all) series.record(value, atMs);
  }
}

/** By the status's first digit. */
const TARGET_CODES: readonly (string | undefined)[] = [
  undefined,
  undefined,
  "HTTPCode_Target_2XX_Count",
  "HTTPCode_Target_3XX_Count",
  "HTTPCode_Target_4XX_Count",
  "HTTPCode_Target_5XX_Count",
];

function bothDimensions(balancer: string, group: string): readonly Dimension[] {
  return [
    { Name: "TargetGroup", Value: group },
    { Name: "LoadBalancer", Value: balancer },
  ];
}

function zoned(dimensions: readonly Dimension[], zone: string): (readonly Dimension[])[] {
  return [dimensions, [...dimensions, { Name: "AvailabilityZone", Value: zone }]];
}

/** What is counted of a call that got no answer. */
function troubleName({ targetTrouble, functionTrouble }: Exchange): string | undefined {
  if (targetTrouble === "connection") return "TargetConnectionErrorCount";
  if (targetTrouble === "tls") return "TargetTLSNegotiationErrorCount";
  if (functionTrouble === "user") return "LambdaUserError";
  return functionTrouble === "internal" ? "LambdaInternalError" : undefined;
}

/** Codes of answers that are the load balancer's own. */
function ownCodes(meter: Meter, status: number, atMs: number): void {
  const hundreds = Math.floor(status / 100);
  if (hundreds >= 3 && hundreds <= 5) {
    meter.write(`HTTPCode_ELB_${hundreds}XX_Count`, 1, "Count", atMs);
  }
  if ([500, 502, 503, 504].includes(status)) {
    meter.write(`HTTPCode_ELB_${status}_Count`, 1, "Count", atMs);
  }
}

import type { Dimension, MetricSeries, MetricSink, Place } from "../../telemetry/metric-sink.ts";
import type { Exchange } from "./exchange.ts";

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
  readonly #series = new Map<string, MetricSeries>();

  constructor(sink: MetricSink) {
    this.#sink = sink;
  }

  /** @param status what the client got; undefined when it went away. */
  request(exchange: Exchange, status: number | undefined): void {
    const { balancer, group, chosen, startedAtMs: atMs, targetMs, targetStatus } = exchange;
    const own = this.#writer(balancer.place, [
      ...zoned([{ Name: "LoadBalancer", Value: balancer.dimension }], balancer.zone),
    ]);
    if (status !== undefined && targetStatus === undefined) ownCodes(own, status, atMs);
    if (group === undefined || chosen === undefined) return;
    const both = [
      { Name: "TargetGroup", Value: group.dimension },
      { Name: "LoadBalancer", Value: balancer.dimension },
    ];
    const its = this.#writer(balancer.place, zoned(both, balancer.zone));
    for (const write of [own, its]) {
      write("RequestCount", 1, "Count", atMs);
      if (targetStatus !== undefined) {
        const hundreds = Math.floor(targetStatus / 100);
        if (hundreds >= 2 && hundreds <= 5) {
          write(`HTTPCode_Target_${hundreds}XX_Count`, 1, "Count", atMs);
        }
        if (targetMs !== undefined) write("TargetResponseTime", targetMs / 1000, "Seconds", atMs);
      }
      if (exchange.hasConnectionError) write("TargetConnectionErrorCount", 1, "Count", atMs);
      if (group.type === "lambda" && targetStatus === undefined) {
        write("LambdaUserError", 1, "Count", atMs);
      }
    }
    const healthy = Math.max(1, group.targets.filter(({ isHealthy }) => isHealthy).length);
    const [targetGroup] = both;
    const perTarget = this.#writer(balancer.place, [
      both,
      targetGroup === undefined ? [] : [targetGroup],
    ]);
    perTarget("RequestCountPerTarget", 1 / healthy, "Count", atMs);
  }

  /** What was answered without a target. */
  action({ balancer, startedAtMs }: Exchange, kind: "redirect" | "fixedResponse"): void {
    const write = this.#writer(
      balancer.place,
      zoned([{ Name: "LoadBalancer", Value: balancer.dimension }], balancer.zone),
    );
    const name = kind === "redirect" ? "HTTP_Redirect_Count" : "HTTP_Fixed_Response_Count";
    write(name, 1, "Count", startedAtMs);
  }

  connections(
    exchange: Pick<Exchange, "balancer" | "startedAtMs">,
    { active, isNew }: { readonly active: number; readonly isNew: boolean },
  ): void {
    const { balancer, startedAtMs } = exchange;
    const write = this.#writer(
      balancer.place,
      zoned([{ Name: "LoadBalancer", Value: balancer.dimension }], balancer.zone),
    );
    write("ActiveConnectionCount", active, "Count", startedAtMs);
    if (isNew) write("NewConnectionCount", 1, "Count", startedAtMs);
  }

  hosts(
    place: Place,
    { balancer, group }: Dimensions,
    counted: { readonly atMs: number; readonly healthy: number; readonly unhealthy: number },
  ): void {
    const both = [
      { Name: "TargetGroup", Value: group },
      { Name: "LoadBalancer", Value: balancer },
    ];
    const write = this.#writer(place, zoned(both, `${place.region}a`));
    write("HealthyHostCount", counted.healthy, "Count", counted.atMs);
    write("UnHealthyHostCount", counted.unhealthy, "Count", counted.atMs);
  }

  /** Writes into every set of dimensions. Series are found once. */
  #writer(place: Place, sets: readonly (readonly Dimension[])[]): Write {
    return (metricName, value, unit, atMs) => {
      for (const dimensions of sets) {
        const values = dimensions.map(({ Value }) => Value);
        const key = [place.account, place.region, metricName, ...values].join(" ");
        const series =
          this.#series.get(key) ??
          this.#sink.series(place, {
            namespace: "AWS/ApplicationELB",
            metricName,
            dimensions,
            unit,
          });
        this.#series.set(key, series);
        series.record(value, atMs);
      }
    };
  }
}

type Write = (metricName: string, value: number, unit: string, atMs: number) => void;

function zoned(dimensions: readonly Dimension[], zone: string): (readonly Dimension[])[] {
  return [dimensions, [...dimensions, { Name: "AvailabilityZone", Value: zone }]];
}

/** Codes of answers that are the load balancer's own. */
function ownCodes(write: Write, status: number, atMs: number): void {
  const hundreds = Math.floor(status / 100);
  if (hundreds >= 3 && hundreds <= 5) write(`HTTPCode_ELB_${hundreds}XX_Count`, 1, "Count", atMs);
  if ([500, 502, 503, 504].includes(status)) {
    write(`HTTPCode_ELB_${status}_Count`, 1, "Count", atMs);
  }
}

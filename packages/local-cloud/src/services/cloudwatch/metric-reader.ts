import type { MetricName, MetricStore, Window } from "../../telemetry/metric-store.ts";
import type { Dimension, Place } from "../../telemetry/metric-sink.ts";
import type { Samples } from "../../telemetry/metric-distribution.ts";
import { parseStatistic, type Statistic, statisticOf } from "./statistics.ts";

/** One metric, one statistic, one period: what a MetricStat or an alarm names. */
export interface MetricSource extends MetricName {
  readonly periodMs: number;
  readonly statistic: Statistic;
  /** Undefined: whatever unit the data came with. */
  readonly unit: string | undefined;
}

export interface DataPoint {
  readonly atMs: number;
  readonly value: number;
  readonly sampleCount: number;
}

/** The wire's form of {@link MetricSource}; the members that handlers have checked are there. */
export interface MetricStatInput {
  readonly Metric:
    | {
        readonly Namespace?: string | undefined;
        readonly MetricName?: string | undefined;
        readonly Dimensions?: readonly DimensionInput[] | undefined;
      }
    | undefined;
  readonly Period: number | undefined;
  readonly Stat: string | undefined;
  readonly Unit?: string | undefined;
}

export interface DimensionInput {
  readonly Name: string | undefined;
  readonly Value: string | undefined;
}

/** @throws {TypeError} for a statistic that validation should have refused. */
export function sourceOf(input: MetricStatInput): MetricSource {
  const statistic = parseStatistic(input.Stat ?? "");
  if (statistic === undefined) throw new TypeError(`unknown statistic ${input.Stat}`);
  return {
    namespace: input.Metric?.Namespace ?? "",
    metricName: input.Metric?.MetricName ?? "",
    dimensions: dimensionsOf(input.Metric?.Dimensions),
    periodMs: (input.Period ?? 60) * 1000,
    statistic,
    unit: input.Unit,
  };
}

export function dimensionsOf(inputs: readonly DimensionInput[] | undefined): Dimension[] {
  return (inputs ?? []).map(({ Name = "", Value = "" }) => ({ Name, Value }));
}

/**
 * The source's values in `window`, oldest first. When no unit was asked for and a period holds
 * several, the alphabetically first counts and `units` names all of them.
 * Source: recorded AWS answer (LocalStack snapshot
 * test_get_metric_data_different_units_no_unit_in_query).
 */
export function readPoints(
  metrics: MetricStore,
  place: Place,
  source: MetricSource,
  span: Pick<Window, "startMs" | "endMs">,
): { readonly points: readonly DataPoint[]; readonly units: readonly string[] } {
  const window = { ...span, periodMs: source.periodMs };
  const known = source.unit === undefined ? metrics.metric(place, source)?.units : [source.unit];
  const units: string[] = [];
  const periods = new Map<number, Samples>();
  for (const unit of [...(known ?? [])].sort()) {
    const found = metrics.read(place, source, window, unit);
    if (found.length > 0) units.push(unit);
    for (const { startMs, samples } of found) {
      if (!periods.has(startMs)) periods.set(startMs, samples);
    }
  }
  const points: DataPoint[] = [];
  for (const [atMs, samples] of [...periods].sort(([left], [right]) => left - right)) {
    const value = statisticOf(source.statistic, samples);
    if (value !== undefined) points.push({ atMs, value, sampleCount: samples.count });
  }
  return { points, units };
}

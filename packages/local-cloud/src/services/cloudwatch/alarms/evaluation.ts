import type { MetricStore } from "../../../telemetry/metric-store.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { type DataPoint, dimensionsOf, type MetricSource, readPoints } from "../metric-reader.ts";
import { answerQueries } from "../metric-queries.ts";
import { floorTo } from "../periods.ts";
import type { MetricAlarmConfig } from "../state.ts";
import { parseStatistic, type Statistic } from "../statistics.ts";
import { decide, evaluationRange, type MissingData, type Verdict } from "./decision.ts";
import type { Evaluation } from "./reason.ts";
import { COMPARISONS, isComparison } from "./threshold.ts";

/**
 * The local cloud has no ingestion delay: one second lets the data of the boundary itself arrive.
 * AWS waits longer, for data that is still on its way.
 */
export const EVALUATION_DELAY_MS = 1000;

const MINUTE_MS = 60_000;
const HIGH_RESOLUTION_TICK_MS = 10_000;

/** An alarm's period; of a metric-math alarm the one that all its metrics share. */
export function alarmPeriodMs(config: MetricAlarmConfig): number {
  const ofMetrics = (config.Metrics ?? []).map(
    ({ MetricStat, Period }) => MetricStat?.Period ?? Period,
  );
  const seconds = config.Period ?? Math.max(0, ...ofMetrics.map((period) => period ?? 0));
  return (seconds || 60) * 1000;
}

/** How often AWS evaluates an alarm: every 10 seconds below a minute's period, else every minute. */
export function tickMs(config: MetricAlarmConfig): number {
  return alarmPeriodMs(config) < MINUTE_MS ? HIGH_RESOLUTION_TICK_MS : MINUTE_MS;
}

/**
 * What the complete periods up to now call for; undefined when the alarm stays as it is. Periods of
 * more than a minute slide: they end at every whole minute.
 */
export function evaluateAlarm(
  config: MetricAlarmConfig,
  at: { readonly metrics: MetricStore; readonly place: Place; readonly nowMs: number },
): Evaluation | undefined {
  const { ComparisonOperator: comparison, Threshold: threshold } = config;
  if (!isComparison(comparison) || threshold === undefined) return undefined;
  const periods = config.EvaluationPeriods ?? 1;
  const periodMs = alarmPeriodMs(config);
  const endMs = floorTo(at.nowMs - EVALUATION_DELAY_MS, tickMs(config));
  const startMs = endMs - evaluationRange(periods) * periodMs;
  const points = new Map(
    pointsOf(config, { ...at, startMs, endMs }).map((point) => [point.atMs, point]),
  );
  const slots = Array.from({ length: evaluationRange(periods) }, (_, index) => {
    const atMs = startMs + index * periodMs;
    return { atMs, point: points.get(atMs) };
  });
  const missingData = (config.TreatMissingData ?? "missing") as MissingData;
  const { breaches } = COMPARISONS[comparison];
  const verdicts = slots.map(({ point }): Verdict => {
    if (point === undefined) return "missing";
    return breaches(point.value, threshold) ? "breaching" : "ok";
  });
  const toAlarm = config.DatapointsToAlarm ?? periods;
  const decision = decide(verdicts, { periods, toAlarm, missingData });
  const evaluated = decision.evaluated.flatMap((index) => slots[index] ?? []);
  if (decision.state === "retain" || hasTooFewSamples(config, evaluated)) return undefined;
  return {
    state: decision.state,
    evaluated,
    comparison,
    threshold,
    missingData,
    toAlarm: config.DatapointsToAlarm,
  };
}

interface Reading {
  readonly metrics: MetricStore;
  readonly place: Place;
  readonly nowMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

function pointsOf(config: MetricAlarmConfig, reading: Reading): readonly DataPoint[] {
  if (config.Metrics !== undefined) return mathPoints(config.Metrics, reading);
  const source = sourceOfAlarm(config);
  return source === undefined
    ? []
    : readPoints(reading.metrics, reading.place, source, reading).points;
}

function mathPoints(
  queries: NonNullable<MetricAlarmConfig["Metrics"]>,
  reading: Reading,
): readonly DataPoint[] {
  const [answer] = answerQueries(queries, { ...reading, isAligned: true });
  const points = answer?.series[0]?.points ?? new Map<number, number>();
  return [...points].map(([atMs, value]) => ({ atMs, value, sampleCount: 1 }));
}

function sourceOfAlarm(config: MetricAlarmConfig): MetricSource | undefined {
  const statistic = statisticOfAlarm(config);
  if (statistic === undefined) return undefined;
  return {
    namespace: config.Namespace ?? "",
    metricName: config.MetricName ?? "",
    dimensions: dimensionsOf(config.Dimensions),
    periodMs: alarmPeriodMs(config),
    statistic,
    unit: config.Unit,
  };
}

function statisticOfAlarm(config: MetricAlarmConfig): Statistic | undefined {
  return parseStatistic(config.Statistic ?? config.ExtendedStatistic ?? "");
}

/**
 * With EvaluateLowSampleCountPercentile "ignore" an alarm does not change on percentiles of too few
 * samples. Source: AWS docs, "Percentile-based alarms and low data samples".
 */
function hasTooFewSamples(
  config: MetricAlarmConfig,
  evaluated: readonly { readonly point: DataPoint | undefined }[],
): boolean {
  if (config.EvaluateLowSampleCountPercentile !== "ignore") return false;
  const statistic = statisticOfAlarm(config);
  if (statistic?.kind !== "percentile") return false;
  const { percent } = statistic;
  // Rounded: 100 - 99.9 is a little less than 0.1, and 10,000 samples are enough for p99.9.
  const needed = Math.round(1000 / (percent < 50 ? percent : 100 - percent));
  return evaluated.some(({ point }) => point !== undefined && point.sampleCount < needed);
}

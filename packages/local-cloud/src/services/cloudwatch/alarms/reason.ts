import { isoWithOffset } from "../../dates.ts";
import type { DataPoint } from "../metric-reader.ts";
import type { MetricAlarmConfig, StateValue } from "../state.ts";
import type { MissingData } from "./decision.ts";
import { counted, doubleText, reasonTime } from "./texts.ts";
import { type Comparison, COMPARISONS } from "./threshold.ts";

/** A period that an evaluation looked at; without a value it was missing. */
interface Evaluated {
  readonly atMs: number;
  readonly point: DataPoint | undefined;
}

/** One evaluation of a metric alarm with its outcome. */
export interface Evaluation {
  readonly state: StateValue;
  /** Newest first, N of them. */
  readonly evaluated: readonly Evaluated[];
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly missingData: MissingData;
  /** M, when the alarm has a DatapointsToAlarm. */
  readonly toAlarm: number | undefined;
}

const TREATED = {
  breaching: "Breaching",
  notBreaching: "NonBreaching",
  missing: "Missing",
  ignore: "Ignore",
} as const satisfies Record<MissingData, string>;

/**
 * The sentence AWS gives for a state.
 * Source: recorded AWS answers (LocalStack snapshots test_put_metric_alarm and
 * test_breaching_alarm_actions) and AWS messages quoted in public repositories.
 */
export function reasonText(evaluation: Evaluation): string {
  const { state, evaluated } = evaluation;
  if (state === "INSUFFICIENT_DATA") {
    const { noun, verb } = counted(evaluated.length, "datapoint");
    return `Insufficient Data: ${noun} ${verb} unknown.`;
  }
  const missing = evaluated.filter(({ point }) => point === undefined).length;
  if (missing === evaluated.length) {
    const { noun } = counted(missing, "period");
    return `Threshold Crossed: no datapoints were received for ${noun} and ${treated(missing, evaluation)}.`;
  }
  const telling = tellingPoints(evaluation);
  // Unverified: the text when only missing data speaks for OK.
  if (telling.length === 0) return `Threshold Crossed: ${treated(missing, evaluation)}.`;
  const isTreated = missing > 0 && treatsMissing(evaluation.missingData);
  const and = isTreated ? ` and ${treated(missing, evaluation)}` : "";
  return `Threshold Crossed: ${crossing(evaluation, telling)}${and}${minimum(evaluation)}.`;
}

function treatsMissing(missingData: MissingData): boolean {
  return missingData === "breaching" || missingData === "notBreaching";
}

/** The points that speak for the state: breaching ones for ALARM, the others for OK. */
function tellingPoints({ state, evaluated, comparison, threshold }: Evaluation): DataPoint[] {
  const { breaches } = COMPARISONS[comparison];
  return evaluated
    .flatMap(({ point }) => (point === undefined ? [] : [point]))
    .filter(({ value }) => breaches(value, threshold) === (state === "ALARM"));
}

function crossing(evaluation: Evaluation, telling: readonly DataPoint[]): string {
  const { state, evaluated, comparison, threshold, toAlarm } = evaluation;
  const list = telling.map(({ value, atMs }) => `${doubleText(value)} (${reasonTime(atMs)})`);
  const { noun, verb } = counted(telling.length, "datapoint");
  const which =
    toAlarm === undefined
      ? noun
      : `${telling.length} out of the last ${evaluated.length} datapoints`;
  const not = state === "OK" ? "not " : "";
  const { words } = COMPARISONS[comparison];
  return `${which} [${list.join(", ")}] ${verb} ${not}${words} the threshold (${doubleText(threshold)})`;
}

function treated(missing: number, { missingData }: Evaluation): string {
  const { noun, verb } = counted(missing, "missing datapoint");
  return `${noun} ${verb} treated as [${TREATED[missingData]}]`;
}

function minimum({ state, evaluated, toAlarm }: Evaluation): string {
  if (toAlarm === undefined) return "";
  const isAlarm = state === "ALARM";
  const { noun } = counted(isAlarm ? toAlarm : evaluated.length - toAlarm + 1, "datapoint");
  return ` (minimum ${noun} for ${isAlarm ? "OK -> ALARM" : "ALARM -> OK"} transition)`;
}

/** StateReasonData, a JSON text. Source: the same recordings. */
export function reasonData(
  evaluation: Evaluation,
  config: MetricAlarmConfig,
  queriedAtMs: number,
): string {
  const { evaluated, threshold } = evaluation;
  const points = evaluated.flatMap(({ point }) => (point === undefined ? [] : [point]));
  const oldest = points.at(-1);
  return JSON.stringify({
    version: "1.0",
    queryDate: isoWithOffset(queriedAtMs),
    startDate: oldest && isoWithOffset(oldest.atMs),
    unit: config.Unit,
    statistic: config.Statistic ?? config.ExtendedStatistic,
    period: config.Period,
    recentDatapoints: points.map(({ value }) => value).reverse(),
    threshold,
    evaluatedDatapoints: evaluated.map(({ atMs, point }) => ({
      timestamp: isoWithOffset(atMs),
      sampleCount: point?.sampleCount,
      value: point?.value,
    })),
  });
}

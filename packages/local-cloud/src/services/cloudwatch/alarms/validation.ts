import type { MetricStore } from "../../../telemetry/metric-store.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { invalidParameterValue, notAvailable, validationError } from "../errors.ts";
import { MAX_ALARM_METRICS, MAX_ALARM_SPAN_S, MAX_HOURLY_ALARM_SPAN_S } from "../limits.ts";
import { answerQueries, expressionFault } from "../metric-queries.ts";
import { checkExpressions, checkIds } from "../query-validation.ts";
import type { Alarm, MetricAlarmConfig } from "../state.ts";
import { parseStatistic } from "../statistics.ts";
import { alarmPeriodMs } from "./evaluation.ts";
import { isComparison } from "./threshold.ts";

/** Where an alarm is made. */
interface Site {
  readonly metrics: MetricStore;
  readonly place: Place;
}

/**
 * Refuses what PutMetricAlarm refuses. Sources: texts measured on AWS and published with the
 * cdk-preflight rules and in provider issues; recorded AWS answers (LocalStack, moto).
 */
export function checkMetricAlarm(config: MetricAlarmConfig, site: Site): void {
  if (config.Metrics === undefined) checkSingleMetric(config);
  else checkMetrics(config, config.Metrics, site);
  checkPeriods(config);
  checkThreshold(config);
  checkOptions(config);
  checkActions(config, site.place);
}

const SINGLE_METRIC_MEMBERS = [
  "MetricName",
  "Namespace",
  "Dimensions",
  "Period",
  "Unit",
  "Statistic",
  "ExtendedStatistic",
] as const;

function checkSingleMetric(config: MetricAlarmConfig): void {
  if (config.MetricName === undefined && config.EvaluationCriteria !== undefined) {
    throw notAvailable("Query-based alarms are");
  }
  for (const member of ["MetricName", "Namespace", "Period"] as const) {
    if (config[member] === undefined) throw validationError(`${member} must not be null`);
  }
  const { Statistic, ExtendedStatistic } = config;
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    // Unverified: the text.
    throw validationError("Exactly one of Statistic and ExtendedStatistic must be set.");
  }
  if (ExtendedStatistic !== undefined && !isExtendedStatistic(ExtendedStatistic)) {
    throw invalidParameterValue(
      `The value ${ExtendedStatistic} for parameter ExtendedStatistic is not supported.`,
    );
  }
  const period = config.Period ?? 0;
  if (!isAlarmPeriod(period)) throw badPeriod();
}

function isExtendedStatistic(text: string): boolean {
  const statistic = parseStatistic(text);
  return statistic !== undefined && statistic.kind !== text;
}

function isAlarmPeriod(seconds: number): boolean {
  return seconds === 10 || seconds === 20 || seconds === 30 || seconds % 60 === 0;
}

function badPeriod(): Error {
  return validationError("Period must be 10, 20, 30 or a multiple of 60");
}

type Queries = NonNullable<MetricAlarmConfig["Metrics"]>;

function checkMetrics(config: MetricAlarmConfig, queries: Queries, site: Site): void {
  const extra = SINGLE_METRIC_MEMBERS.find((member) => config[member] !== undefined);
  if (extra !== undefined) {
    throw validationError(`${extra} should not be set if list of Metrics is set.`);
  }
  checkIds(queries, "MetricDataQueries");
  for (const query of queries) checkQuery(query);
  const metricCount = queries.filter(({ MetricStat }) => MetricStat !== undefined).length;
  if (metricCount > MAX_ALARM_METRICS) {
    throw validationError(`Too many metrics in alarm, maximum is ${MAX_ALARM_METRICS}`);
  }
  if (queries.length - metricCount > MAX_ALARM_METRICS) {
    throw validationError(`Too many expressions in alarm, maximum is ${MAX_ALARM_METRICS}`);
  }
  const returning = queries.filter(({ ReturnData }) => ReturnData !== false);
  if (returning.length !== 1) {
    throw validationError("Exactly one element of the metrics list should return data.");
  }
  const periods = new Set(queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  // Unverified: the text.
  if (periods.size > 1) throw validationError("All metrics in the alarm must have the same period");
  checkExpressions(queries);
  checkResult(config, queries, site);
}

function checkQuery({ Expression, MetricStat }: Queries[number]): void {
  if (Expression !== undefined && MetricStat !== undefined) {
    throw validationError(
      "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified both.",
    );
  }
  if (MetricStat === undefined) {
    if (Expression === undefined) throw validationError("Period must not be null");
    return;
  }
  if (!isAlarmPeriod(MetricStat.Period ?? 0)) throw badPeriod();
  if (parseStatistic(MetricStat.Stat ?? "") === undefined) {
    throw validationError(`The value ${MetricStat.Stat} for parameter Stat is not supported.`);
  }
}

/** Computes the expressions once: kinds that do not fit show without any data. */
function checkResult(config: MetricAlarmConfig, queries: Queries, site: Site): void {
  const periodMs = alarmPeriodMs(config);
  const span = { ...site, startMs: 0, endMs: periodMs, nowMs: 0, isAligned: true };
  if (answerQueries(queries, span).some(({ isArray }) => isArray)) {
    throw validationError(
      "Metrics expression that return multi time series are only allowed for MetricsInsights expression with an ORDER BY clause",
    );
  }
  const needsMetric = queries.every(({ MetricStat }) => MetricStat === undefined);
  const [first] = queries;
  // Unverified: the text.
  if (needsMetric && first !== undefined) {
    throw expressionFault(first, "The expression must include at least one metric");
  }
}

function checkPeriods(config: MetricAlarmConfig): void {
  const { EvaluationPeriods, DatapointsToAlarm } = config;
  if (EvaluationPeriods === undefined) throw validationError("EvaluationPeriods must not be null");
  if ((DatapointsToAlarm ?? 0) > EvaluationPeriods) {
    throw validationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  }
  const periodS = alarmPeriodMs(config) / 1000;
  const limit = periodS >= 3600 ? MAX_HOURLY_ALARM_SPAN_S : MAX_ALARM_SPAN_S;
  if (EvaluationPeriods * periodS > limit) {
    throw validationError(`EvaluationPeriods * Period must be <= ${limit}`);
  }
}

function checkThreshold(config: MetricAlarmConfig): void {
  const { ComparisonOperator, Threshold, ThresholdMetricId } = config;
  if (Threshold !== undefined && ThresholdMetricId !== undefined) {
    throw validationError("Threshold and ThresholdMetricId cannot both be set");
  }
  if (ComparisonOperator === undefined)
    throw validationError("ComparisonOperator must not be null");
  if (!isComparison(ComparisonOperator)) throw notAvailable("Anomaly detection alarms are");
  if (Threshold === undefined || !Number.isFinite(Threshold)) {
    throw validationError("PutMetricAlarm request should have valid Threshold parameter");
  }
}

const MISSING_DATA = ["breaching", "notBreaching", "ignore", "missing"];

function checkOptions(config: MetricAlarmConfig): void {
  const { TreatMissingData = "missing", EvaluateLowSampleCountPercentile: lowSample } = config;
  if (!MISSING_DATA.includes(TreatMissingData)) {
    throw validationError(
      `The value ${TreatMissingData} is not supported for TreatMissingData parameter. Supported values are [${MISSING_DATA.join(", ")}].`,
    );
  }
  if (lowSample === undefined) return;
  if (lowSample !== "evaluate" && lowSample !== "ignore") {
    throw validationError(
      `Option ${lowSample} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.`,
    );
  }
  if (config.Statistic !== undefined) {
    throw validationError(
      `Option evaluateLowSampleCountPercentile can not be applied with statistic ${config.Statistic}.`,
    );
  }
}

const VENDORS = new Set([
  "automate",
  "autoscaling",
  "lambda",
  "sns",
  "ssm",
  "ssm-incidents",
  "aiops",
]);

/** The ARNs an alarm may act on. */
export function checkActions(config: Alarm["config"], { region }: Place): void {
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = config;
  for (const action of [...OKActions, ...AlarmActions, ...InsufficientDataActions]) {
    const match = /^arn:[^:]+:([^:]+):([^:]*):/.exec(action);
    if (match === null) throw validationError(`Invalid arn syntax: ${action}`);
    const [, vendor = "", named = ""] = match;
    if (!VENDORS.has(vendor)) throw validationError(`Unsupported AWS vendor ${vendor}`);
    if (named !== "" && named !== region) {
      throw validationError(`Invalid region ${named} specified. Only ${region} is supported.`);
    }
  }
}

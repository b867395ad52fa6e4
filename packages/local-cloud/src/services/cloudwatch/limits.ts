/** CloudWatch's quotas. Source: AWS docs, "CloudWatch service quotas" and the API reference. */

export const MAX_METRICS_PER_PUT = 1000;
export const MAX_VALUES_PER_METRIC = 150;
/** PutMetricData takes what is up to two weeks old and up to two hours ahead. */
export const MAX_DATUM_AGE_MS = 14 * 24 * 3_600_000;
export const MAX_DATUM_AHEAD_MS = 2 * 3_600_000;
/** Values must lie in -2^360 .. 2^360. */
export const MAX_DATUM_VALUE = 2 ** 360;

export const MAX_METRIC_DATA_QUERIES = 500;
/** Default and maximum of GetMetricData's MaxDatapoints. */
export const MAX_DATAPOINTS = 100_800;
export const MAX_STATISTICS_DATAPOINTS = 1440;

export const LIST_METRICS_PAGE = 500;
/** ListMetrics shows metrics that got data in the last two weeks. */
export const LIST_METRICS_AGE_MS = 14 * 24 * 3_600_000;
export const RECENTLY_ACTIVE_MS = 3 * 3_600_000;

export const MAX_ALARM_METRICS = 10;
/** Longest Period x EvaluationPeriods, in seconds, for periods below and from one hour. */
export const MAX_ALARM_SPAN_S = 86_400;
export const MAX_HOURLY_ALARM_SPAN_S = 604_800;

export const DESCRIBE_ALARMS_PAGE = 50;
export const ALARM_HISTORY_PAGE = 100;
/** Alarm history is kept this long. */
export const ALARM_HISTORY_AGE_MS = 30 * 24 * 3_600_000;

export const LIST_DASHBOARDS_PAGE = 1000;
export const MAX_DASHBOARD_WIDGETS = 500;
export const MAX_METRICS_PER_WIDGET = 500;
export const MAX_METRICS_PER_DASHBOARD = 2500;
export const MAX_TAGS = 50;

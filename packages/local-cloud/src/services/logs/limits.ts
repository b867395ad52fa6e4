// Source: CloudWatch Logs model 2014-03-28 and AWS docs, cloudwatch_limits_cwl.

export const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

export const PAGE_ITEMS_MAX = 50;
export const TAGS_MAX = 50;
export const METRIC_FILTERS_MAX = 100;
/** Of an account in a region. */
export const RESOURCE_POLICIES_MAX = 10;

/** One PutLogEvents request, and one GetLogEvents or FilterLogEvents answer. */
export const BATCH_BYTES_MAX = 1_048_576;
export const EVENT_BYTES_MAX = 1_048_576;
export const EVENT_OVERHEAD_BYTES = 26;
export const EVENTS_MAX = 10_000;
/** Ours: events that one FilterLogEvents call looks at before it answers with a token. */
export const SEARCHED_EVENTS_MAX = 50_000;
export const BATCH_SPAN_MAX_MS = 24 * 3600 * 1000;
export const OLDEST_EVENT_MS = 14 * 24 * 3600 * 1000;
export const NEWEST_EVENT_MS = 2 * 3600 * 1000;

export const QUERY_RESULTS_MAX = 10_000;
export const CONCURRENT_QUERIES_MAX = 30;
/** Ours: finished queries whose results are kept. AWS keeps them for 7 days. */
export const KEPT_QUERIES_MAX = 200;
/** Ours: and the sum of their results; the query started last is kept whatever its size. */
export const KEPT_RESULTS_MAX = 100_000;

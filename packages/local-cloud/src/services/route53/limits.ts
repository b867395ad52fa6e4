/** Route 53's quotas. Source: AWS docs, "Quotas" of Route 53, and the API reference. */

export const PAGE_ZONES = 100;
export const PAGE_HEALTH_CHECKS = 100;
export const PAGE_RECORDS = 300;
export const ZONES_MAX = 500;
export const HEALTH_CHECKS_MAX = 200;
export const RECORDS_PER_ZONE_MAX = 10_000;
/** Records in one batch; an UPSERT counts twice. */
export const BATCH_RECORDS_MAX = 1000;
/** Characters of all values in one batch; those of an UPSERT count twice. */
export const BATCH_CHARACTERS_MAX = 32_000;
export const RECORDS_WITH_SAME_NAME_MAX = 100;
export const TAGS_MAX = 10;
export const NAME_MAX = 255;
export const LABEL_MAX = 63;
/** Records of a multivalue answer. */
export const MULTIVALUE_ANSWERS_MAX = 8;
/** Until a change is INSYNC. Ours: AWS takes up to a minute. */
export const SYNC_MS = 500;
/** For this long a change can be asked for. Ours. */
export const CHANGE_KEPT_MS = 30 * 24 * 3_600_000;
/** Aliases and CNAMEs that one question may pass. Ours. */
export const CHAIN_MAX = 16;
/** An endpoint must be reached in this time, and then answer in the next. Source: AWS docs, "How Amazon Route 53 determines whether a health check is healthy". */
export const CONNECT_DEADLINE_MS = 4000;
export const ANSWER_DEADLINE_MS = 2000;
export const TCP_DEADLINE_MS = 10_000;
/** The string must be in the first bytes of the body. Source: the same page. */
export const SEARCHED_BYTES = 5120;
/** How often a check that asks no endpoint is measured. Ours. */
export const MEASURE_SECONDS = 30;

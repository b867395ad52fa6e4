// Source: Secrets Manager model 2017-10-17 and AWS docs, reference_limits.

export const RECOVERY_DAYS_DEFAULT = 30;
export const RECOVERY_DAYS_MIN = 7;
export const RECOVERY_DAYS_MAX = 30;
export const VALUE_BYTES_MAX = 65_536;
export const PASSWORD_LENGTH_DEFAULT = 32;
export const PASSWORD_LENGTH_MAX = 4096;
export const PAGE_ITEMS = 100;
export const TAGS_MAX = 50;
/** Versions without a label go when there are more than this many. */
export const VERSIONS_MAX = 100;

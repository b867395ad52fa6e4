/**
 * Lambda's quotas and times.
 * Source: AWS docs, "Lambda quotas"; recorded AWS answers (LocalStack snapshot test_lambda_api).
 */

/** Of a function's name alone. */
export const NAME_MAX = 64;

/** A zip sent in the request itself. */
export const ZIP_MAX_BYTES = 52_428_800;
export const UNZIPPED_MAX_BYTES = 262_144_000;
/** All versions of all functions of an account in a region. */
export const CODE_STORAGE_BYTES = 80_530_636_800;

export const ENVIRONMENT_MAX_BYTES = 4096;
export const TIMEOUT_DEFAULT_SECONDS = 3;
export const TIMEOUT_MAX_SECONDS = 900;
export const MEMORY_DEFAULT_MB = 128;
export const MEMORY_MAX_MB = 10_240;
export const EPHEMERAL_STORAGE_DEFAULT_MB = 512;

export const PAYLOAD_MAX_BYTES = 6_291_456;
export const ASYNC_PAYLOAD_MAX_BYTES = 1_048_576;

export const RESOURCE_POLICY_MAX_BYTES = 20_480;
export const TAGS_MAX = 50;

/** Invocations of one account that may run at once in one region. */
export const ACCOUNT_CONCURRENCY = 1000;
/** What reservations must leave for the functions without one. */
export const UNRESERVED_CONCURRENCY_MIN = 100;

/**
 * The shortest time a new function stays Pending, or an update InProgress, on a real clock. AWS takes a
 * second or two; this is long enough for a client that does not wait to notice.
 */
export const PREPARATION_MS = 250;

export const ASYNC_RETRIES_DEFAULT = 2;
export const ASYNC_MAX_AGE_DEFAULT_SECONDS = 21_600;
/** Between the attempts at an event whose function failed. Source: AWS docs, "Asynchronous invocation". */
export const ASYNC_ERROR_DELAYS_MS = [60_000, 120_000] as const;
/** Between the attempts at an event that was throttled: doubling from the first to the second. */
export const ASYNC_THROTTLE_DELAY_MS = 1000;
export const ASYNC_THROTTLE_DELAY_MAX_MS = 300_000;

export const LIST_DEFAULT = 50;

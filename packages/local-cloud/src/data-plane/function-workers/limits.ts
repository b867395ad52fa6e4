/**
 * Largest event of a synchronous invocation, bytes. The caller of `execute` refuses more.
 * Source: AWS docs, gettingstarted-limits.
 */
export const REQUEST_BYTES_MAX = 6 * 1024 * 1024;

/** Largest answer, bytes. Source: recorded AWS answer (LocalStack snapshot test_lambda_too_large_response). */
export const RESPONSE_BYTES_MAX = REQUEST_BYTES_MAX + 100;

/** Largest unpacked zip, bytes. Source: AWS docs, gettingstarted-limits. */
export const UNPACKED_BYTES_MAX = 250 * 1024 * 1024;

/** The tail of the log that an invocation carries, bytes. Source: botocore lambda 2015-03-31 model. */
export const LOG_TAIL_BYTES = 4 * 1024;

/** Longest log event, bytes; a longer line becomes several. Source: AWS docs, PutLogEvents. */
export const LOG_EVENT_BYTES_MAX = 256 * 1024 - 26;

/** What a version's code outside the handler may take. Source: AWS docs, lambda-runtime-environment. */
export const INIT_TIMEOUT_MS = 10_000;

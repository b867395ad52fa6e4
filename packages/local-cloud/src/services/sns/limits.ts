/** SNS's quotas. Source: AWS docs, "Amazon SNS endpoints and quotas" and the API reference. */

export const TOPIC_NAME_MAX = 256;
/** Message and attributes together; of a batch, of all its entries together. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
export const SUBJECT_MAX = 100;
export const BATCH_ENTRIES_MAX = 10;
export const BATCH_ID_MAX = 80;
export const ATTRIBUTE_NAME_MAX = 256;
export const PAGE_ITEMS = 100;
export const TAGS_MAX = 50;
/** A confirmation is valid this long, and an unconfirmed subscription is forgotten then. */
export const CONFIRMATION_AGE_MS = 2 * 24 * 3_600_000;
/** The same deduplication id again is the same message. */
export const DEDUPLICATION_MS = 5 * 60_000;
export const FILTER_KEYS_MAX = 5;
export const FILTER_COMBINATIONS_MAX = 150;
/** An HTTP endpoint must answer within this. Source: AWS docs, "message delivery retries". */
export const HTTP_DEADLINE_MS = 15_000;
/** How much of an endpoint's answer is read. Ours: SNS has no use for it. */
export const HTTP_ANSWER_BYTES_MAX = 64 * 1024;
/** Deliveries to one address at the same time. Ours. */
export const HTTP_CONNECTIONS_MAX = 10;
/** Kept items of the outbox, the oldest go first. Ours. */
export const OUTBOX_ITEMS_MAX = 1000;

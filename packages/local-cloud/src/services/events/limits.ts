// Source: EventBridge model 2015-10-07 and AWS docs, "Amazon EventBridge quotas".

export const RULES_PER_BUS = 300;
export const TARGETS_PER_RULE = 5;
export const BUSES = 100;
export const TAGS_MAX = 50;
export const PAGE_ITEMS = 100;
/** All entries of one PutEvents together. Source: AWS Compute Blog, January 2026: 1 MB, before it 256 KB. */
export const ENTRIES_BYTES = 1024 * 1024;
export const POLICY_BYTES = 10 * 1024;

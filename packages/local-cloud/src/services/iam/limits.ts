// Source: AWS docs, reference_iam-quotas.

export const POLICIES_PER_ROLE_MAX = 10;
export const POLICIES_PER_GROUP_MAX = 10;
export const GROUPS_PER_USER_MAX = 10;
export const POLICY_VERSIONS_MAX = 5;
export const ACCESS_KEYS_PER_USER_MAX = 2;
export const TAGS_MAX = 50;
export const PAGE_ITEMS = 100;
/** Characters, white space not counted. */
export const TRUST_POLICY_MAX = 2048;
export const MANAGED_POLICY_MAX = 6144;
/** All inline policies of a role together. */
export const ROLE_INLINE_POLICIES_MAX = 10_240;
/** The same of a user. */
export const USER_INLINE_POLICIES_MAX = 2048;
/** The same of a group. */
export const GROUP_INLINE_POLICIES_MAX = 5120;
export const SESSION_SECONDS_DEFAULT = 3600;

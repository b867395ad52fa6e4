// Source: Systems Manager model 2014-11-06 and AWS docs, "AWS Systems Manager endpoints and quotas".

export const STANDARD_VALUE_CHARACTERS = 4096;
export const ADVANCED_VALUE_CHARACTERS = 8192;
export const STANDARD_PARAMETERS = 10_000;
export const ADVANCED_PARAMETERS = 100_000;
export const VERSIONS_MAX = 100;
export const LABELS_PER_VERSION = 10;
export const LEVELS_MAX = 15;
export const NAME_CHARACTERS = 1011;
export const TAGS_MAX = 50;
export const PATH_PAGE = 10;
export const LIST_PAGE = 50;
/** Ours: how long an AllowedPattern may look at a value. A pattern may not stop the whole cloud. */
export const PATTERN_TIMEOUT_MS = 100;

/*
 * Source of all: AWS docs, "Amazon API Gateway quotas and important notes" (REST APIs).
 */

export const API_KEYS_MAX = 10_000;
export const RESOURCES_PER_API_MAX = 300;
export const STAGES_PER_API_MAX = 10;
export const STAGE_VARIABLES_MAX = 100;
export const INTEGRATION_TIMEOUT_MIN_MS = 50;
/** Default and largest; regional APIs may have it raised on AWS, which is not modelled. */
export const INTEGRATION_TIMEOUT_MS = 29_000;
/** In GB. Unverified: that a cluster gets it which names no size. */
export const CACHE_CLUSTER_SIZE = "0.5";
/** In GB. Source: botocore apigateway 2015-07-09 model (CacheClusterSize). */
export const CACHE_CLUSTER_SIZES = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];
export const CACHE_TTL_MAX_SECONDS = 3600;
export const COMPRESSION_SIZE_MAX = 10_485_760;
/** Page sizes of the list operations. Source: botocore apigateway 2015-07-09 model. */
export const PAGE_DEFAULT = 25;
export const PAGE_MAX = 500;

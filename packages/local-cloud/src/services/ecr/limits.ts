const MIB = 1024 * 1024;

/** Source: AWS docs, Amazon ECR service quotas ("Maximum layer size", 52,000 MiB). */
export const LAYER_MAX_BYTES = 52_000 * MIB;
/** All but the last part of a layer have this at least. Source: AWS docs, API_UploadLayerPart. */
export const LAYER_PART_MIN_BYTES = 5 * MIB;
/** Advised to those who upload. Source: AWS docs, Amazon ECR service quotas ("Maximum layer part size"). */
export const LAYER_PART_BYTES = 10 * MIB;
/** Source: botocore ecr model (ImageManifest). */
export const MANIFEST_MAX_BYTES = 4 * MIB;
/** Source: AWS docs, Amazon ECR service quotas ("Tags per image"). */
export const TAGS_PER_IMAGE = 1000;
/** Source: AWS docs, Amazon ECR service quotas ("Registered repositories", 100,000 since 2024). */
export const REPOSITORIES_MAX = 100_000;
/** Source: AWS docs, tagging an Amazon ECR resource. */
export const RESOURCE_TAGS_MAX = 50;
/** Source: AWS docs, API_GetAuthorizationToken. */
export const TOKEN_VALID_MS = 12 * 3_600_000;
/** Page size when the call does not say one. Source: AWS docs, API_DescribeRepositories. */
export const PAGE_ITEMS = 100;
/** How often lifecycle policies are looked at. Ours: AWS says only "within 24 hours". */
export const EXPIRY_EVERY_MS = 3_600_000;
/** How long an upload that nobody goes on with keeps its bytes. Ours: AWS does not say. */
export const UPLOAD_KEPT_MS = 24 * 3_600_000;
/** Uploads under way at once, over all repositories. Ours: each holds an open hash and a file. */
export const UPLOADS_MAX = 1000;
/** Largest configuration of an image that is run, bytes. Ours: containers of this kind have a few kilobytes. */
export const CONFIG_MAX_BYTES = 4 * MIB;

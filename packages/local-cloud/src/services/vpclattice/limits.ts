/** How long making and removing takes. Ours: seconds to a minute on AWS, and one never knows which. */
export const CREATION_MS = 250;
export const ASSOCIATION_MS = 500;
export const REMOVAL_MS = 500;
/** How long a deregistered target drains. Source: AWS docs, API_TargetSummary (one minute by default). */
export const DRAINING_MS = 60_000;
/** One function in a target group. Source: AWS docs, "Lambda functions as targets in VPC Lattice". */
export const FUNCTIONS_PER_GROUP = 1;
/** Source: AWS docs, VPC Lattice quotas. */
export const TARGETS_PER_GROUP = 1000;
/** Page size when the call does not say one. Source: botocore vpc-lattice model (at most 100). */
export const PAGE_ITEMS = 100;
/** How long a repeated client token finds its first answer. Ours: AWS does not say. */
export const TOKEN_KEPT_MS = 24 * 3_600_000;

export const WEIGHT_DEFAULT = 100;
/** Source: AWS docs, API_HealthCheckConfig. A 0 stands for the default. */
export const HEALTH_INTERVAL_SECONDS = { default: 30, min: 5, max: 300 };
export const HEALTH_TIMEOUT_SECONDS = { default: 5, min: 1, max: 120 };
export const HEALTHY_THRESHOLD = { default: 5, min: 2, max: 10 };
export const UNHEALTHY_THRESHOLD = { default: 2, min: 2, max: 10 };
/** The only fixed responses. Source: AWS docs, API_FixedResponseAction. */
export const FIXED_STATUSES: readonly number[] = [404, 500];

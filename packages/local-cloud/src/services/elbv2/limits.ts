/** How long a load balancer is provisioned. Ours: minutes on AWS. */
export const PROVISIONING_MS = 500;

/* Source: AWS docs, "Quotas for your Application Load Balancers". */
export const LISTENERS_PER_BALANCER = 50;
export const RULES_PER_BALANCER = 100;
export const VALUES_PER_RULE = 5;
export const GROUPS_PER_ACTION = 5;
export const GROUPS_PER_BALANCER = 100;
export const TARGETS_PER_GROUP = 1000;
export const SECURITY_GROUPS_PER_BALANCER = 5;
export const TAGS_PER_RESOURCE = 50;

/** A page when the call does not say how many. Source: AWS docs, API_DescribeLoadBalancers (at most 400). */
export const PAGE_ITEMS = 400;

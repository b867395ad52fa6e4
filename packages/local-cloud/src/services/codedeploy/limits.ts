/** CodeDeploy's quotas and times. Source: AWS docs, "CodeDeploy quotas" and the API reference, unless marked "Ours". */

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export const APPLICATIONS_MAX = 1000;
export const GROUPS_PER_APPLICATION_MAX = 1000;
export const CONFIGS_MAX = 50;
export const ALARMS_MAX = 10;
export const TRIGGERS_MAX = 10;
export const ALARM_NAME_MAX = 255;
export const DESCRIPTION_MAX = 256;
export const TARGET_GROUP_NAME_MAX = 32;
export const TAGS_MAX = 50;
export const BATCH_REVISIONS_MAX = 25;
export const BATCH_APPLICATIONS_MAX = 100;
export const BATCH_GROUPS_MAX = 100;
export const BATCH_DEPLOYMENTS_MAX = 25;
export const BATCH_INSTANCES_MAX = 25;
/** A deployment of a function or a service has one. */
export const BATCH_TARGETS_MAX = 1;
/** Ours: how many names a page of a list has. */
export const PAGE_ITEMS = 100;
/** Ours: the model gives no limit. */
export const APPSPEC_MAX_CHARACTERS = 262_144;
/** Of a termination wait, a ready wait, and a whole shift of traffic. */
export const WAIT_MAX_MINUTES = 2880;

/** 48 for the shift of traffic, and one for each of two hooks. */
export const LAMBDA_MAX_HOURS = 50;
export const ECS_MAX_HOURS = 120;

/** Ours: for this long a deployment is Created before it starts. */
export const START_DELAY_MS = 500;
/** A hook's function has to report in this time. */
export const HOOK_REPORT_MS = 60 * MINUTE_MS;
/** A hook that cannot be invoked is tried for this long. */
export const HOOK_START_MS = 5 * MINUTE_MS;
/** Ours: how often it is tried. */
export const HOOK_RETRY_MS = 30_000;
/** Observed reactions to an alarm: 12 to 16 s. */
export const ALARM_POLL_MS = 10_000;
/** The replacement task set has to be healthy in this time. Source: AWS docs, troubleshooting ECS deployments. */
export const INSTALL_MS = 60 * MINUTE_MS;
/** Ours: how often the replacement task set is looked at. */
export const INSTALL_POLL_MS = 5000;
export { MINUTE_MS };

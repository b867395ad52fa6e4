/*
 * Why deployments ended as they did, in AWS's words. Source: AWS docs, "Troubleshooting Amazon ECS blue/green
 * deployments", and answers of AWS quoted in public issues; what has no source says so.
 */

export const hooksFailed = (stage: string, why: string) =>
  `Service deployment rolled back because ${stage} lifecycle hook(s) failed. ${why}`;

export const pauseTimedOut = (stage: string) =>
  `Service deployment rolled back because ${stage} pause hook timed out.`;

/** Unverified. */
export const pauseRolledBack = (stage: string) =>
  `Service deployment rolled back because ${stage} pause hook was continued with the ROLLBACK action.`;

export const networkInvalid = (why: string) =>
  `Service deployment rolled back because of invalid networking configuration. ${why}`;

export const BREAKER_TRIPPED =
  "Service deployment rolled back because the circuit breaker threshold was exceeded.";

/** Unverified. */
export const BREAKER_STOPPED =
  "Service deployment stopped because the circuit breaker threshold was exceeded.";

/** Unverified. */
export const alarmsRaised = (names: readonly string[], isRolledBack: boolean) =>
  `Service deployment ${isRolledBack ? "rolled back" : "stopped"} because the following alarm(s) were in ALARM state: ${names.join(", ")}.`;

/** Ours: AWS goes on trying. */
export const NEVER_HEALTHY =
  "Service deployment rolled back because its tasks did not become healthy within 24 hours.";

export const NO_CANDIDATE = "No rollback candidate was found to run the rollback.";

/** Unverified. */
export const STOP_ROLLBACK = "Service deployment rolled back because it was stopped by the user.";

/** Unverified. */
export const STOP_ABORT = "Service deployment stopped by the user.";

/** Unverified. */
export const SUPERSEDED =
  "Service deployment stopped because a new service deployment was started.";

/** Unverified. */
export const SERVICE_DELETED = "Service deployment stopped because the service was deleted.";

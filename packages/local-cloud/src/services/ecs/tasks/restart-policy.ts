import type { ContainerRestartPolicy } from "@aws-sdk/client-ecs";

/** How long a container must have run. Source: ecs API reference, ContainerRestartPolicy. */
const ATTEMPT_SECONDS_DEFAULT = 300;

/** Whether a container that ended is started again inside its task. */
export function mayRestart(
  policy: ContainerRestartPolicy | undefined,
  exitCode: number,
  ranForMs: number,
): boolean {
  if (policy?.enabled !== true) return false;
  if (policy.ignoredExitCodes?.includes(exitCode) === true) return false;
  return ranForMs >= (policy.restartAttemptPeriod ?? ATTEMPT_SECONDS_DEFAULT) * 1000;
}

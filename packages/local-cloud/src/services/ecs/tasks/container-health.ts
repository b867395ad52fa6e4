import type { HealthCheck } from "@aws-sdk/client-ecs";
import type { Clock, Scheduled } from "../../../clock.ts";
import type { RunningContainer } from "../../../data-plane/tasks/task-runtime.ts";

/**
 * Runs a container's check again and again: HEALTHY at its first success, UNHEALTHY after `retries` failures in a
 * row. Failures in the start period do not count, until a check has succeeded.
 * Source: ecs API reference, HealthCheck.
 *
 * @returns the way to stop.
 */
export function watchHealth(
  clock: Clock,
  container: RunningContainer,
  check: HealthCheck,
  tell: (status: "HEALTHY" | "UNHEALTHY") => Promise<void>,
): () => void {
  const { command = [], interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = check;
  const startedAtMs = clock.nowMs();
  let failures = 0;
  let hasSucceeded = false;
  let isOver = false;
  let next: Scheduled | undefined;

  const look = async () => {
    const { exitCode } = await container
      .execute(command, timeout * 1000)
      .catch(() => ({ exitCode: undefined }));
    if (isOver) return;
    if (exitCode === 0) {
      failures = 0;
      hasSucceeded = true;
      await tell("HEALTHY");
    } else if (hasSucceeded || clock.nowMs() - startedAtMs > startPeriod * 1000) {
      failures++;
      if (failures >= retries) await tell("UNHEALTHY");
    }
    if (!isOver) plan();
  };
  const plan = () => {
    next = clock.schedule(clock.nowMs() + interval * 1000, look);
  };
  plan();
  return () => {
    isOver = true;
    next?.cancel();
  };
}

import { RolloutError, type VersionId } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import type { EcsPlace, GroupPlace } from "../ecs/place.ts";
import type { ServiceView, TaskSetView } from "../ecs/service.ts";
import { describeHealth, type GroupHealth, readTargetHealth } from "../ecs/target-health.ts";
import {
  describeFailures,
  readTaskFailures,
  remedyFor,
  type TaskFailure,
} from "../ecs/task-failures.ts";
import { taskSetIn } from "./route.ts";
import type { TaskSetApi } from "./task-set-api.ts";

/** Pulling an image and passing the first checks takes minutes; all of `prepare` must end in fifteen. */
const HEALTHY_MS = 600_000;

/** One task may die of bad luck; as many as this of the new version, and none of them healthy, is the version. */
const FAILED_TASKS = 3;

interface Seen {
  readonly set: TaskSetView | undefined;
  readonly service: ServiceView;
  readonly health: GroupHealth;
  readonly failures: readonly TaskFailure[];
}

/**
 * Waits until all tasks of the canary run and the load balancer finds them healthy.
 * @throws {RolloutError} CANARY_UNUSABLE with the reasons that tasks, service and load balancer give.
 */
export async function untilHealthy(parts: {
  readonly calls: EcsCalls;
  readonly place: EcsPlace;
  readonly sets: TaskSetApi;
  readonly clock: Clock;
  readonly group: GroupPlace;
  readonly version: VersionId;
}): Promise<void> {
  const { calls, place, sets, clock, group, version } = parts;
  const names = { cluster: place.clusterArn, service: place.serviceArn };
  const look = async (): Promise<Seen> => {
    const [service, health] = await Promise.all([
      sets.readService(),
      readTargetHealth(calls, group),
    ]);
    const set = taskSetIn(service, group.arn);
    const failures = set === undefined ? [] : await readTaskFailures(calls, names, set.id);
    return { set, service, health, failures };
  };
  try {
    await poll({
      clock,
      deadlineMs: HEALTHY_MS,
      waitingFor: `the tasks of ${version} to be healthy in ${group.name}`,
      read: look,
      settled: (seen) => {
        if (seen.failures.length >= FAILED_TASKS && seen.health.healthy === 0) {
          throw unusable(version, `its tasks fail: ${why(seen)}`, group);
        }
        return isHealthy(seen) ? true : undefined;
      },
      describe: why,
    });
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "TIMED_OUT") throw error;
    throw unusable(version, error.message, group, error);
  }
}

function isHealthy({ set, health }: Seen): boolean {
  if (set === undefined || set.desiredCount === 0) return false;
  return set.isSteady && set.runningCount >= set.desiredCount && health.healthy >= set.desiredCount;
}

function why({ set, service, health, failures }: Seen): string {
  const count =
    set === undefined
      ? "there is no task set"
      : `${set.runningCount} of ${set.desiredCount} tasks run, ${set.pendingCount} pending`;
  const said = describeFailures(failures, service, set?.createdAtMs ?? Infinity);
  return [count, describeHealth(health), said].filter((part) => part !== "").join("; ");
}

function unusable(
  version: VersionId,
  what: string,
  group: GroupPlace,
  cause?: unknown,
): RolloutError {
  return new RolloutError("CANARY_UNUSABLE", `${version} does not come up: ${what}`, {
    hint: remedyFor(what, group),
    cause,
  });
}

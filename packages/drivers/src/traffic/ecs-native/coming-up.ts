import { ALL_TRAFFIC, NO_TRAFFIC, RolloutError, type VersionId } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import { describeHealth, type GroupHealth, readTargetHealth } from "../ecs/target-health.ts";
import {
  describeFailures,
  readTaskFailures,
  remedyFor,
  type TaskFailure,
} from "../ecs/task-failures.ts";
import { versionOf } from "../ecs/service.ts";
import type { NativeParts } from "./native-parts.ts";
import { putBack } from "./put-back.ts";
import { type NativeRoute, otherGroup } from "./route.ts";
import {
  type DeploymentView,
  describeDeployment,
  gateOf,
  revisionOf,
  type WaitingPause,
} from "./sight.ts";

/** Pulling an image and passing the first checks takes minutes; all of `prepare` must end in fifteen. */
const HEALTHY_MS = 600_000;
/** The tasks of a version that never had traffic stop at once; what ECS does not end in time ends by itself. */
const UNDONE_MS = 180_000;

/** One task may die of bad luck; as many as this of the new version, and none of them healthy, is the version. */
const FAILED_TASKS = 3;

interface Seen {
  readonly route: NativeRoute;
  readonly health: GroupHealth;
  readonly failures: readonly TaskFailure[];
  /** This release's, also when it is over. */
  readonly deployment: DeploymentView | undefined;
}

type Parts = Pick<NativeParts, "api" | "calls" | "clock" | "place" | "reader">;

/**
 * Waits until ECS stands at the first gate, and the load balancer finds all new tasks healthy.
 * @throws {RolloutError} CANARY_UNUSABLE with the reasons that ECS, tasks and load balancer give.
 */
export async function untilAtGate(parts: Parts, version: VersionId): Promise<void> {
  const { clock, place } = parts;
  let arn: string | undefined;
  const look = async (): Promise<Seen> => {
    const seen = await lookAtCanary(parts, version, arn);
    arn = seen.deployment?.arn ?? arn;
    return seen;
  };
  try {
    await poll({
      clock,
      deadlineMs: HEALTHY_MS,
      waitingFor: `ECS to have the tasks of ${version} ready`,
      read: look,
      settled: (seen) => {
        const { deployment, failures, health } = seen;
        if (deployment !== undefined && !deployment.isForward) {
          throw unusable(parts, version, `its deployment failed: ${why(seen)}`);
        }
        if (failures.length >= FAILED_TASKS && health.healthy === 0) {
          throw unusable(parts, version, `its tasks fail: ${why(seen)}`);
        }
        return isReady(seen) ? true : undefined;
      },
      describe: why,
    });
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "TIMED_OUT") throw error;
    throw unusable({ place }, version, error.message, error);
  }
}

async function lookAtCanary(
  { api, calls, place, reader }: Parts,
  version: VersionId,
  arn: string | undefined,
): Promise<Seen> {
  const route = await reader.read();
  const { sight } = route;
  const isOurs = revisionOf(sight, sight.deployment?.targetArn)?.version === version;
  const underWay = isOurs ? sight.deployment : undefined;
  const own = sight.service.raw.deployments?.find(
    ({ taskDefinition = "" }) => versionOf(taskDefinition) === version,
  );
  const names = { cluster: place.clusterArn, service: place.serviceArn };
  const [health, failures, deployment] = await Promise.all([
    readTargetHealth(calls, otherGroup(place, route.stableGroupArn)),
    own?.id === undefined ? [] : readTaskFailures(calls, names, own.id),
    underWay ?? (arn === undefined ? undefined : api.deployment(arn)),
  ]);
  return { route, health, failures, deployment };
}

function isReady({ route, health, deployment }: Seen): boolean {
  const { desiredCount } = route.sight.service;
  return (
    deployment !== undefined && gateOf(deployment) !== undefined && health.healthy >= desiredCount
  );
}

function why({ route, health, failures, deployment }: Seen): string {
  const under = deployment === undefined ? "no deployment" : describeDeployment(deployment);
  const pause = foreignPause(deployment);
  const said = describeFailures(failures, route.sight.service, deployment?.createdAtMs ?? 0);
  return [under, pause, describeHealth(health), said].filter((part) => part !== "").join("; ");
}

/** Before the gates the pauses are somebody else's: only they can say whether to go on. */
function foreignPause(deployment: DeploymentView | undefined): string {
  if (deployment === undefined || gateOf(deployment) !== undefined) return "";
  const [pause]: readonly WaitingPause[] = deployment.pauses;
  return pause === undefined
    ? ""
    : `a PAUSE hook of the service waits to be continued (${pause.hookId})`;
}

function unusable(
  { place }: Pick<Parts, "place">,
  version: VersionId,
  what: string,
  cause?: unknown,
): RolloutError {
  return new RolloutError("CANARY_UNUSABLE", `${version} does not come up: ${what}`, {
    hint: remedyFor(what, place.groups[0]),
    cause,
  });
}

/** Takes a canary away that never had traffic, and leaves the service as it was. What fails here is not what matters. */
export async function undo(parts: NativeParts, version: VersionId): Promise<void> {
  const { api, clock, place, reader } = parts;
  try {
    const { sight, weight } = await reader.read();
    const { deployment } = sight;
    const isOurs = revisionOf(sight, deployment?.targetArn)?.version === version;
    if (deployment?.isForward === true && isOurs) {
      if (weight > NO_TRAFFIC || deployment.weight === ALL_TRAFFIC) return;
      await api.turnBack(deployment);
    }
    await poll({
      clock,
      deadlineMs: UNDONE_MS,
      waitingFor: `the deployment of ${place.label} to be over`,
      read: () => api.look(),
      settled: (now) => (now.deployment === undefined ? true : undefined),
      describe: (now) => (now.deployment === undefined ? "" : describeDeployment(now.deployment)),
    });
    await putBack(parts);
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
  }
}

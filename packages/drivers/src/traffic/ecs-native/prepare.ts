import type { DeploymentLifecycleHook } from "@aws-sdk/client-ecs";
import { NO_TRAFFIC, type Prepared, RolloutError, type VersionId } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import { describeRoute } from "../ecs-task-sets/route.ts";
import { ensureTaskDefinition, portOf, readTaskDefinition } from "../ecs/task-definition.ts";
import {
  confusingPauses,
  type EcsShift,
  gatedConfiguration,
  hasGates,
  isSameShift,
  rememberedText,
} from "./configuration.ts";
import { untilAtGate, undo } from "./coming-up.ts";
import type { NativeParts } from "./native-parts.ts";
import { type NativeRoute, otherGroup, revisionWith } from "./route.ts";
import { type DeploymentView, describeDeployment, revisionOf } from "./sight.ts";

/** A deployment that turns back stops its tasks, and these finish what they have under way. */
const OVER_MS = 420_000;

/**
 * Begins ECS's deployment and brings it to the first gate: all tasks of the new version run and are healthy, and
 * none of them has production traffic.
 */
export async function prepareCanary(parts: NativeParts): Promise<Prepared> {
  const { calls, place, testers, revision, reader } = parts;
  const shift = possibleShift(parts);
  const route = await untilNothingTurnsBack(parts);
  mustBeAlone(parts, route);
  const stable = revisionWith(route.sight, route.stable);
  if (stable === undefined) throw nothingServes(parts, route);
  const { arn, version, registered } = await ensureTaskDefinition(calls, {
    current: stable.taskDefinitionArn,
    container: place.container,
    revision,
  });
  if (arn === stable.taskDefinitionArn) throw unchanged(parts, version);
  const { definition } = await readTaskDefinition(calls, arn);
  portOf(definition, place.container, place.port);
  if (!isBegun(parts, route, version, shift)) await begin(parts, route, { arn, version, shift });
  try {
    await untilAtGate(parts, version);
  } catch (error) {
    if (error instanceof RolloutError && error.code === "CANARY_UNUSABLE")
      await undo(parts, version);
    throw error;
  }
  const ready = await reader.read();
  await testers.open(otherGroup(place, ready.stableGroupArn).arn);
  const { token } = await reader.read();
  return { stable: route.stable, canary: version, published: registered, token };
}

/** @throws {RolloutError} TARGET_UNSUITABLE */
function possibleShift({ strategy }: Pick<NativeParts, "strategy">): EcsShift {
  if (strategy.kind !== "impossible") return strategy;
  throw new RolloutError("TARGET_UNSUITABLE", `ECS cannot shift like this: ${strategy.why}`, {
    hint: "Change the strategy in headgate.yaml.",
  });
}

/** What an earlier release left is waited for: two deployments at a time confuse each other. */
function untilNothingTurnsBack({ reader, clock, place }: NativeParts): Promise<NativeRoute> {
  return poll({
    clock,
    deadlineMs: OVER_MS,
    waitingFor: `the deployment of ${place.label} that turns back to be over`,
    read: () => reader.read(),
    settled: (route) => {
      const { deployment } = route.sight;
      return deployment === undefined || deployment.isForward ? route : undefined;
    },
    describe: ({ sight: { deployment } }) =>
      deployment === undefined ? "none" : describeDeployment(deployment),
  });
}

/** @throws {RolloutError} TARGET_UNSUITABLE */
function mustBeAlone({ place }: NativeParts, route: NativeRoute): void {
  const isOne = place.groups.some(({ arn }) => arn === route.stableGroupArn);
  if (isOne && route.canary === undefined && route.weight === NO_TRAFFIC) return;
  const names = place.groups.map(({ name }) => name).join(" and ");
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `${place.action.label} does not lead to one of ${names} alone: ${describeRoute(route)}`,
    { hint: "Finish or undo the other deployment first: one target group must have all traffic." },
  );
}

function nothingServes({ place }: NativeParts, route: NativeRoute): RolloutError {
  return new RolloutError(
    "TARGET_UNSUITABLE",
    `no revision of ${place.label} is in the target group that serves: ${route.stable}`,
    { hint: "Look at the service's load balancers and at target.ecs.targetGroups." },
  );
}

function unchanged({ place }: NativeParts, version: VersionId): RolloutError {
  return new RolloutError(
    "REVISION_UNCHANGED",
    `${place.label} already runs the revision: ${version}`,
    { hint: "There is nothing to roll out. Was the image pushed under another tag or digest?" },
  );
}

/**
 * Whether a deployment under way is this release's own, begun before this attempt.
 * @throws {RolloutError} TARGET_UNSUITABLE when it is another.
 */
function isBegun(
  { place }: NativeParts,
  { sight }: NativeRoute,
  version: VersionId,
  shift: EcsShift,
): boolean {
  const { deployment } = sight;
  if (deployment === undefined) return false;
  if (isOurs(sight, deployment, version, shift)) return true;
  const target = revisionOf(sight, deployment.targetArn)?.version ?? "another version";
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `a deployment of ${place.label} to ${target} is under way: ${describeDeployment(deployment)}`,
    {
      hint: `Wait until it is over, or stop it: aws ecs stop-service-deployment --service-deployment-arn ${deployment.arn}`,
    },
  );
}

function isOurs(
  sight: NativeRoute["sight"],
  { configuration, targetArn, weight }: DeploymentView,
  version: VersionId,
  shift: EcsShift,
): boolean {
  return (
    revisionOf(sight, targetArn)?.version === version &&
    hasGates(configuration) &&
    isSameShift(configuration, shift) &&
    weight === NO_TRAFFIC
  );
}

async function begin(
  parts: NativeParts,
  { sight }: NativeRoute,
  wanted: { readonly arn: string; readonly version: VersionId; readonly shift: EcsShift },
): Promise<void> {
  const { api, place, reader, deadlineMs } = parts;
  const { arn, version, shift } = wanted;
  const before = sight.service.raw.deploymentConfiguration ?? {};
  const [pause] = confusingPauses(before);
  if (pause !== undefined) {
    throw new RolloutError("TARGET_UNSUITABLE", `${place.label} has ${pauseText(pause)}`, {
      hint: PAUSE_HINT,
    });
  }
  // What is there already was left by a release that nobody tidied up behind: it says what was before that.
  if ((await api.remembered()) === undefined) await api.remember(rememberedText(before));
  try {
    await api.update({
      taskDefinition: arn,
      deploymentConfiguration: gatedConfiguration(before, shift, deadlineMs),
    });
  } catch (error) {
    // Our own attempt whose answer was lost.
    if (isBegun(parts, await reader.read(), version, shift)) return;
    throw refused(error, version);
  }
}

export function pauseText({ lifecycleStages = [] }: DeploymentLifecycleHook): string {
  return `a PAUSE hook of its own at ${lifecycleStages.join(", ")}, which cannot be told from Headgate's`;
}

export const PAUSE_HINT =
  "Take it out of the deployment configuration, or move it to PRE_SCALE_UP or POST_SCALE_UP; a step of kind approval does the same.";

/** ECS's own words say what is wrong with strategy, load balancers or capacity. */
function refused(error: unknown, version: VersionId): unknown {
  if (!(error instanceof RolloutError) || error.code !== "AWS_REFUSED") return error;
  return new RolloutError("CANARY_UNUSABLE", `no deployment of ${version}: ${error.message}`, {
    hint: "headgate plan looks at what ECS needs for this: advancedConfiguration, its rule and its role.",
    cause: error,
  });
}

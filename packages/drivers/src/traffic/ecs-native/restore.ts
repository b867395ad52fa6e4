import { NO_TRAFFIC, RolloutError, type RouteChange, type VersionId } from "@headgate/core";
import { type CallLimits, poll } from "../../aws/runner.ts";
import { describeRoute } from "../ecs-task-sets/route.ts";
import { plainConfiguration, rememberedText } from "./configuration.ts";
import type { NativeParts } from "./native-parts.ts";
import { forReading } from "./reader.ts";
import { groupOf, type NativeRoute, otherGroup } from "./route.ts";
import { describeDeployment, type EcsSight, revisionOf } from "./sight.ts";
import { weightsWith } from "./shift.ts";

type RestoreParts = Pick<NativeParts, "api" | "clock" | "forward" | "place" | "reader">;

/** Elastic Load Balancing answers in less than a second; what it does not take ECS does. */
const WRITE_MS = 5000;
/** How often the weights are written; after that they are left to ECS. */
const WRITES = 5;

/**
 * All traffic back to stable. As long as the old tasks run that is one write to the load balancer, made beside the
 * order to ECS to turn back: ECS first works through its own steps and other people's hooks, and at the end writes the
 * same weights. Where no deployment is there to turn back, a new one brings the old task definition.
 */
export async function restore(
  parts: RestoreParts,
  change: Omit<RouteChange, "weight">,
  untilMs: number,
): Promise<NativeRoute> {
  const { reader, clock, place } = parts;
  const { stable } = change;
  const remaining = (): CallLimits => ({ deadlineMs: untilMs - clock.nowMs() });
  let writes = 0;
  const step = async (): Promise<NativeRoute> => {
    const route = await reader.read(forReading(remaining()));
    if (isForeign(parts, route, change)) {
      throw await reader.refusal(route, `this rollout is about ${stable} and ${change.canary}`);
    }
    if (isBack(route, stable)) return route;
    const isWrong = route.stable !== stable || route.canary !== undefined;
    const isWritten = isWrong && isWhole(parts, route, stable) && writes++ < WRITES;
    await Promise.all([
      isWritten ? writeBack(parts, route, stable, remaining()) : undefined,
      orderBack(parts, route, stable, remaining),
    ]);
    return route;
  };
  return poll({
    clock,
    deadlineMs: remaining().deadlineMs ?? 0,
    waitingFor: `${place.label} to be back on ${stable}`,
    read: step,
    settled: (route) => (isBack(route, stable) ? route : undefined),
    describe: (route) => {
      const { deployment } = route.sight;
      const under = deployment === undefined ? "no deployment" : describeDeployment(deployment);
      return `${describeRoute(route)}; ${under}`;
    },
  });
}

/** Everybody gets stable, and nothing under way is going to change that. */
export function isBack({ sight, stable, weight, canary }: NativeRoute, wanted: VersionId): boolean {
  if (stable !== wanted || weight !== NO_TRAFFIC || canary !== undefined) return false;
  const { deployment } = sight;
  if (deployment === undefined || !deployment.isForward) return true;
  return revisionOf(sight, deployment.targetArn)?.version === wanted;
}

/** Only what forwards to other versions, or to other target groups, is foreign. */
function isForeign(
  { place }: RestoreParts,
  route: NativeRoute,
  { stable, canary }: Omit<RouteChange, "weight">,
): boolean {
  const { groups } = route.forward;
  const serving = groups.filter(({ weight }) => weight > 0);
  const isOther = serving.some(({ arn }) => !place.groups.some((group) => group.arn === arn));
  const versions = [route.stable, route.canary].filter((one) => one !== undefined);
  return (
    isOther ||
    groups.length === 0 ||
    versions.some((version) => version !== stable && version !== canary)
  );
}

/** Whether stable's tasks are all there, so that the weights alone bring the traffic back. */
function isWhole({ place }: RestoreParts, route: NativeRoute, stable: VersionId): boolean {
  const { sight } = route;
  const { deployment } = sight;
  if (groupOf(place, route, stable) === undefined) return false;
  if (deployment !== undefined) {
    const isSource = revisionOf(sight, deployment.sourceArn)?.version === stable;
    return isSource && deployment.isSourceWhole && deployment.stage !== "CLEAN_UP";
  }
  // Somebody stopped the deployment where it stood: both revisions are still there.
  return tasksOf(sight, stable).some(
    ({ requestedTaskCount = 0, runningTaskCount = 0 }) => runningTaskCount >= requestedTaskCount,
  );
}

/** What the service wants to have of a version; nothing of one that was taken down. */
function tasksOf({ service, revisions }: EcsSight, version: VersionId) {
  const arns = new Set(revisions.filter((one) => one.version === version).map(({ arn }) => arn));
  return (service.raw.currentServiceRevisions ?? []).filter(
    ({ arn = "", requestedTaskCount = 0 }) => arns.has(arn) && requestedTaskCount > 0,
  );
}

/** What the load balancer does not take ECS does: then this must not keep it from being told. */
async function writeBack(
  parts: RestoreParts,
  route: NativeRoute,
  stable: VersionId,
  { deadlineMs = 0 }: CallLimits,
): Promise<void> {
  const stableGroup = groupOf(parts.place, route, stable);
  if (stableGroup === undefined) return;
  const away = otherGroup(parts.place, stableGroup.arn);
  const groups = weightsWith(parts, route, away.arn, NO_TRAFFIC);
  try {
    const limits = { deadlineMs: Math.min(WRITE_MS, deadlineMs) };
    await parts.forward.replace(groups, route.forward.token, limits);
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
  }
}

async function orderBack(
  { api }: RestoreParts,
  { sight }: NativeRoute,
  stable: VersionId,
  remaining: () => CallLimits,
): Promise<void> {
  const { deployment } = sight;
  if (deployment !== undefined) {
    const isWanted = revisionOf(sight, deployment.targetArn)?.version === stable;
    if (deployment.isForward && !isWanted) await api.turnBack(deployment, remaining());
    return;
  }
  if (tasksOf(sight, stable).length > 0) return;
  await deployBack(api, sight, stable);
}

/** A new deployment of a version that has no tasks any more, with everything at once. */
export async function deployBack(
  api: NativeParts["api"],
  { service }: NativeRoute["sight"],
  stable: VersionId,
): Promise<void> {
  const before = service.raw.deploymentConfiguration ?? {};
  if ((await api.remembered()) === undefined) await api.remember(rememberedText(before));
  await api.update({
    taskDefinition: stable,
    deploymentConfiguration: plainConfiguration(before),
  });
}

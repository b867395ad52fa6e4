import { type MetricSource, RolloutError, type VersionId } from "@headgate/core";
import type { EcsPlace } from "../ecs/place.ts";
import { untilQuiet } from "../ecs/quiet.ts";
import type { TaskSetPreparation } from "./prepare.ts";
import { gone } from "./task-set-api.ts";
import { describeRoute, groupOf, otherGroup, taskSetOf } from "./route.ts";
import type { TaskSetView } from "../ecs/service.ts";

/**
 * Ends what preparation began. The task set without traffic goes, but only when the load balancer's own counts show
 * that requests come to the other target group and no more to this one: a weight that was read back is a promise,
 * and not yet a fact on every node.
 */
export async function cleanUp(
  preparation: TaskSetPreparation,
  counts: MetricSource,
  versions: { readonly stable: VersionId; readonly canary: VersionId; readonly live: VersionId },
): Promise<void> {
  const { clock, place, sets, shifter, testers } = preparation;
  const { stable, canary, live } = versions;
  const loser = live === stable ? canary : stable;
  const startMs = clock.nowMs();
  const route = await shifter.readRoute();
  const { service } = route;
  const servingArn = groupOf(place, service, live)?.arn;
  if (servingArn === undefined) throw gone(live, `the route is ${describeRoute(route)}`);
  await testers.close(servingArn);
  const lost = taskSetOf(service, loser);
  if (lost === undefined || lost.status === "PRIMARY") return;
  mustBeOut(place, lost, route);
  if (lost.scalePercent > 0) {
    const lostArn = lost.groupArns[0] ?? otherGroup(place, servingArn).arn;
    await untilQuiet(preparation, counts, { startMs, lostArn, servingArn });
    // The weights may have been moved meanwhile.
    mustBeOut(place, lost, await shifter.readRoute());
    await sets.scale(lost, 0);
  }
  // ECS deregisters its tasks, waits out the deregistration delay, and stops them. Source: AWS docs, API_TaskSet, DRAINING.
  await sets.delete(lost, true);
}

/** @throws {RolloutError} ROUTE_CHANGED_ELSEWHERE while its target group has a weight. */
function mustBeOut(
  place: EcsPlace,
  lost: TaskSetView,
  route: Awaited<ReturnType<TaskSetPreparation["shifter"]["readRoute"]>>,
): void {
  const weighted = route.forward.groups.filter(({ weight }) => weight > 0);
  if (!weighted.some(({ arn }) => lost.groupArns.includes(arn))) return;
  throw new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${place.action.label} leads to ${lost.version} again: ${describeRoute(route)}; its tasks are left running`,
    { hint: "Somebody else moved the weights after the release. Nothing was scaled down." },
  );
}

import { RolloutError, type VersionId } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import { releaseCapacity } from "../lambda-alias/capacity.ts";
import { despiteGone, type GroupMaking, MADE_FOR_TAG, untilGone } from "./canary-group.ts";
import type { LatticePreparation } from "./prepare.ts";
import { apiOf, functionIn } from "./stable-function.ts";
import type { TargetGroup, TargetGroupApi } from "./target-group-api.ts";

/** A deregistered target that was in use drains for about a minute. Source: AWS docs, register-targets. */
const DRAINED_MS = 120_000;
/** Ours: all of the cleaning must end in five minutes. */
const RELEASED_MS = 15_000;

/**
 * Takes back what preparation added. A canary that lost loses its group too, when Headgate made it and nothing
 * forwards to it. The group that served before a promotion stays: a rollback goes back to it.
 */
export async function cleanUp(
  preparation: LatticePreparation,
  versions: { readonly stable: VersionId; readonly canary: VersionId; readonly live: VersionId },
): Promise<void> {
  const { groups, revision, testers } = preparation;
  await testers?.close();
  if (revision.kind === "targetGroup") return;
  const { stable, canary, live } = versions;
  const loser = live === stable ? canary : stable;
  const [lost, serving] = await Promise.all(
    [loser, live].map((id) => despiteGone(() => groups.get(id))),
  );
  if (lost === undefined) return;
  if (serving !== undefined) await giveBackCapacity(preparation, lost, serving);
  if (loser === canary) await removeGroup(preparation, lost);
}

/** In the order that AWS allows: targets, their draining, the group; then the permission that was its own. */
async function removeGroup(
  { groups, permissions, clock, place }: GroupMaking,
  lost: TargetGroup,
): Promise<void> {
  const { id, arn } = lost;
  const tags = (await despiteGone(() => groups.tagsOf(arn))) ?? {};
  if (tags[MADE_FOR_TAG] !== place.arn || !(await isReleased(groups, clock, id))) return;
  const registered = lost.targets.filter(({ status }) => status !== "DRAINING");
  if (registered.length > 0) await groups.deregister(id, registered);
  await poll({
    clock,
    deadlineMs: DRAINED_MS,
    waitingFor: `the targets of target group ${id} to be drained`,
    read: () => despiteGone(() => groups.get(id)),
    settled: (group) => ((group?.targets ?? []).length === 0 ? true : undefined),
    describe: (group) => (group?.targets ?? []).map((one) => `${one.id} ${one.status}`).join(", "),
  });
  await despiteGone(() => groups.delete(id));
  await untilGone(groups, clock, id);
  for (const target of lost.targets) {
    const fn = functionIn(target.id);
    if (fn !== undefined) await permissions.take({ function: fn, groupId: id, groupArn: arn });
  }
}

/** Whether nothing forwards to it any more. What turned back just now may still be shown as using it. */
async function isReleased(groups: TargetGroupApi, clock: Clock, id: VersionId): Promise<boolean> {
  try {
    return await poll({
      clock,
      deadlineMs: RELEASED_MS,
      waitingFor: `target group ${id} to be out of use`,
      read: () => despiteGone(() => groups.get(id)),
      settled: (group) => ((group?.serviceArns ?? []).length === 0 ? true : undefined),
      describe: (group) => (group?.serviceArns ?? []).join(", "),
    });
  } catch (error) {
    if (error instanceof RolloutError && error.code === "TIMED_OUT") return false;
    throw error;
  }
}

/** Provisioned concurrency that the version without traffic no longer needs. */
async function giveBackCapacity(
  preparation: LatticePreparation,
  lost: TargetGroup,
  serving: TargetGroup,
): Promise<void> {
  const [loser, live] = [lost, serving].map(({ targets: [target] }) =>
    target === undefined ? undefined : functionIn(target.id),
  );
  if (loser?.qualifier === undefined || live?.qualifier === undefined) return;
  // What an alias has is not ours to take.
  if (!/^\d+$/.test(loser.qualifier) || loser.arn !== live.arn) return;
  await releaseCapacity(apiOf(live, preparation), {
    loser: loser.qualifier,
    live: live.qualifier,
  });
}

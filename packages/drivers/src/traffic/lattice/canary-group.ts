import { RolloutError, type VersionId } from "@headgate/core";
import { createHash } from "node:crypto";
import { isAwsException, isNotFound } from "../../aws/errors.ts";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { PermissionApi } from "./permission.ts";
import type { Place } from "./place.ts";
import type { GroupFunction } from "./stable-function.ts";
import type { TargetGroup, TargetGroupApi } from "./target-group-api.ts";

/** Marks the groups that Headgate made, with the ARN of what they were made for. */
export const MADE_FOR_TAG = "headgate:made-for";

/** Making a group takes seconds; a target drains for about a minute. Source: AWS docs, register-targets. */
const MADE_MS = 120_000;
const GONE_MS = 120_000;

export interface GroupMaking {
  readonly groups: TargetGroupApi;
  readonly permissions: PermissionApi;
  readonly clock: Clock;
  readonly place: Place;
}

/**
 * A group for one version of a function: as it was made before, or a new one, with stable's own tags and event
 * structure. Its name says what it is for, so that an attempt whose answer was lost is found again.
 */
export async function groupFor(
  making: GroupMaking,
  wanted: { readonly function: GroupFunction; readonly stable: TargetGroup },
): Promise<VersionId> {
  const { groups, permissions, clock } = making;
  const { stable, function: fn } = wanted;
  const { eventVersion } = stable;
  const target = `${fn.arn}:${fn.qualifier ?? "$LATEST"}`;
  const name = groupName(making.place, target, eventVersion);
  const id = (await usableGroup(making, name)) ?? (await make());
  const group = await activeGroup(making, id);
  await hold(making, group, target);
  await permissions.give({ function: fn, groupId: id, groupArn: group.arn });
  await poll({
    clock,
    deadlineMs: MADE_MS,
    waitingFor: `target group ${id} to have the function`,
    read: () => groups.get(id),
    // Never HEALTHY: functions have no health checks. Source: AWS docs, target-group-health-checks.
    settled: ({ targets }) =>
      targets.some((one) => one.id === target && READY.has(one.status)) ? true : undefined,
    describe: ({ targets }) =>
      targets.map((one) => `${one.id} ${one.status} ${one.reason}`).join(", ") || "no target",
  });
  return id;

  async function make(): Promise<VersionId> {
    const own = Object.entries(await groups.tagsOf(stable.arn)).filter(
      ([key]) => !key.startsWith("aws:"),
    );
    try {
      await groups.create({
        name,
        type: "LAMBDA",
        config: { lambdaEventStructureVersion: eventVersion },
        tags: { ...Object.fromEntries(own), [MADE_FOR_TAG]: making.place.arn },
      });
    } catch (error) {
      // Our own attempt whose answer was lost.
      if (!isAwsException(error, "ConflictException")) throw error;
    }
    return poll({
      clock,
      deadlineMs: MADE_MS,
      waitingFor: `target group ${name} to be listed`,
      read: () => groups.findByName(name),
      settled: (found) => found,
      describe: () => "no such group",
    });
  }
}

const READY: ReadonlySet<string> = new Set(["UNUSED", "UNAVAILABLE", "HEALTHY"]);

/** Undefined when there is none, which includes one that is on its way out. */
async function usableGroup(making: GroupMaking, name: string): Promise<VersionId | undefined> {
  const { groups, clock } = making;
  const id = await groups.findByName(name);
  if (id === undefined) return undefined;
  const { status } = (await despiteGone(() => groups.get(id))) ?? { status: "gone" };
  if (status !== "DELETE_IN_PROGRESS" && status !== "gone") return id;
  await untilGone(groups, clock, id);
  return undefined;
}

async function activeGroup({ groups, clock }: GroupMaking, id: VersionId): Promise<TargetGroup> {
  return poll({
    clock,
    deadlineMs: MADE_MS,
    waitingFor: `target group ${id} to be active`,
    read: () => groups.get(id),
    settled: (group) => {
      if (group.status === "ACTIVE") return group;
      if (group.status === "CREATE_IN_PROGRESS") return undefined;
      throw new RolloutError(
        "CANARY_UNUSABLE",
        `target group ${id} is ${group.status}${group.failure === "" ? "" : `: ${group.failure}`}`,
        { hint: `aws vpc-lattice delete-target-group --target-group-identifier ${id}` },
      );
    },
    describe: ({ status }) => status,
  });
}

/** Makes the group hold this target and no other. */
async function hold(making: GroupMaking, group: TargetGroup, target: string): Promise<void> {
  const { groups, clock } = making;
  const { id } = group;
  const other = group.targets.find((one) => one.id !== target && one.status !== "DRAINING");
  if (other !== undefined) {
    throw new RolloutError(
      "CANARY_UNUSABLE",
      `target group ${id} (${group.name}) was made for ${target}, and holds ${other.id}`,
      { hint: "Someone else registered it there. Delete that target group, then deploy again." },
    );
  }
  const isDraining = ({ targets }: TargetGroup) =>
    targets.some((one) => one.id === target && one.status === "DRAINING");
  if (isDraining(group)) {
    await poll({
      clock,
      deadlineMs: GONE_MS,
      waitingFor: `${target} to have left target group ${id}`,
      read: () => groups.get(id),
      settled: (read) => (isDraining(read) ? undefined : true),
      describe: () => "DRAINING",
    });
  }
  // Registering what is registered changes nothing.
  await groups.register(id, target);
}

export async function untilGone(
  groups: TargetGroupApi,
  clock: Clock,
  id: VersionId,
): Promise<void> {
  await poll({
    clock,
    deadlineMs: GONE_MS,
    waitingFor: `target group ${id} to be gone`,
    read: () => despiteGone(() => groups.get(id)),
    settled: (group) => {
      if (group === undefined) return true;
      if (group.status !== "DELETE_FAILED") return undefined;
      throw new RolloutError("AWS_REFUSED", `target group ${id} stays: ${group.failure}`, {
        hint: `aws vpc-lattice delete-target-group --target-group-identifier ${id}`,
      });
    },
    describe: (group) => group?.status ?? "gone",
  });
}

/** Undefined when it is not there. */
export async function despiteGone<Value>(look: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A name may have 128 characters of a-z, 0-9 and single hyphens. Source: botocore vpc-lattice model. */
function groupName(place: Place, target: string, eventVersion: string | undefined): string {
  const seed = [place.arn, target, eventVersion ?? ""].join(" ");
  const hash = createHash("sha256").update(seed).digest("hex").slice(0, 8);
  const [name = "", qualifier = ""] = target.split(":").slice(-2);
  const slug = `${name}-${qualifier}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `headgate-${slug.replace(/^-/, "")}-${hash}`.replaceAll(/-+/g, "-");
}

import { type PreflightFinding, type Prepared, RolloutError, type VersionId } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import { isNotFound } from "../../aws/errors.ts";
import { type AwsRunner, poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { Revision as CodeRevision } from "../../revisions/code-package.ts";
import { matchCapacity } from "../lambda-alias/capacity.ts";
import type { FunctionSettings } from "../lambda-alias/function-api.ts";
import { existingVersion, type Probe, publishRevision } from "../lambda-alias/prepare.ts";
import { probeCanary } from "../lambda-alias/probe.ts";
import { settledConfiguration } from "../lambda-alias/publish.ts";
import { groupFor } from "./canary-group.ts";
import type { PermissionApi } from "./permission.ts";
import type { Place } from "./place.ts";
import type { LatticeRoute } from "./route.ts";
import { CHANGE_MS, type Shifter } from "./shift.ts";
import { apiOf, functionOf, servingVersion } from "./stable-function.ts";
import type { TargetGroup, TargetGroupApi } from "./target-group-api.ts";
import type { TestersRule } from "./testers.ts";

/** What a new version is made from. */
export type LatticeRevision =
  | CodeRevision
  /** A target group by id, ARN or name. */
  | { readonly kind: "targetGroup"; readonly targetGroup: string };

export interface LatticePreparation {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  readonly place: Place;
  readonly groups: TargetGroupApi;
  readonly permissions: PermissionApi;
  readonly shifter: Shifter;
  readonly testers: TestersRule | undefined;
  readonly revision: LatticeRevision;
  readonly settings: FunctionSettings;
  readonly description: string | undefined;
  readonly probe: Probe;
}

/** Until a target is HEALTHY: AWS's default takes five checks, thirty seconds apart. All of `prepare` must end in 15. */
const HEALTHY_MS = 480_000;

/** The steps that make the canary's target group exist, answer and be healthy, in their order. */
export async function prepareCanary(preparation: LatticePreparation): Promise<Prepared> {
  const { place, shifter, revision, testers } = preparation;
  const route = await shifter.readRoute();
  const warnings: PreflightFinding[] = [];
  let canary: VersionId;
  if (revision.kind === "targetGroup") {
    canary = await existingGroup(preparation, revision.targetGroup);
    mustBeOneGroup(place, route, canary);
    if (canary === route.stable) throw unchanged(place, `target group ${canary}`);
    await mustServe(preparation, route, canary);
  } else {
    mustBeOneGroup(place, route, undefined);
    canary = await functionGroup(preparation, revision, route.stable, warnings);
    if (canary === route.stable) throw unchanged(place, `target group ${canary}`);
  }
  await testers?.open(canary);
  const { token } = await shifter.readRoute();
  const published = revision.kind !== "targetGroup" && revision.kind !== "version";
  return { stable: route.stable, canary, published, token, warnings };
}

/**
 * @param attached a group that may stand beside stable with no weight: this rollout's own, from an attempt before.
 * @throws {RolloutError} TARGET_UNSUITABLE
 */
export function mustBeOneGroup(
  { label }: Place,
  route: LatticeRoute,
  attached: VersionId | undefined,
): void {
  const [stable, ...others] = route.groups;
  if (stable === undefined) {
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `${label} forwards to no target group: it has a ${route.stable}`,
      { hint: "Let it forward to the target group that serves now." },
    );
  }
  const foreign = others.filter(({ id, weight }) => id !== attached || weight > 0);
  if (foreign.length > 0) {
    const all = route.groups.map(({ id, weight }) => `${id} with weight ${weight}`).join(", ");
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `${label} names more than one target group: ${all}`,
      {
        hint: "Finish or undo the other rollout first: one target group alone must serve, also none of weight 0 beside it.",
      },
    );
  }
  if (stable.weight === 0) {
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `${label}: target group ${stable.id} has weight 0`,
      {
        hint: "Nothing serves there now. Give it a weight, then deploy.",
      },
    );
  }
}

export async function existingGroup(
  { groups }: Pick<LatticePreparation, "groups">,
  identifier: string,
): Promise<VersionId> {
  try {
    const id = await groups.idOf(identifier);
    await groups.get(id);
    return id;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new RolloutError("REVISION_NOT_FOUND", `revision.targetGroup: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

async function functionGroup(
  preparation: LatticePreparation,
  revision: CodeRevision,
  stable: VersionId,
  warnings: PreflightFinding[],
): Promise<VersionId> {
  const { groups, clock, probe, settings, description } = preparation;
  const stableGroup = await groups.get(stable);
  const running = functionOf(stableGroup);
  const api = apiOf(running, preparation);
  const serving = await servingVersion(api, running);
  if (revision.kind !== "version") mustNotBeLatest(preparation.place, stable, serving);
  const version =
    revision.kind === "version"
      ? await existingVersion(api, revision.version)
      : await publishRevision({ api, clock, settings, description }, revision);
  if (version === serving)
    throw unchanged(preparation.place, `version ${version} of ${running.name}`);
  await settledConfiguration(api, clock, version);
  if (probe.kind === "invoke") {
    const finding = await probeCanary(api, version, probe.payload);
    if (finding.outcome === "warning") warnings.push(finding);
  }
  if (serving !== undefined) await matchCapacity(api, clock, { stable: serving, canary: version });
  const wanted = { function: { ...running, qualifier: version }, stable: stableGroup };
  return groupFor(preparation, wanted);
}

/** New code becomes $LATEST first: where that serves, it would be live at once. */
export function mustNotBeLatest(
  { label }: Place,
  stable: VersionId,
  serving: string | undefined,
): void {
  if (serving !== undefined) return;
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `${label}: stable target group ${stable} holds $LATEST, so that new code would serve before it is a canary`,
    {
      hint: "Publish a version, register its ARN in a target group of its own, and forward to that one.",
    },
  );
}

/** Waits until an existing group can take requests, which may need its health checks to run first. */
async function mustServe(
  preparation: LatticePreparation,
  { stable, token }: LatticeRoute,
  canary: VersionId,
): Promise<void> {
  const { groups, clock, shifter, permissions } = preparation;
  const group = await groups.get(canary);
  const reason = flawOf(group, preparation);
  if (reason !== undefined) {
    throw new RolloutError("CANARY_UNUSABLE", `target group ${canary} ${reason.what}`, {
      hint: reason.hint,
    });
  }
  if (group.type === "LAMBDA") {
    const fn = functionOf(group);
    await permissions.give({ function: fn, groupId: canary, groupArn: group.arn });
    return;
  }
  if (!group.healthCheck) return;
  const change = { stable, canary, token };
  // Only what is named by a listener or a rule is checked: UNUSED otherwise, whatever its targets do.
  await shifter.attach(change, clock.nowMs() + CHANGE_MS);
  try {
    await poll({
      clock,
      deadlineMs: HEALTHY_MS,
      waitingFor: `a healthy target in target group ${canary}`,
      read: () => groups.get(canary),
      settled: ({ targets }) =>
        targets.some(({ status }) => status === "HEALTHY") ? true : undefined,
      describe: ({ targets }) => targets.map(({ id, status }) => `${id} ${status}`).join(", "),
    });
  } catch (error) {
    await shifter.restore(change, clock.nowMs() + CHANGE_MS);
    if (!(error instanceof RolloutError) || error.code !== "TIMED_OUT") throw error;
    throw new RolloutError("CANARY_UNUSABLE", error.message, {
      hint: "Look at its health check and at what its targets answer.",
      cause: error,
    });
  }
}

/** Why a group cannot be a canary, whatever its targets do; undefined when it can. */
export function flawOf(
  group: TargetGroup,
  { place }: Pick<LatticePreparation, "place">,
): { readonly what: string; readonly hint: string } | undefined {
  const { status, targets, serviceArns } = group;
  if (status !== "ACTIVE") {
    return { what: `is ${status}, not ACTIVE`, hint: "Wait until VPC Lattice has made it." };
  }
  if (targets.every((target) => target.status === "DRAINING")) {
    const hint = "Register its targets: aws vpc-lattice register-targets.";
    return { what: "has no targets", hint };
  }
  // Source: AWS docs, "Target groups in VPC Lattice": one service may use a target group.
  const other = serviceArns.find((arn) => !arn.endsWith(`/${place.serviceId}`));
  if (other === undefined) return undefined;
  return {
    what: `is used by another service: ${other}`,
    hint: "Release a target group that no other service forwards to.",
  };
}

function unchanged({ label }: Place, what: string): RolloutError {
  return new RolloutError(
    "REVISION_UNCHANGED",
    `the revision is what ${label} already runs: ${what}`,
    {
      hint: "There is nothing to roll out. Was the package built again after the change?",
    },
  );
}

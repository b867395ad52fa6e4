import {
  ALL_TRAFFIC,
  type LiveRoute,
  NO_TRAFFIC,
  RolloutError,
  type VersionId,
} from "@headgate/core";
import type { Forward } from "../ecs/forward.ts";
import { type EcsPlace, groupName, type GroupPlace } from "../ecs/place.ts";
import type { ServiceView, TaskSetView } from "../ecs/service.ts";
import { pairFor, shareOf } from "../lattice/weights.ts";

/** A live route with all that it was made from. */
export interface EcsRoute extends LiveRoute {
  readonly forward: Forward;
  readonly service: ServiceView;
  /** Where stable is: the primary task set's group, or else the one with the most weight. */
  readonly stableGroupArn: string;
}

/**
 * The forward action and the task sets as a route: the version of the PRIMARY task set is stable, what else has a
 * weight is the canary. A version is the task definition of the task set in a target group; a group that has none
 * is nobody's version. Elastic Load Balancing has no revision to mark a state with: the weights themselves, and
 * which task set is primary, are the token.
 */
export function routeOf(place: EcsPlace, forward: Forward, service: ServiceView): EcsRoute {
  const primary = service.taskSets.find(({ status }) => status === "PRIMARY");
  const token = `${forward.token} primary ${primary?.id ?? "none"}`;
  const parts = { token, forward, service };
  const serving = forward.groups.filter(({ weight }) => weight > 0);
  const heaviest = serving.toSorted((left, right) => right.weight - left.weight)[0]?.arn;
  const stableGroupArn = groupOfSet(place, primary) ?? heaviest ?? "";
  const of = (arn: string) => versionIn(place, service, arn);
  if (forward.groups.length === 0) {
    return {
      ...parts,
      stable: primary?.version ?? "no target group",
      weight: NO_TRAFFIC,
      stableGroupArn,
    };
  }
  const stable = { ...parts, stable: of(stableGroupArn), stableGroupArn };
  const others = serving.filter(({ arn }) => arn !== stableGroupArn);
  if (others.length === 0) return { ...stable, weight: NO_TRAFFIC };
  const own = serving.find(({ arn }) => arn === stableGroupArn)?.weight ?? 0;
  const canary = others.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...stable,
    // More than one is never a rollout's doing; named together they are nobody's canary.
    canary: others.map(({ arn }) => of(arn)).join(" + "),
    weight: shareOf({ stable: own, canary }),
  };
}

/** Only what the contract promises. */
export function liveRoute({ stable, canary, weight, token }: EcsRoute): LiveRoute {
  return { stable, ...(canary === undefined ? {} : { canary }), weight, token };
}

/** The task set in a target group that is not on its way out: the primary one, or else the newest. */
export function taskSetIn(
  { taskSets }: Pick<ServiceView, "taskSets">,
  groupArn: string,
): TaskSetView | undefined {
  return taskSets
    .filter(({ groupArns, status }) => groupArns.includes(groupArn) && status !== "DRAINING")
    .toSorted((left, right) => rank(right) - rank(left))[0];
}

function rank({ status, createdAtMs }: TaskSetView): number {
  return status === "PRIMARY" ? Infinity : createdAtMs;
}

export function taskSetOf(
  { taskSets }: Pick<ServiceView, "taskSets">,
  version: VersionId,
): TaskSetView | undefined {
  return taskSets.find((set) => set.version === version && set.status !== "DRAINING");
}

/** The one of the release's two target groups that holds the version's tasks. */
export function groupOf(
  place: EcsPlace,
  service: Pick<ServiceView, "taskSets">,
  version: VersionId,
): GroupPlace | undefined {
  const arn = groupOfSet(place, taskSetOf(service, version));
  return place.groups.find((group) => group.arn === arn);
}

/** The other one. */
export function otherGroup({ groups: [one, other] }: EcsPlace, arn: string): GroupPlace {
  return one.arn === arn ? other : one;
}

function groupOfSet({ groups }: EcsPlace, set: TaskSetView | undefined): string | undefined {
  const arns = set?.groupArns ?? [];
  return arns.find((arn) => groups.some((group) => group.arn === arn)) ?? arns[0];
}

function versionIn(place: EcsPlace, service: ServiceView, arn: string): VersionId {
  return taskSetIn(service, arn)?.version ?? `target group ${groupName(place, arn)}`;
}

/** "web:6 alone", "web:6, 10% to web:7" */
export function describeRoute({ stable, canary, weight }: Omit<LiveRoute, "token">): string {
  return canary === undefined || weight === 0
    ? `${stable} alone`
    : `${stable}, ${weight / 100}% to ${canary}`;
}

/** The share that a wanted one becomes in weights. */
export function keptShare(weight: LiveRoute["weight"]): LiveRoute["weight"] {
  return weight === 0 || weight === ALL_TRAFFIC ? weight : shareOf(pairFor(weight));
}

export function changedElsewhere(
  place: EcsPlace,
  live: LiveRoute,
  what: string,
  prevention: string,
): RolloutError {
  return new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${place.action.label} was changed by someone else: ${what}; it now has ${describeRoute(live)}. Nothing was overwritten`,
    { hint: `Find out who else changes it, then go on or deploy again. ${prevention}` },
  );
}

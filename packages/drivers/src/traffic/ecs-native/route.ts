import { type LiveRoute, NO_TRAFFIC, RolloutError, type VersionId } from "@headgate/core";
import type { Forward } from "../ecs/forward.ts";
import { type EcsPlace, groupName, type GroupPlace } from "../ecs/place.ts";
import { describeRoute } from "../ecs-task-sets/route.ts";
import { shareOf } from "../lattice/weights.ts";
import {
  type DeploymentView,
  describeDeployment,
  type EcsSight,
  revisionOf,
  type RevisionView,
} from "./sight.ts";

/** A live route with all that it was made from. */
export interface NativeRoute extends LiveRoute {
  readonly forward: Forward;
  readonly sight: EcsSight;
  /** Where stable is. */
  readonly stableGroupArn: string;
}

/** Which version each of the two target groups holds. */
interface Sides {
  readonly stable: Side;
  readonly other: Side | undefined;
}

interface Side {
  readonly groupArn: string;
  readonly version: VersionId;
}

/**
 * The forward action, the deployment under way and the service's revisions as a route. The source revision is stable
 * until the target revision has all traffic: then that one is, for ECS's last step is the promotion. The weights and
 * which revisions they are between are the token; that ECS tidies up behind does not change it.
 */
export function routeOf(place: EcsPlace, forward: Forward, sight: EcsSight): NativeRoute {
  const serving = forward.groups.filter(({ weight }) => weight > 0);
  const { stable, other } = sidesOf(place, forward, sight);
  const parts = {
    token: `${forward.token} revisions ${revisionsText(stable, sight)}`,
    forward,
    sight,
    stable: stable.version,
    stableGroupArn: stable.groupArn,
  };
  const versionIn = (arn: string): VersionId => {
    if (arn === stable.groupArn) return stable.version;
    return arn === other?.groupArn ? other.version : `target group ${groupName(place, arn)}`;
  };
  const away = serving.filter(({ arn }) => versionIn(arn) !== stable.version);
  if (away.length === 0) return { ...parts, weight: NO_TRAFFIC };
  const sum = (groups: typeof serving) => groups.reduce((total, { weight }) => total + weight, 0);
  const canary = sum(away);
  return {
    ...parts,
    // More than one is never a rollout's doing; named together they are nobody's canary.
    canary: away.map(({ arn }) => versionIn(arn)).join(" + "),
    weight: shareOf({ stable: sum(serving) - canary, canary }),
  };
}

function sidesOf(place: EcsPlace, forward: Forward, sight: EcsSight): Sides {
  const { deployment, service, revisions, currentArns } = sight;
  const serving = forward.groups
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight);
  const heaviest = serving[0]?.arn ?? "";
  const source = revisionOf(sight, deployment?.sourceArn);
  const target = revisionOf(sight, deployment?.targetArn);
  if (deployment === undefined || source === undefined || target === undefined) {
    const current = revisions.filter(({ arn }) => currentArns.includes(arn));
    const inGroup = (arn: string) => current.find(({ groupArns }) => groupArns.includes(arn));
    const side = (arn: string, revision: RevisionView | undefined): Side => ({
      groupArn: arn,
      version: revision?.version ?? `target group ${groupName(place, arn)}`,
    });
    const other = otherGroup(place, heaviest).arn;
    // One that stands in no group of its own may be a rolling deployment's: its tasks are where the traffic is.
    const [only] = current;
    const stable = inGroup(heaviest) ?? (current.length === 1 ? only : undefined);
    if (serving.length === 0) {
      return { stable: { groupArn: "", version: only?.version ?? service.name }, other: undefined };
    }
    return { stable: side(heaviest, stable), other: side(other, inGroup(other)) };
  }
  const blue = place.groups.find(({ arn }) => source.groupArns.includes(arn))?.arn ?? heaviest;
  const green = otherGroup(place, blue).arn;
  const sides = {
    stable: { groupArn: blue, version: source.version },
    other: { groupArn: green, version: target.version },
  };
  const hasAll = serving.length === 1 && serving[0]?.arn === green;
  return deployment.isForward && hasAll ? { stable: sides.other, other: sides.stable } : sides;
}

/** Between which revisions the traffic is shared, so that a deployment of the same version is another state too. */
function revisionsText(stable: Side, sight: EcsSight): string {
  const { deployment, currentArns } = sight;
  const id = (arn: string | undefined) => revisionOf(sight, arn)?.id ?? "none";
  if (deployment === undefined) return currentArns.map(id).join("+");
  const { sourceArn, targetArn, isForward } = deployment;
  if (!isForward) return id(sourceArn);
  const [source, target] = [revisionOf(sight, sourceArn), revisionOf(sight, targetArn)];
  const isPromoted = target?.version === stable.version && source?.version !== stable.version;
  return isPromoted ? id(targetArn) : `${id(sourceArn)}-${id(targetArn)}`;
}

/** Only what the contract promises. */
export function liveRoute({ stable, canary, weight, token }: NativeRoute): LiveRoute {
  return { stable, ...(canary === undefined ? {} : { canary }), weight, token };
}

/** The one of the release's two target groups that holds the version's tasks. */
export function groupOf(
  place: EcsPlace,
  { forward, sight }: Pick<NativeRoute, "forward" | "sight">,
  version: VersionId,
): GroupPlace | undefined {
  const { stable, other } = sidesOf(place, forward, sight);
  const side = [stable, other].find((one) => one?.version === version);
  return place.groups.find(({ arn }) => arn === side?.groupArn);
}

export function otherGroup({ groups: [one, other] }: EcsPlace, arn: string): GroupPlace {
  return one.arn === arn ? other : one;
}

/** The revision of a version that the service has tasks of. */
export function revisionWith(sight: EcsSight, version: VersionId): RevisionView | undefined {
  return sight.revisions.find((one) => one.version === version);
}

export function changedElsewhere(parts: {
  readonly place: EcsPlace;
  readonly live: NativeRoute;
  readonly what: string;
  readonly prevention: string;
  /** The service's newest deployment: what became of it tells who did what. */
  readonly newest: DeploymentView | undefined;
}): RolloutError {
  const { place, live, what, prevention, newest } = parts;
  const told =
    newest === undefined ? "" : `; its newest deployment is ${describeDeployment(newest)}`;
  return new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${place.label} was changed by someone else: ${what}; ${place.action.label} now has ${describeRoute(live)}${told}. Nothing was overwritten`,
    {
      hint: `Somebody continued, stopped or replaced the deployment, or moved the weights: CloudTrail has ContinueServiceDeployment, StopServiceDeployment, UpdateService and ModifyRule. ${prevention}`,
    },
  );
}

import type { RuleAction } from "@aws-sdk/client-vpc-lattice";
import {
  type LiveRoute,
  NO_TRAFFIC,
  RolloutError,
  type VersionId,
  type WeightBps,
} from "@headgate/core";
import { DEFAULT_WEIGHT, pairFor, shareOf } from "./weights.ts";

/** The action of a listener or a rule, as it was read. */
export interface ReadAction {
  readonly action: RuleAction | undefined;
  readonly lastUpdatedAt: Date | undefined;
}

export interface WeightedGroup {
  readonly id: VersionId;
  /** 0 to 999. */
  readonly weight: number;
}

/** A live route, with all that the action names. */
export interface LatticeRoute extends LiveRoute {
  /** In the action's order; empty when it does not forward. Those without a weight are there too. */
  readonly groups: readonly WeightedGroup[];
}

/** A split to make live. */
export interface Split {
  readonly stable: VersionId;
  /** Undefined, or of weight 0, for stable alone. */
  readonly canary: VersionId | undefined;
  readonly weight: WeightBps;
  /** Names the canary's group although its weight is 0, for its health checks to begin. */
  readonly isAttached?: boolean;
}

/**
 * The action as a route: the first group is stable, what stands behind it the canary. That order is ours: VPC
 * Lattice gives none a meaning. Unverified: that AWS answers the groups in the order they were given.
 * There is no revision to mark a state with: the time of the last change and the groups themselves are the token.
 */
export function routeOf({ action, lastUpdatedAt }: ReadAction): LatticeRoute {
  const groups = groupsOf(action);
  const seen = groups.map(({ id, weight }) => `${id}=${weight}`).join(",");
  const token = `${lastUpdatedAt?.toISOString() ?? ""} ${seen}`;
  const [first, ...others] = groups;
  if (first === undefined) {
    const status = action?.fixedResponse?.statusCode;
    return {
      stable: `fixed response ${status ?? "of no status"}`,
      weight: NO_TRAFFIC,
      token,
      groups,
    };
  }
  const serving = others.filter(({ weight }) => weight > 0);
  const route = { stable: first.id, weight: NO_TRAFFIC, token, groups };
  if (serving.length === 0) return route;
  const canary = serving.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...route,
    // More than one is never a rollout's doing; named together they are nobody's canary.
    canary: serving.map(({ id }) => id).join(" + "),
    weight: shareOf({ stable: first.weight, canary }),
  };
}

function groupsOf(action: RuleAction | undefined): readonly WeightedGroup[] {
  return (action?.forward?.targetGroups ?? []).map(
    ({ targetGroupIdentifier = "", weight = DEFAULT_WEIGHT }) => ({
      id: idOf(targetGroupIdentifier),
      weight,
    }),
  );
}

/** "tg-0..." of an id or of an ARN. */
export function idOf(identifier: string): string {
  return identifier.slice(identifier.lastIndexOf("/") + 1);
}

/** Only what the contract promises. */
export function liveRoute({ stable, canary, weight, token }: LatticeRoute): LiveRoute {
  return { stable, ...(canary === undefined ? {} : { canary }), weight, token };
}

export function actionFor({ stable, canary, weight, isAttached = false }: Split): RuleAction {
  const alone = { targetGroupIdentifier: stable, weight: DEFAULT_WEIGHT };
  if (canary === undefined || (weight === 0 && !isAttached)) {
    return { forward: { targetGroups: [alone] } };
  }
  const pair = weight === 0 ? { stable: DEFAULT_WEIGHT, canary: 0 } : pairFor(weight);
  return {
    forward: {
      targetGroups: [
        { targetGroupIdentifier: stable, weight: pair.stable },
        { targetGroupIdentifier: canary, weight: pair.canary },
      ],
    },
  };
}

/** Whether the action does what the split asks, in whatever numbers. */
export function isLive(route: LatticeRoute, split: Split): boolean {
  const { stable, canary, weight, isAttached = false } = split;
  const [first, second, third] = route.groups;
  if (first?.id !== stable || third !== undefined) return false;
  if (canary === undefined || (weight === 0 && !isAttached)) {
    return second === undefined && first.weight > 0;
  }
  if (second?.id !== canary) return false;
  return weight === 0
    ? route.weight === 0 && first.weight > 0
    : route.weight === shareOf(pairFor(weight));
}

/** "target group tg-1, 10% to tg-2" */
export function describeRoute({ stable, canary, weight }: Split | LiveRoute): string {
  return canary === undefined || weight === 0
    ? `target group ${stable} alone`
    : `target group ${stable}, ${weight / 100}% to ${canary}`;
}

export function changedElsewhere(label: string, live: LiveRoute, what: string): RolloutError {
  return new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${label} was changed by someone else: ${what}; it now has ${describeRoute(live)}. Nothing was overwritten`,
    {
      hint: "Find out who else changes the listener or rule (Terraform, CloudFormation, a rollback function, a person), then deploy again.",
    },
  );
}

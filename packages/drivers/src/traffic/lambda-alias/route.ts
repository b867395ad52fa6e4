import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import {
  invariant,
  type LiveRoute,
  NO_TRAFFIC,
  RolloutError,
  type VersionId,
  type WeightBps,
  weightBps,
} from "@headgate/core";
import type { AliasUpdate } from "./function-api.ts";

/** Lambda counts in shares of one. Every basis point is exact enough as a double: 1250 is 0.125. */
const BPS_OF_ONE = 10_000;

/** A split to make live. */
export interface Split {
  readonly stable: VersionId;
  /** Undefined, or of weight 0, for a single version. */
  readonly canary: VersionId | undefined;
  readonly weight: WeightBps;
}

/** The alias as a route: FunctionVersion is the stable version, the additional one the canary. */
export function routeOf(alias: AliasConfiguration): LiveRoute {
  const { FunctionVersion: stable, RevisionId: token, RoutingConfig } = alias;
  invariant(stable !== undefined && token !== undefined, "Lambda's aliases have both fields");
  // Lambda allows one additional version, so the first is all. Source: AWS docs, configuration-aliases.
  const [additional] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
  if (additional === undefined) return { stable, weight: NO_TRAFFIC, token };
  const [canary, share] = additional;
  return { stable, canary, weight: weightBps(Math.round(share * BPS_OF_ONE)), token };
}

/** What to send so that `split` becomes live, starting from the route marked `token`. */
export function updateFor({ stable, canary, weight }: Split, token: string): AliasUpdate {
  const hasCanary = canary !== undefined && weight > 0;
  const weights = hasCanary ? { [canary]: weight / BPS_OF_ONE } : {};
  return { version: stable, weights, revisionId: token };
}

export function isLive(route: LiveRoute, { stable, canary, weight }: Split): boolean {
  if (route.stable !== stable) return false;
  if (weight === 0) return route.canary === undefined;
  return route.canary === canary && route.weight === weight;
}

/** "version 3, 10% to version 4" */
export function describeRoute({ stable, canary, weight }: Split | LiveRoute): string {
  return canary === undefined || weight === 0
    ? `version ${stable} alone`
    : `version ${stable}, ${weight / 100}% to version ${canary}`;
}

export function changedElsewhere(label: string, live: LiveRoute, what: string): RolloutError {
  return new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${label} was changed by someone else: ${what}; it now has ${describeRoute(live)}. Nothing was overwritten`,
    {
      hint: "Find out who else changes the alias (Terraform, CloudFormation, CodeDeploy, a person), then deploy again.",
    },
  );
}

import type { Stage } from "@aws-sdk/client-api-gateway";
import {
  invariant,
  type LiveRoute,
  NO_TRAFFIC,
  type VersionId,
  type WeightBps,
  weightBps,
} from "@headgate/core";

/** API Gateway counts in percent, with decimals: 1234 basis points are 12.34. */
const BPS_OF_ONE_PERCENT = 100;

/** The part of a stage that routes. */
export interface StageRoute {
  readonly deploymentId: string;
  readonly canary: StageCanary | undefined;
  readonly token: string;
}

export interface StageCanary {
  readonly deploymentId: string;
  readonly weight: WeightBps;
  readonly hasOverrides: boolean;
}

/** A split to make live. */
export interface Split {
  readonly stable: VersionId;
  /** Undefined, or of weight 0, for a stage without a canary. */
  readonly canary: VersionId | undefined;
  readonly weight: WeightBps;
}

export function stageRouteOf(stage: Stage): StageRoute {
  const { deploymentId, canarySettings } = stage;
  invariant(deploymentId !== undefined, "API Gateway's stages have a deployment");
  const { deploymentId: canaryId = deploymentId, percentTraffic = 0 } = canarySettings ?? {};
  return {
    deploymentId,
    canary: canarySettings && {
      deploymentId: canaryId,
      weight: weightBps(Math.round(percentTraffic * BPS_OF_ONE_PERCENT)),
      hasOverrides: Object.keys(canarySettings.stageVariableOverrides ?? {}).length > 0,
    },
    token: tokenOf(stage),
  };
}

/**
 * A stage has no revision of its own, so its mark is made of what routes and of the time of its last
 * change, which AWS keeps by the second. An unrelated change of the stage changes the mark too.
 */
function tokenOf({ deploymentId, canarySettings, variables, lastUpdatedDate }: Stage): string {
  const { deploymentId: canary, percentTraffic, stageVariableOverrides } = canarySettings ?? {};
  return JSON.stringify([
    deploymentId,
    canarySettings === undefined ? null : [canary, percentTraffic, sorted(stageVariableOverrides)],
    sorted(variables),
    lastUpdatedDate?.getTime(),
  ]);
}

function sorted(
  names: Readonly<Record<string, string>> | undefined,
): readonly (readonly string[])[] {
  return Object.entries(names ?? {}).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

/** As the controller sees it: a canary without a share of the traffic is none. */
export function routeOf({ deploymentId: stable, canary, token }: StageRoute): LiveRoute {
  return canary === undefined || canary.weight === 0
    ? { stable, weight: NO_TRAFFIC, token }
    : { stable, canary: canary.deploymentId, weight: canary.weight, token };
}

/** Without a share the settings must be gone too: the next plain deployment is refused while they are there. */
export function isLive(stage: StageRoute, { stable, canary, weight }: Split): boolean {
  if (stage.deploymentId !== stable) return false;
  if (weight === 0) return stage.canary === undefined;
  return stage.canary?.deploymentId === canary && stage.canary?.weight === weight;
}

/** "12.34", as percentTraffic is written. */
export function percentOf(weight: WeightBps): string {
  return String(weight / BPS_OF_ONE_PERCENT);
}

/** "deployment abc123, 10% to deployment def456" */
export function describeRoute({ stable, canary, weight }: Split | LiveRoute): string {
  return canary === undefined || weight === 0
    ? `deployment ${stable} alone`
    : `deployment ${stable}, ${percentOf(weight)}% to deployment ${canary}`;
}

import { type Prepared, RolloutError } from "@headgate/core";
import type { Clock } from "../../clock.ts";
import { deploymentOf, type StageRevision } from "./deploy.ts";
import { describeRoute, routeOf, type StageRoute, stageRouteOf } from "./stage.ts";
import type { StageApi } from "./stage-api.ts";

export interface Preparation {
  readonly api: StageApi;
  readonly clock: Clock;
  readonly revision: StageRevision;
  /** Stands in a deployment that is made. */
  readonly description: string | undefined;
}

/**
 * Makes the canary's deployment exist. A deployment cannot be asked anything before it has traffic: API
 * Gateway's TestInvokeMethod asks the API as it is now. Hooks before traffic can ask what is behind it.
 */
export async function prepareCanary(preparation: Preparation): Promise<Prepared> {
  const { api } = preparation;
  const before = stageRouteOf(await api.getStage());
  const reason = splitReason(before);
  if (reason !== undefined) {
    throw new RolloutError("TARGET_UNSUITABLE", `stage ${api.stageName}: ${reason}`, {
      hint: await removalHint(api),
    });
  }
  const { deploymentId: stable } = before;
  const { deployment, isOurs, warnings } = await deploymentOf(preparation, stable);
  const { token } = stageRouteOf(await api.getStage());
  return { stable, canary: deployment, published: isOurs, token, warnings };
}

/** Why a rollout cannot begin on the stage, or undefined: somebody's canary is there. */
export function splitReason(stage: StageRoute): string | undefined {
  const { canary } = stage;
  if (canary === undefined) return undefined;
  const route = routeOf(stage);
  if (canary.weight > 0 && canary.deploymentId === stage.deploymentId) {
    return `it has a canary of its own deployment ${stage.deploymentId} (${canary.weight / 100}%), as percentTraffic alone makes one`;
  }
  if (canary.weight > 0) return `it already splits its traffic: ${describeRoute(route)}`;
  // Left there, its variables would become the new canary's.
  return canary.hasOverrides
    ? `it has canary settings without traffic, with variables of their own (deployment ${canary.deploymentId})`
    : undefined;
}

export async function removalHint(api: StageApi): Promise<string> {
  const { id } = await api.restApi();
  return (
    "Finish the other rollout, or take its canary away: aws apigateway update-stage " +
    `--rest-api-id ${id} --stage-name ${api.stageName} --patch-operations op=remove,path=/canarySettings`
  );
}

import { type LiveRoute, type MonitoredTarget, type RolloutSpec } from "@headgate/core";
import { apiGatewayTarget } from "./api-gateway-target.ts";
import { ecsTarget } from "./ecs-target.ts";
import { lambdaTarget } from "./lambda-target.ts";
import { latticeTarget } from "./lattice-target.ts";
import type { MonitoringAccess } from "./parts.ts";
import { type Published, withData } from "./published.ts";

/**
 * What there is to watch of a spec's target. Counts by version come with the first request; everything else is
 * only taken when it has been published.
 */
export async function lookAtTarget(
  access: MonitoringAccess,
  spec: Pick<RolloutSpec, "name" | "target">,
  readRoute: () => Promise<LiveRoute>,
  published: Published,
): Promise<MonitoredTarget> {
  const found = await targetOf(access, spec.target, readRoute, published);
  const { extras, leftOut } = await withData(found.extras, published);
  return { ...found, name: spec.name, extras, chartsLeftOut: leftOut };
}

async function targetOf(
  access: MonitoringAccess,
  { lambda, ecs, lattice, apiGateway }: RolloutSpec["target"],
  readRoute: () => Promise<LiveRoute>,
  published: Published,
): Promise<Omit<MonitoredTarget, "name" | "chartsLeftOut">> {
  if (lambda !== undefined) return lambdaTarget(lambda, await readRoute());
  if (ecs !== undefined) return ecsTarget(access, ecs);
  if (lattice !== undefined) return latticeTarget(access, lattice, await readRoute());
  if (apiGateway !== undefined) return apiGatewayTarget(access, apiGateway, published);
  // The parser has seen to it that one target is given.
  throw new Error("a spec without a target passed the parser");
}

import type { Random } from "../../random.ts";
import type { LiveTarget } from "./live-services.ts";

/**
 * Draws one of the healthy targets; of all, when none is healthy.
 * Source: AWS docs, "Health checks for VPC Lattice target groups" (all unhealthy: all get requests).
 */
export function chooseTarget(
  targets: readonly LiveTarget[],
  random: Random,
): LiveTarget | undefined {
  const healthy = targets.filter(({ isHealthy }) => isHealthy);
  const usable = healthy.length > 0 ? healthy : targets;
  return usable[random.int(usable.length)];
}

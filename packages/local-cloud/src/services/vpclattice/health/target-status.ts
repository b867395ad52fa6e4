import type { PlaceState, TargetGroupRow, TargetRow } from "../state.ts";
import { targetKey } from "../state.ts";
import { servicesUsing } from "../usage.ts";
import type { Health, HealthBook } from "./health-book.ts";

export interface TargetState {
  readonly status: "DRAINING" | "UNAVAILABLE" | "HEALTHY" | "UNHEALTHY" | "INITIAL" | "UNUSED";
  readonly reasonCode: string | undefined;
}

/** Targets of a group that drain no more are gone. */
export function removeDrained(state: PlaceState, groupId: string, nowMs: number): void {
  const targets = state.targets(groupId);
  for (const [key, { drainedAtMs }] of targets.entries()) {
    if (drainedAtMs !== undefined && drainedAtMs <= nowMs) targets.delete(key);
  }
}

/**
 * What ListTargets says of each target of a group.
 * Source: AWS docs, API_TargetSummary; hashicorp/terraform-provider-aws#40581 (HealthCheckNotSupported) and
 * #46793 (TargetGroupNotInUse). Unverified: the other reason codes.
 */
export function targetStates(
  state: PlaceState,
  group: TargetGroupRow,
  health: HealthBook,
): (target: TargetRow) => TargetState {
  const isUsed = servicesUsing(state, group.id).length > 0;
  return (target) => {
    if (target.drainedAtMs !== undefined) {
      return { status: "DRAINING", reasonCode: "DeregistrationInProgress" };
    }
    if (!isUsed) return { status: "UNUSED", reasonCode: "TargetGroupNotInUse" };
    const { healthCheck } = group.config;
    if (healthCheck === undefined || group.type !== "IP") {
      return { status: "UNAVAILABLE", reasonCode: "HealthCheckNotSupported" };
    }
    if (!healthCheck.enabled) return { status: "UNAVAILABLE", reasonCode: "HealthCheckDisabled" };
    return stateOf(health.of(state.place, group.id, targetKey(target)));
  };
}

function stateOf(health: Health | undefined): TargetState {
  if (health === undefined) return { status: "INITIAL", reasonCode: "InitialHealthChecking" };
  return { status: health.status, reasonCode: health.reasonCode };
}

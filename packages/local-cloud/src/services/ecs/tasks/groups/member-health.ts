import type { TargetGroupPort } from "../../../../data-plane/ports.ts";
import { findTaskDefinition } from "../../lookups.ts";
import type { PlaceState, TaskRow } from "../../state.ts";
import { isChecked } from "../book.ts";
import { targetsOf } from "../targets.ts";

/** What the checks say of a task that is to run. `reason` is in the words of a service's events. */
export type MemberHealth =
  | { readonly kind: "healthy" }
  | { readonly kind: "waiting" }
  | { readonly kind: "unhealthy"; readonly stoppedReason: string; readonly reason: string };

/** Where the health of targets is read. */
interface TargetHealth {
  readonly targetGroups: TargetGroupPort | undefined;
  /** By ARN: groups that say nothing to the scheduler. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/**
 * How long a task that nothing checks must have run to count: one that ends at once was never healthy. Ours; AWS
 * counts such a task as failed too.
 */
export const UNCHECKED_RUN_MS = 2000;

/**
 * Healthy: RUNNING, HEALTHY by the checks of its essential containers where there are any, and in service (or not
 * checked, or unused) in each target group. Source: AWS docs, service definition parameters (minimumHealthyPercent).
 */
export function healthOfMember(
  { targetGroups, unreadable }: TargetHealth,
  state: PlaceState,
  row: TaskRow,
  nowMs: number,
): MemberHealth {
  if (row.lastStatus !== "RUNNING") return { kind: "waiting" };
  if (row.healthStatus === "UNHEALTHY") {
    return {
      kind: "unhealthy",
      stoppedReason: "Task failed container health checks",
      reason: `(task ${row.id}) failed container health checks.`,
    };
  }
  const isTested = hasChecks(state, row);
  let isWaiting = row.healthStatus === "UNKNOWN" && isTested;
  let isVouchedFor = isTested;
  for (const { groupArn, target } of targetsOf(row)) {
    const found = unreadable.has(groupArn)
      ? undefined
      : targetGroups?.health(state.place, groupArn, target);
    if (found?.state === "unhealthy") {
      const why = found.description ?? found.reason ?? "Health checks failed";
      return {
        kind: "unhealthy",
        stoppedReason: `Task failed ELB health checks in (target-group ${groupArn})`,
        reason: `(port ${target.port}) is unhealthy in (target-group ${groupArn}) due to (reason ${why})`,
      };
    }
    if (found?.state === "healthy") isVouchedFor = true;
    if (found === undefined || !["healthy", "unused", "unavailable"].includes(found.state)) {
      isWaiting = true;
    }
  }
  if (!isVouchedFor && nowMs - (row.startedAtMs ?? nowMs) < UNCHECKED_RUN_MS) isWaiting = true;
  return { kind: isWaiting ? "waiting" : "healthy" };
}

function hasChecks(state: PlaceState, { workload }: TaskRow): boolean {
  const definition = findTaskDefinition(state, workload.taskDefinitionArn)?.definition;
  return (definition?.containerDefinitions ?? []).some(
    ({ essential, healthCheck }) => essential === true && isChecked(healthCheck),
  );
}

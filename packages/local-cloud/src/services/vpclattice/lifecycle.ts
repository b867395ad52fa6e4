import { conflict, type ResourceName } from "./errors.ts";
import type { Lattice, PlaceState, TimedRow } from "./state.ts";

/**
 * How things come and go:
 *
 *     CREATE_IN_PROGRESS ─activeAtMs→ ACTIVE ─deleted→ DELETE_IN_PROGRESS ─goneAtMs→ (gone)
 */
export type LifecycleStatus = "CREATE_IN_PROGRESS" | "ACTIVE" | "DELETE_IN_PROGRESS";

export function statusOf(row: TimedRow, nowMs: number): LifecycleStatus {
  if (row.goneAtMs !== undefined) return "DELETE_IN_PROGRESS";
  return row.activeAtMs <= nowMs ? "ACTIVE" : "CREATE_IN_PROGRESS";
}

export function isGone({ goneAtMs }: TimedRow, nowMs: number): boolean {
  return goneAtMs !== undefined && goneAtMs <= nowMs;
}

/** @throws {AwsError} ConflictException for what is still being made, or is being deleted. */
export function requireActive({ cloud }: Lattice, row: TimedRow, name: ResourceName): void {
  const status = statusOf(row, cloud.clock.nowMs());
  if (status !== "ACTIVE") throw conflict(name, `is in ${status} state`);
}

/** Marks a row as being deleted. Deleting it again changes nothing. */
export function leaving<Row extends TimedRow>(row: Row, nowMs: number, removalMs: number): Row {
  return row.goneAtMs === undefined ? { ...row, goneAtMs: nowMs + removalMs } : row;
}

/** Removes the rows of what is gone by now, and of all that belonged to it. */
export function removeGone(state: PlaceState, nowMs: number): void {
  for (const row of state.serviceAssociations.values()) {
    if (isGone(row, nowMs)) state.serviceAssociations.delete(row.id);
  }
  for (const row of state.vpcAssociations.values()) {
    if (isGone(row, nowMs)) state.vpcAssociations.delete(row.id);
  }
  for (const row of state.services.values()) {
    if (isGone(row, nowMs)) removeService(state, row.id);
  }
  for (const row of state.targetGroups.values()) {
    if (!isGone(row, nowMs)) continue;
    clear(state.targets(row.id));
    state.targetGroups.delete(row.id);
  }
}

function removeService(state: PlaceState, serviceId: string): void {
  const listeners = state.listeners(serviceId);
  for (const { id } of listeners.values()) clear(state.rules(id));
  clear(listeners);
  forgetBelongings(state, serviceId);
  state.services.delete(serviceId);
}

/** What belongs to a service or a service network by its id. */
export function forgetBelongings(state: PlaceState, resourceId: string): void {
  state.authPolicies.delete(resourceId);
  state.resourcePolicies.delete(resourceId);
  for (const row of state.logSubscriptions.values()) {
    if (row.resourceId === resourceId) state.logSubscriptions.delete(row.id);
  }
}

export function clear(table: {
  entries(): Iterable<[string, unknown]>;
  delete(key: string): boolean;
}): void {
  for (const [key] of table.entries()) table.delete(key);
}

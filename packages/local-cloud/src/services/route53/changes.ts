import type { ChangeInfo } from "@aws-sdk/client-route-53";
import { CHANGE_KEPT_MS, SYNC_MS } from "./limits.ts";
import { type AccountState, type ChangeRow, newId, type Route53 } from "./state.ts";

/** Writes down that something changed, and forgets what nobody will ask for any more. */
export function addChange(route53: Route53, state: AccountState, comment?: string): ChangeInfo {
  const nowMs = route53.cloud.clock.nowMs();
  for (const { id, submittedAtMs } of state.changes.values()) {
    if (submittedAtMs + CHANGE_KEPT_MS > nowMs) break;
    state.changes.delete(id);
  }
  const change = { id: newId(route53, "C"), comment, submittedAtMs: nowMs };
  state.changes.set(change.id, change);
  return changeInfo(change, nowMs);
}

/** Read off the clock, so that nothing has to run for a change to become INSYNC. */
export function changeInfo({ id, comment, submittedAtMs }: ChangeRow, nowMs: number): ChangeInfo {
  return {
    Id: `/change/${id}`,
    Status: nowMs >= submittedAtMs + SYNC_MS ? "INSYNC" : "PENDING",
    SubmittedAt: new Date(submittedAtMs),
    Comment: comment,
  };
}

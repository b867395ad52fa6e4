import { notInThisState, revisionMismatch, updateInProgress } from "./errors.ts";
import { functionArn } from "./function-name.ts";
import type { PlaceState, VersionRow } from "./state.ts";

/**
 * What must hold before $LATEST is changed or published.
 *
 * @throws ResourceConflictException while it is being created or updated, PreconditionFailedException
 * when the caller has seen another revision
 */
export function requireSettled(
  { place }: PlaceState,
  latest: VersionRow,
  revisionId: string | undefined,
): void {
  if (latest.state.status === "Pending") throw notInThisState("Pending");
  if (latest.lastUpdate?.status === "InProgress") {
    throw updateInProgress(functionArn(place, latest.functionName));
  }
  if (revisionId !== undefined && revisionId !== latest.revisionId) {
    throw revisionMismatch("GetFunction/GetAlias");
  }
}

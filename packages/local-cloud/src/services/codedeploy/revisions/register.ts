import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { ApplicationRow, PlaceState, RevisionRow } from "../state.ts";
import { locationKey } from "./locations.ts";

export function findRevision(
  { revisions }: PlaceState,
  { id }: ApplicationRow,
  location: RevisionLocation,
): RevisionRow | undefined {
  return revisions.get(`${id}/${locationKey(location)}`);
}

/** Writes a revision down; a deployment also says that it was used. */
export function registerRevision(
  state: PlaceState,
  application: ApplicationRow,
  location: RevisionLocation,
  at: {
    readonly nowMs: number;
    readonly description?: string | undefined;
    readonly isUsed?: boolean;
  },
): void {
  const before = findRevision(state, application, location);
  const row: RevisionRow = {
    applicationId: application.id,
    location,
    registeredAtMs: before?.registeredAtMs ?? at.nowMs,
    description: at.description ?? before?.description,
    ...(before?.firstUsedAtMs === undefined ? {} : { firstUsedAtMs: before.firstUsedAtMs }),
    ...(before?.lastUsedAtMs === undefined ? {} : { lastUsedAtMs: before.lastUsedAtMs }),
    ...(at.isUsed === true
      ? { firstUsedAtMs: before?.firstUsedAtMs ?? at.nowMs, lastUsedAtMs: at.nowMs }
      : {}),
  };
  state.revisions.set(`${application.id}/${locationKey(location)}`, row);
}

import { conflict } from "./errors.ts";
import { LATEST } from "./function-name.ts";
import type { LambdaParts } from "./parts.ts";
import { type FunctionRow, keyOf, type PlaceState, rowsOf, versionsOf } from "./state.ts";

type Parts = Pick<LambdaParts, "cloud" | "workers" | "provisioning">;

/** Deletes a function with all its versions, aliases and settings. */
export function removeFunction(parts: Parts, state: PlaceState, row: FunctionRow): void {
  const versions = versionsOf(state, row);
  for (const [, config] of rowsOf(state.provisioned, row))
    parts.provisioning.release(state, config);
  parts.cloud.store.transaction(() => {
    for (const qualifier of [LATEST, ...row.versions, ...row.aliases]) {
      const key = keyOf(row.name, qualifier);
      removeSettings(state, key);
      state.versions.delete(key);
      state.aliases.delete(key);
    }
    state.functions.delete(row.name);
  });
  for (const { serving } of versions) {
    if (serving !== undefined) parts.workers.retire(serving.key);
  }
}

/**
 * Deletes a published version; one that does not exist is as good as deleted.
 * Source: recorded AWS answers.
 *
 * @throws ResourceConflictException when an alias uses it
 */
export function removeVersion(
  parts: Parts,
  state: PlaceState,
  row: FunctionRow,
  version: string,
): void {
  requireUnreferenced(state, row, version);
  const key = keyOf(row.name, version);
  const removed = state.versions.get(key);
  const config = state.provisioned.get(key);
  if (config !== undefined) parts.provisioning.release(state, config);
  parts.cloud.store.transaction(() => {
    removeSettings(state, key);
    state.versions.delete(key);
    const versions = row.versions.filter((other) => other !== version);
    state.functions.set(row.name, { ...row, versions });
  });
  if (removed?.serving !== undefined) parts.workers.retire(removed.serving.key);
}

/** Policy, URL, event and concurrency settings go with what they are for. */
export function removeSettings(state: PlaceState, key: string): void {
  state.provisioned.delete(key);
  state.policies.delete(key);
  state.urls.delete(key);
  state.eventInvokeConfigs.delete(key);
}

function requireUnreferenced(state: PlaceState, row: FunctionRow, version: string): void {
  const referencing = row.aliases.filter((name) => {
    const alias = state.aliases.get(keyOf(row.name, name));
    return alias?.functionVersion === version || alias?.additional?.version === version;
  });
  if (referencing.length === 0) return;
  throw conflict(
    `Unable to delete version because the following aliases reference it: [${referencing.join(", ")}]`,
  );
}

import type { FunctionWorkers } from "../../data-plane/function-workers/function-workers.ts";
import { servingVersion } from "./lifecycle.ts";
import { keyOf, type LambdaState, type PlaceState, type ProvisionedRow } from "./state.ts";

/** Keeps the workers that provisioned concurrency asks for. */
export interface Provisioning {
  /**
   * Starts the workers of a stored configuration and, when they are up, marks it ready. Workers of
   * the version it was for before are given up then, so an alias that moves is never without.
   */
  apply(state: PlaceState, row: ProvisionedRow): void;
  /** Gives the workers up: the configuration was deleted. */
  release(state: PlaceState, row: ProvisionedRow): void;
  /** Follows an alias that may now point to another version. */
  aliasMoved(state: PlaceState, name: string, alias: string): void;
  resume(): void;
  close(): void;
}

export function createProvisioning(parts: {
  readonly lambda: LambdaState;
  readonly workers: FunctionWorkers;
  /** Hears why workers could not be given up: nobody waits for that. */
  readonly warn: (message: string) => void;
}): Provisioning {
  const { lambda, workers, warn } = parts;
  let isClosed = false;

  const keep = async (state: PlaceState, name: string, version: string, count: number) => {
    const row = state.versions.get(keyOf(name, version));
    const serving = row && servingVersion(state.place, row);
    if (serving !== undefined) await workers.keepWarm(serving, count);
  };

  const giveUp = (state: PlaceState, name: string, version: string) =>
    keep(state, name, version, 0).catch((error: unknown) => {
      if (!isClosed) warn(`lambda: the workers of ${keyOf(name, version)} stay: ${String(error)}`);
    });

  const start = async (state: PlaceState, row: ProvisionedRow) => {
    const { functionName: name, qualifier, requested } = row;
    const version = targetVersion(state, row);
    const failure = await keep(state, name, version, requested).then(
      () => undefined,
      () => "FUNCTION_ERROR_INIT_FAILURE",
    );
    const key = keyOf(name, qualifier);
    const current = state.provisioned.get(key);
    // Changed or deleted while the workers started: whoever did that says what happens to them.
    if (isClosed || current !== row) return;
    if (row.readyVersion !== undefined && row.readyVersion !== version) {
      await giveUp(state, name, row.readyVersion);
    }
    if (isClosed || state.provisioned.get(key) !== row) return;
    const readyVersion = failure === undefined ? version : undefined;
    state.provisioned.set(key, { ...row, readyVersion, failure });
  };

  return {
    apply: (state, row) => void start(state, row),
    release(state, row) {
      const versions = new Set([targetVersion(state, row), row.readyVersion]);
      for (const version of versions) {
        if (version !== undefined) void giveUp(state, row.functionName, version);
      }
    },
    aliasMoved(state, name, alias) {
      const key = keyOf(name, alias);
      const row = state.provisioned.get(key);
      if (row === undefined || targetVersion(state, row) === row.readyVersion) return;
      const moved = { ...row, failure: undefined };
      state.provisioned.set(key, moved);
      void start(state, moved);
    },
    resume() {
      for (const state of lambda.places()) {
        for (const [key, row] of state.provisioned.entries()) {
          // Its workers ended with the process that kept them.
          const cold = { ...row, readyVersion: undefined, failure: undefined };
          state.provisioned.set(key, cold);
          void start(state, cold);
        }
      }
    },
    close() {
      isClosed = true;
    },
  };
}

/** The version a configuration keeps workers of. An alias stands for its first version. */
function targetVersion(state: PlaceState, row: ProvisionedRow): string {
  const alias = state.aliases.get(keyOf(row.functionName, row.qualifier));
  return alias?.functionVersion ?? row.qualifier;
}

/** Whether the workers of the version it is for now are up. */
export function isReady(state: PlaceState, row: ProvisionedRow): boolean {
  return row.readyVersion !== undefined && row.readyVersion === targetVersion(state, row);
}

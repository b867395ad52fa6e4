import type { FunctionWorkers } from "../../data-plane/function-workers/function-workers.ts";
import { servingVersion } from "./lifecycle.ts";
import { keyOf, type LambdaState, type PlaceState, type ProvisionedRow, rowsOf } from "./state.ts";

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

  /** Whether the workers are up: false when the function could not be initialised. */
  const keep = async (state: PlaceState, name: string, version: string, count: number) => {
    const row = state.versions.get(keyOf(name, version));
    const serving = row && servingVersion(state.place, row);
    if (serving === undefined) return false;
    const { failure } = await workers.keepWarm(serving, count);
    return failure === undefined;
  };

  /** Keeps what others still want of a version: usually nothing. */
  const giveUp = (state: PlaceState, name: string, version: string, leaving?: ProvisionedRow) =>
    keep(state, name, version, wantedOf(state, name, version, leaving)).catch((error: unknown) => {
      if (!isClosed) warn(`lambda: the workers of ${keyOf(name, version)} stay: ${String(error)}`);
    });

  const start = async (state: PlaceState, row: ProvisionedRow) => {
    const { functionName: name, qualifier, requested, ready } = row;
    const version = targetVersion(state, row);
    const isUp = await keep(state, name, version, requested).catch((error: unknown) => {
      if (!isClosed) warn(`lambda: no workers for ${keyOf(name, version)}: ${String(error)}`);
      return false;
    });
    if (isClosed) return;
    const key = keyOf(name, qualifier);
    const current = state.provisioned.get(key);
    if (current !== row) {
      // Changed or deleted while the workers started: they may be nobody's.
      await giveUp(state, name, version);
      return;
    }
    state.provisioned.set(key, {
      ...row,
      failure: isUp ? undefined : "FUNCTION_ERROR_INIT_FAILURE",
      ready: isUp ? { version, count: requested } : undefined,
    });
    if (ready !== undefined && ready.version !== version) await giveUp(state, name, ready.version);
  };

  return {
    apply: (state, row) => void start(state, row),
    release(state, row) {
      const versions = new Set([targetVersion(state, row), row.ready?.version]);
      for (const version of versions) {
        if (version !== undefined) void giveUp(state, row.functionName, version, row);
      }
    },
    aliasMoved(state, name, alias) {
      const key = keyOf(name, alias);
      const row = state.provisioned.get(key);
      if (row === undefined || targetVersion(state, row) === row.ready?.version) return;
      const moved = { ...row, failure: undefined };
      state.provisioned.set(key, moved);
      void start(state, moved);
    },
    resume() {
      for (const state of lambda.places()) {
        for (const [key, row] of state.provisioned.entries()) {
          // Its workers ended with the process that kept them.
          const cold = { ...row, ready: undefined, failure: undefined };
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

/** The workers that configurations other than `leaving` ask for of a version. */
function wantedOf(
  state: PlaceState,
  name: string,
  version: string,
  leaving: ProvisionedRow | undefined,
): number {
  const row = state.functions.get(name);
  const configs = row === undefined ? [] : rowsOf(state.provisioned, row);
  return configs.reduce(
    (count, [, config]) =>
      config !== leaving && targetVersion(state, config) === version
        ? Math.max(count, config.requested)
        : count,
    0,
  );
}

/** The version a configuration keeps workers of. An alias stands for its first version. */
function targetVersion(state: PlaceState, row: ProvisionedRow): string {
  const alias = state.aliases.get(keyOf(row.functionName, row.qualifier));
  return alias?.functionVersion ?? row.qualifier;
}

/** How many workers are up for what the configuration is for now. */
export function readyCount(state: PlaceState, row: ProvisionedRow): number {
  return row.ready?.version === targetVersion(state, row) ? row.ready.count : 0;
}

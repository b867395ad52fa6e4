import { perPlace } from "../../../storage/per-place.ts";
import { ACCOUNT_CONCURRENCY, UNRESERVED_CONCURRENCY_MIN } from "../limits.ts";
import { type FunctionRow, keyOf, type PlaceState, type ProvisionedRow, rowsOf } from "../state.ts";

export type ThrottleReason =
  | "ReservedFunctionConcurrentInvocationLimitExceeded"
  | "ConcurrentInvocationLimitExceeded";

/** An invocation that may run. `release` must be called once, when it has ended. */
export interface Admission {
  readonly kind: "admitted";
  /** Runs on a provisioned worker; undefined when the version has none. */
  readonly provisioned:
    | { readonly isUsed: boolean; readonly inUse: number; readonly capacity: number }
    | undefined;
  /** Running now, this one included. */
  readonly functionInFlight: number;
  readonly accountInFlight: number;
  readonly unreservedInFlight: number;
  release(): void;
}

export interface ConcurrencyGate {
  admit(
    state: PlaceState,
    row: FunctionRow,
    version: string,
  ): Admission | { readonly kind: "throttled"; readonly reason: ThrottleReason };
}

interface FunctionCounters {
  inFlight: number;
  /** Of these, not on provisioned workers. */
  onDemand: number;
  readonly provisioned: Map<string, number>;
}

interface AccountCounters {
  inFlight: number;
  unreserved: number;
  readonly functions: Map<string, FunctionCounters>;
}

/**
 * Counts what runs and says no where AWS would.
 * Source: AWS docs, "Understanding Lambda function scaling", "Configuring reserved concurrency".
 */
export function createConcurrencyGate(): ConcurrencyGate {
  const countersOf = perPlace((): AccountCounters => ({
    inFlight: 0,
    unreserved: 0,
    functions: new Map(),
  }));
  return {
    admit(state, row, version) {
      const account = countersOf(state.place);
      const counters = functionCounters(account, row.name);
      const capacity = provisionedCapacity(state, row, version);
      const inUse = counters.provisioned.get(version) ?? 0;
      const isProvisioned = inUse < capacity;
      const isReserved = row.reservedConcurrency !== undefined;
      if (!isProvisioned) {
        const reason = throttled(state, row, account, counters);
        if (reason !== undefined) return { kind: "throttled", reason };
      }
      count(account, counters, { version, isProvisioned, isReserved }, 1);
      return {
        kind: "admitted",
        provisioned:
          capacity === 0
            ? undefined
            : { isUsed: isProvisioned, inUse: inUse + (isProvisioned ? 1 : 0), capacity },
        functionInFlight: counters.inFlight,
        accountInFlight: account.inFlight,
        unreservedInFlight: account.unreserved,
        release: () => count(account, counters, { version, isProvisioned, isReserved }, -1),
      };
    },
  };
}

function throttled(
  state: PlaceState,
  row: FunctionRow,
  account: AccountCounters,
  counters: FunctionCounters,
): ThrottleReason | undefined {
  if (row.reservedConcurrency !== undefined) {
    // Provisioned workers are part of the reservation, used or not.
    const available = row.reservedConcurrency - requestedProvisioned(state, row);
    return counters.onDemand < available
      ? undefined
      : "ReservedFunctionConcurrentInvocationLimitExceeded";
  }
  // This many are always left, so the sum over all functions is not needed for most invocations.
  if (account.unreserved < UNRESERVED_CONCURRENCY_MIN) return undefined;
  return account.unreserved < unreservedConcurrency(state)
    ? undefined
    : "ConcurrentInvocationLimitExceeded";
}

function count(
  account: AccountCounters,
  counters: FunctionCounters,
  on: { readonly version: string; readonly isProvisioned: boolean; readonly isReserved: boolean },
  change: 1 | -1,
): void {
  account.inFlight += change;
  counters.inFlight += change;
  if (on.isProvisioned) {
    counters.provisioned.set(on.version, (counters.provisioned.get(on.version) ?? 0) + change);
    return;
  }
  counters.onDemand += change;
  if (!on.isReserved) account.unreserved += change;
}

/** What the functions without a reservation share. */
export function unreservedConcurrency(state: PlaceState): number {
  let taken = 0;
  for (const row of state.functions.values()) {
    taken += row.reservedConcurrency ?? requestedProvisioned(state, row);
  }
  return ACCOUNT_CONCURRENCY - taken;
}

/** All provisioned concurrency of a function, of all its versions and aliases. */
export function requestedProvisioned(state: PlaceState, row: FunctionRow): number {
  if (state.provisioned.size === 0) return 0;
  return rowsOf(state.provisioned, row).reduce((sum, [, { requested }]) => sum + requested, 0);
}

/** The workers that are kept ready for one version, by itself or by an alias that points to it. */
function provisionedCapacity(state: PlaceState, row: FunctionRow, version: string): number {
  if (state.provisioned.size === 0) return 0;
  const own = state.provisioned.get(keyOf(row.name, version));
  if (own !== undefined) return readyFor(own, version);
  for (const alias of row.aliases) {
    const config = state.provisioned.get(keyOf(row.name, alias));
    if (config?.ready?.version === version) return readyFor(config, version);
  }
  return 0;
}

function readyFor({ ready, requested }: ProvisionedRow, version: string): number {
  return ready?.version === version ? Math.min(ready.count, requested) : 0;
}

function functionCounters(account: AccountCounters, name: string): FunctionCounters {
  let counters = account.functions.get(name);
  if (counters === undefined) {
    counters = { inFlight: 0, onDemand: 0, provisioned: new Map() };
    account.functions.set(name, counters);
  }
  return counters;
}

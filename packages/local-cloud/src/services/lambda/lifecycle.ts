import type { Scheduled } from "../../clock.ts";
import {
  BadZipError,
  type FunctionVersion,
  type FunctionWorkers,
} from "../../data-plane/function-workers/function-workers.ts";
import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { PREPARATION_MS } from "./limits.ts";
import { keyOf, type LambdaState, type PlaceState, type VersionRow } from "./state.ts";

/**
 * Takes versions from "asked for" to "serving".
 *
 *     created:  Pending  ─ready→ Active            ─failed→ Failed
 *     updated:  Active, InProgress ─ready→ Successful  ─failed→ Active, Failed (the old code serves on)
 */
export interface Lifecycle {
  /** Goes on with `row.preparing` in the background. The row must be stored already. */
  prepare(state: PlaceState, row: VersionRow): void;
  /** Goes on with everything that was being prepared when the cloud stopped. */
  resume(): void;
  close(): void;
}

export function createLifecycle(
  cloud: Cloud,
  lambda: LambdaState,
  workers: FunctionWorkers,
): Lifecycle {
  const { clock, random } = cloud;
  const scheduled = new Set<Scheduled>();
  let isClosed = false;

  const settle = (state: PlaceState, rowKey: string, key: string, failure: string | undefined) => {
    const row = state.versions.get(rowKey);
    // Deleted, or updated again, in the meantime.
    if (isClosed || row?.preparing?.key !== key) return;
    const replaced = row.serving?.key;
    state.versions.set(rowKey, { ...settled(row, key, failure), revisionId: random.uuid() });
    if (failure === undefined && replaced !== undefined) workers.retire(replaced);
  };

  const prepare = (state: PlaceState, row: VersionRow) => {
    const { preparing, configuration } = row;
    if (preparing === undefined) return;
    const unpacked = workers.unpack(configuration.code.sha256Hex).then(() => undefined, failureOf);
    // On a virtual clock only the work itself takes time: clients wait for it in real time.
    const readyAtMs =
      clock.kind === "real" ? preparing.startedAtMs + PREPARATION_MS : clock.nowMs();
    const task = clock.schedule(readyAtMs, async () => {
      scheduled.delete(task);
      const failure = await unpacked;
      settle(state, keyOf(row.functionName, row.version), preparing.key, failure);
    });
    scheduled.add(task);
  };

  return {
    prepare,
    resume() {
      for (const state of lambda.places()) {
        for (const row of state.versions.values()) prepare(state, row);
      }
    },
    close() {
      isClosed = true;
      for (const task of scheduled) task.cancel();
    },
  };
}

function settled(row: VersionRow, key: string, failure: string | undefined): VersionRow {
  if (failure === undefined) {
    return {
      ...row,
      serving: { key, configuration: row.configuration },
      preparing: undefined,
      state: { status: "Active" },
      lastUpdate: { status: "Successful" },
    };
  }
  const reason = { reason: failure, reasonCode: "InvalidZipFileException" };
  return row.serving === undefined
    ? { ...row, preparing: undefined, state: { status: "Failed", ...reason } }
    : { ...row, preparing: undefined, lastUpdate: { status: "Failed", ...reason } };
}

function failureOf(error: unknown): string {
  if (error instanceof BadZipError) return error.message;
  return `The function's code could not be unpacked: ${error instanceof Error ? error.message : String(error)}`;
}

/** The states of a version that was just created. Source: recorded AWS answer (CreateFunction). */
export const CREATING = {
  state: {
    status: "Pending",
    reason: "The function is being created.",
    reasonCode: "Creating",
  },
  lastUpdate: undefined,
} as const;

/** The states of $LATEST that was just updated. AWS uses the text of creation here too. */
export const UPDATING = {
  lastUpdate: {
    status: "InProgress",
    reason: "The function is being created.",
    reasonCode: "Creating",
  },
} as const;

const descriptions = new WeakMap<VersionRow, FunctionVersion>();

/** How workers are told what to run; undefined while the version cannot serve. */
export function servingVersion(place: Place, row: VersionRow): FunctionVersion | undefined {
  const known = descriptions.get(row);
  if (known !== undefined || row.serving === undefined) return known;
  const { key, configuration } = row.serving;
  const described: FunctionVersion = {
    key,
    account: place.account,
    region: place.region,
    functionName: row.functionName,
    version: row.version,
    runtime: configuration.runtime,
    handler: configuration.handler,
    codeSha256: configuration.code.sha256Hex,
    environment: configuration.environment ?? {},
    memoryMb: configuration.memoryMb,
    timeoutSeconds: configuration.timeoutSeconds,
    roleArn: configuration.roleArn,
    logGroup: configuration.logging.group,
  };
  descriptions.set(row, described);
  return described;
}

import type { Clock } from "../clock.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogGroup } from "./log-records.ts";
import type { LogTables } from "./log-tables.ts";

/** What AWS counts for an event beside its message. Source: AWS docs, PutLogEvents. */
export const EVENT_OVERHEAD_BYTES = 26;
const DAY_MS = 24 * 3600 * 1000;
/** Expired events are hidden at once and deleted this often, on the cloud's clock. */
const PURGE_EVERY_MS = 3600 * 1000;

/** The oldest moment whose events the group still keeps; 0 when it keeps them for ever. */
export function keptFromMs({ retentionDays }: LogGroup, nowMs: number): number {
  return retentionDays === undefined ? 0 : nowMs - retentionDays * DAY_MS;
}

/** Deletes events that nobody keeps: those past their group's retention, and the oldest beyond a bound. */
export class LogTrimming {
  readonly #tables: LogTables;
  readonly #clock: Clock;
  readonly #bytesMax: number | undefined;
  #nextPurgeMs: number;

  /** @param rules.bytesMax of all groups together, as AWS counts bytes; undefined for no bound. */
  constructor(
    tables: LogTables,
    rules: { readonly clock: Clock; readonly bytesMax: number | undefined },
  ) {
    this.#tables = tables;
    this.#clock = rules.clock;
    this.#bytesMax = rules.bytesMax;
    this.#nextPurgeMs = rules.clock.nowMs();
  }

  /** Cheap when there is nothing to delete. `write` runs its work in a transaction. */
  trim(directory: LogDirectory, write: (work: () => void) => void): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#nextPurgeMs) {
      this.#nextPurgeMs = nowMs + PURGE_EVERY_MS;
      this.#purgeExpired(directory, nowMs, write);
    }
    if (this.#bytesMax !== undefined) this.#dropOldest(directory, this.#bytesMax, write);
  }

  #purgeExpired(directory: LogDirectory, nowMs: number, write: (work: () => void) => void): void {
    for (const { id, record } of directory.allGroups()) {
      if (record.retentionDays === undefined) continue;
      write(() => {
        const beforeMs = keptFromMs(record, nowMs);
        const bytes = this.#tables.deleteEventsBefore(id, beforeMs, EVENT_OVERHEAD_BYTES);
        directory.forgetBytes(id, bytes);
      });
    }
  }

  #dropOldest(directory: LogDirectory, bytesMax: number, write: (work: () => void) => void): void {
    const excess = directory.totalBytes - bytesMax;
    if (excess <= 0) return;
    // An eighth more than needed, so that the next flush does not have to do it again.
    const wanted = excess + bytesMax / 8;
    write(() => {
      for (const [id, bytes] of this.#tables.deleteOldest(wanted, EVENT_OVERHEAD_BYTES)) {
        directory.forgetBytes(id, bytes);
      }
    });
  }
}

import type { Note, Rollout, RolloutCreated, RolloutEvent } from "@headgate/core";
import { RolloutError, wakeAtMs } from "@headgate/core";
import type { Kysely } from "kysely";

import { type RequestBox, requestBox, type Writing } from "./request-box.ts";
import type { JournalTables } from "./schema.ts";
import { unusable } from "./unusable.ts";

/** One event, and what `decide` had to say about it. */
export interface JournalEntry {
  readonly event: RolloutEvent;
  readonly notes: readonly Note[];
}

export interface StoredRollout {
  readonly created: RolloutCreated;
  readonly rollout: Rollout;
  /** The number of its newest entry; 0 when there is none. */
  readonly seq: number;
}

export type StoredEntry = JournalEntry & { readonly seq: number };

/** What happened to every rollout, and the state that follows from it. */
export interface Journal {
  /** @throws {RolloutError} ROLLOUT_RUNNING when another rollout of the same target is not finished. */
  create(created: RolloutCreated, rollout: Rollout): Promise<StoredRollout>;
  /**
   * Writes entries and the state they lead to in one transaction.
   * @param answers to operators' requests that became entries, by request number.
   */
  append(
    stored: StoredRollout,
    entries: readonly JournalEntry[],
    next: Rollout,
    answers?: ReadonlyMap<number, readonly Note[]>,
  ): Promise<StoredRollout>;
  /**
   * {@link append} of a turn that took up every request there was. When one came meanwhile, nothing is written: the
   * turn is taken again with it.
   * @returns undefined when a request is open that is not among `answers`.
   */
  appendTurn(
    stored: StoredRollout,
    entries: readonly JournalEntry[],
    next: Rollout,
    answers: ReadonlyMap<number, readonly Note[]>,
  ): Promise<StoredRollout | undefined>;
  load(id: string): Promise<StoredRollout | undefined>;
  /** The rollout with this id, or the newest of this name; without a word, the newest of all. */
  find(idOrName?: string): Promise<StoredRollout | undefined>;
  /** Newest first. */
  list(filter?: { readonly unfinishedOnly?: boolean }): Promise<readonly Rollout[]>;
  /** The unfinished rollout of a target. */
  runningOn(targetId: string): Promise<Rollout | undefined>;
  /** Entries in order, those after `afterSeq` only. */
  history(id: string, afterSeq?: number): Promise<readonly StoredEntry[]>;
  readonly requests: RequestBox;
  close(): Promise<void>;
}

export function journalOver(
  db: Kysely<JournalTables>,
  dataDir: string,
  close: () => Promise<void>,
): Journal {
  const writing: Writing = async (write) => {
    try {
      return await write;
    } catch (error) {
      throw unusable(dataDir, error);
    }
  };
  return {
    create: (created, rollout) => writing(create(db, created, rollout)),
    append: (stored, entries, next, answers) =>
      writing(db.transaction().execute((within) => append(within, stored, entries, next, answers))),

    appendTurn: (stored, entries, next, answers) =>
      writing(appendTurn(db, stored, entries, next, answers)),

    async load(id) {
      const row = await db
        .selectFrom("rollout")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row === undefined ? undefined : storedFrom(row);
    },

    async find(idOrName) {
      let query = db.selectFrom("rollout").selectAll();
      if (idOrName !== undefined) {
        query = query.where((where) =>
          where.or([where("id", "=", idOrName), where("name", "=", idOrName)]),
        );
      }
      const row = await query
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : storedFrom(row);
    },

    async list(filter) {
      let query = db.selectFrom("rollout").select("state_json");
      if (filter?.unfinishedOnly === true) query = query.where("finished", "=", 0);
      const rows = await query.orderBy("created_at", "desc").orderBy("id", "desc").execute();
      return rows.map((row) => stateFrom(row.state_json));
    },

    async runningOn(targetId) {
      const row = await db
        .selectFrom("rollout")
        .select("state_json")
        .where("target", "=", targetId)
        .where("finished", "=", 0)
        .executeTakeFirst();
      return row === undefined ? undefined : stateFrom(row.state_json);
    },

    async history(id, afterSeq = 0) {
      const rows = await db
        .selectFrom("entry")
        .selectAll()
        .where("rollout", "=", id)
        .where("seq", ">", afterSeq)
        .orderBy("seq")
        .execute();
      return rows.map((row) => ({
        seq: row.seq,
        event: JSON.parse(row.event_json) as RolloutEvent,
        notes: JSON.parse(row.notes_json) as readonly Note[],
      }));
    },

    requests: requestBox(db, writing),
    close,
  };
}

async function create(
  db: Kysely<JournalTables>,
  created: RolloutCreated,
  rollout: Rollout,
): Promise<StoredRollout> {
  await db.transaction().execute(async (transaction) => {
    await refuseIfRunning(transaction, rollout);
    await transaction
      .insertInto("rollout")
      .values({
        id: rollout.id,
        target: rollout.target.id,
        name: rollout.name,
        created_at: rollout.createdAtMs,
        seq: 0,
        created_json: JSON.stringify(created),
        ...columnsOf(rollout),
      })
      .execute();
  });
  return { created, rollout, seq: 0 };
}

/** At most one unfinished rollout per target. */
async function refuseIfRunning(db: Kysely<JournalTables>, rollout: Rollout): Promise<void> {
  const running = await db
    .selectFrom("rollout")
    .select("id")
    .where("target", "=", rollout.target.id)
    .where("finished", "=", 0)
    .executeTakeFirst();
  if (running !== undefined) throw rolloutRunning(rollout.target.label, running.id);
}

async function append(
  transaction: Kysely<JournalTables>,
  stored: StoredRollout,
  entries: readonly JournalEntry[],
  next: Rollout,
  answers: ReadonlyMap<number, readonly Note[]> = new Map(),
): Promise<StoredRollout> {
  const { id } = stored.rollout;
  const seq = stored.seq + entries.length;
  const rows = entries.map(({ event, notes }, index) => ({
    rollout: id,
    seq: stored.seq + index + 1,
    at: event.atMs,
    kind: event.kind,
    event_json: JSON.stringify(event),
    notes_json: JSON.stringify(notes),
  }));
  const isRetry = stored.rollout.finished !== undefined && next.finished === undefined;
  if (isRetry) await refuseIfRunning(transaction, next);
  const updated = await transaction
    .updateTable("rollout")
    .set({ seq, ...columnsOf(next) })
    .where("id", "=", id)
    .where("seq", "=", stored.seq)
    .executeTakeFirst();
  if (updated.numUpdatedRows !== 1n) {
    throw new RolloutError("JOURNAL_LOCKED", `rollout ${id} was moved on by another process`, {
      hint: "Look at `headgate status`; only one process runs a rollout.",
    });
  }
  if (rows.length > 0) await transaction.insertInto("entry").values(rows).execute();
  for (const [request, notes] of answers) {
    await transaction
      .updateTable("request")
      .set({ answered_at: next.updatedAtMs, answer_json: JSON.stringify(notes) })
      .where("id", "=", request)
      .execute();
  }
  return { created: stored.created, rollout: next, seq };
}

async function appendTurn(
  db: Kysely<JournalTables>,
  ...turn: Parameters<Journal["appendTurn"]>
): Promise<StoredRollout | undefined> {
  try {
    return await db.transaction().execute(async (within) => {
      const after = await append(within, ...turn);
      if (await isAsked(within, after.rollout.id)) throw new AskedMeanwhile();
      return after;
    });
  } catch (error) {
    if (error instanceof AskedMeanwhile) return undefined;
    throw error;
  }
}

/** Ends a transaction without writing it. */
class AskedMeanwhile extends Error {}

async function isAsked(db: Kysely<JournalTables>, rollout: string): Promise<boolean> {
  const open = await db
    .selectFrom("request")
    .select("id")
    .where("rollout", "=", rollout)
    .where("answered_at", "is", null)
    .executeTakeFirst();
  return open !== undefined;
}

function columnsOf(rollout: Rollout) {
  const wakeAt = wakeAtMs(rollout, rollout.updatedAtMs);
  return {
    phase: rollout.phase,
    finished: rollout.finished === undefined ? 0 : 1,
    wake_at: Number.isFinite(wakeAt) ? wakeAt : null,
    updated_at: rollout.updatedAtMs,
    state_json: JSON.stringify(rollout),
  };
}

function storedFrom(row: {
  readonly created_json: string;
  readonly state_json: string;
  readonly seq: number;
}): StoredRollout {
  const created = JSON.parse(row.created_json) as RolloutCreated;
  return { created, rollout: stateFrom(row.state_json), seq: row.seq };
}

function stateFrom(json: string): Rollout {
  return JSON.parse(json) as Rollout;
}

function rolloutRunning(label: string, id: string): RolloutError {
  return new RolloutError("ROLLOUT_RUNNING", `rollout ${id} of ${label} is not finished`, {
    hint: `Go on with it (\`headgate resume ${id}\`) or take it back (\`headgate abort ${id}\`).`,
  });
}

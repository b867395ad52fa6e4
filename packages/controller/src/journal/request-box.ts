import type { Note, Rollout, RolloutEvent } from "@headgate/core";
import type { Kysely } from "kysely";

import type { JournalTables } from "./schema.ts";

/** A request of several that are put together. */
export interface Asked {
  readonly rollout: string;
  readonly request: OperatorRequest;
}

/** What an operator asks of a rollout, as one of core's requests without its time. */
export type OperatorRequest = OmitTime<Extract<RolloutEvent, { readonly actor: string }>>;

type OmitTime<Event> = Event extends unknown ? Omit<Event, "atMs"> : never;

/**
 * What operators ask of a rollout that another process runs. The answer is written with the entry that it led to:
 * see `Journal.append`.
 */
export interface RequestBox {
  /** Asks the process that runs the rollout. Returns the request's number. */
  put(rollout: string, request: OperatorRequest, atMs: number): Promise<number>;
  /**
   * Asks several rollouts in one transaction, so that no crash leaves half of it. A turn that did not see it is not
   * written any more: see `Journal.appendTurn`.
   * @param isStill told the states as they are stored; when it says no, or one of them is asked for something else
   *   already, nothing is written.
   * @returns whether it was written.
   */
  putTogether(
    asked: readonly Asked[],
    atMs: number,
    isStill: (rollouts: readonly Rollout[]) => boolean,
  ): Promise<boolean>;
  /** Requests not yet answered, oldest first. */
  open(
    rollout: string,
  ): Promise<readonly { readonly id: number; readonly request: OperatorRequest }[]>;
  /** What was decided, once it was. */
  answer(id: number): Promise<readonly Note[] | undefined>;
  /** Takes back a request that nobody answered; false when it was answered after all. */
  withdraw(id: number): Promise<boolean>;
}

/** Waits for something to be written. @throws {RolloutError} JOURNAL_UNUSABLE when it cannot be. */
export type Writing = <Written>(write: Promise<Written>) => Promise<Written>;

export function requestBox(db: Kysely<JournalTables>, writing: Writing): RequestBox {
  return {
    async put(rollout, request, atMs) {
      const row = await writing(
        db
          .insertInto("request")
          .values({ rollout, at: atMs, request_json: JSON.stringify(request) })
          .returning("id")
          .executeTakeFirstOrThrow(),
      );
      return row.id;
    },
    async putTogether(asked, atMs, isStill) {
      const ids = asked.map(({ rollout }) => rollout);
      const put = db.transaction().execute(async (transaction) => {
        // Written first: from here on nobody else writes, and what is read is what there is.
        const rows = asked.map(({ rollout, request }) => {
          return { rollout, at: atMs, request_json: JSON.stringify(request) };
        });
        await transaction.insertInto("request").values(rows).execute();
        const open = await transaction
          .selectFrom("request")
          .select("id")
          .where("rollout", "in", ids)
          .where("answered_at", "is", null)
          .execute();
        const stored = await transaction
          .selectFrom("rollout")
          .select("state_json")
          .where("id", "in", ids)
          .execute();
        const states = stored.map((row) => JSON.parse(row.state_json) as Rollout);
        if (open.length > asked.length || !isStill(states)) throw new MovedOn();
        return true;
      });
      const unlessMoved = put.catch((error: unknown) => {
        if (error instanceof MovedOn) return false;
        throw error;
      });
      return await writing(unlessMoved);
    },
    async open(rollout) {
      const rows = await db
        .selectFrom("request")
        .select(["id", "request_json"])
        .where("rollout", "=", rollout)
        .where("answered_at", "is", null)
        .orderBy("id")
        .execute();
      return rows.map(({ id, request_json }) => ({
        id,
        request: JSON.parse(request_json) as OperatorRequest,
      }));
    },
    async answer(id) {
      const row = await db
        .selectFrom("request")
        .select("answer_json")
        .where("id", "=", id)
        .executeTakeFirst();
      const json = row?.answer_json ?? undefined;
      return json === undefined ? undefined : (JSON.parse(json) as readonly Note[]);
    },
    async withdraw(id) {
      const deleted = await db
        .deleteFrom("request")
        .where("id", "=", id)
        .where("answered_at", "is", null)
        .executeTakeFirst();
      return deleted.numDeletedRows === 1n;
    },
  };
}

/** Ends a transaction without writing it. */
class MovedOn extends Error {}

import type { Note, RolloutEvent } from "@headgate/core";
import type { Kysely } from "kysely";

import type { JournalTables } from "./schema.ts";

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
  /** Requests not yet answered, oldest first. */
  open(
    rollout: string,
  ): Promise<readonly { readonly id: number; readonly request: OperatorRequest }[]>;
  /** What was decided, once it was. */
  answer(id: number): Promise<readonly Note[] | undefined>;
  /** Takes back a request that nobody answered; false when it was answered after all. */
  withdraw(id: number): Promise<boolean>;
}

export function requestBox(db: Kysely<JournalTables>): RequestBox {
  return {
    async put(rollout, request, atMs) {
      const row = await db
        .insertInto("request")
        .values({ rollout, at: atMs, request_json: JSON.stringify(request) })
        .returning("id")
        .executeTakeFirstOrThrow();
      return row.id;
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

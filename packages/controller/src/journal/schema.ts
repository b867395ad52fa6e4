import { sql } from "kysely";
import type { Generated } from "kysely";
import type { Migration } from "kysely/migration";

/** The journal's tables. Times in milliseconds since the epoch; `*_json` columns hold core's own types. */
export interface JournalTables {
  rollout: {
    id: string;
    target: string;
    name: string;
    phase: string;
    /** 1 when nothing is left to do. */
    finished: number;
    /** When the loop has to look at it next; null when only an outcome or a person can move it. */
    wake_at: number | null;
    created_at: number;
    updated_at: number;
    /** The number of the newest entry; guards against two writers. */
    seq: number;
    created_json: string;
    /** The fold of all entries. Its outstanding commands are the outbox. */
    state_json: string;
  };
  entry: {
    rollout: string;
    /** Counts from 1 within a rollout. */
    seq: number;
    at: number;
    kind: string;
    event_json: string;
    notes_json: string;
  };
  /** What operators ask for while another process runs the rollout. */
  request: {
    id: Generated<number>;
    rollout: string;
    at: number;
    request_json: string;
    answered_at: number | null;
    answer_json: string | null;
  };
  /** Who holds the journal for writing; at most one row. The lock itself is the operating system's. */
  writer: { pid: number; since: number; host: string };
}

/** In order; never changed once released. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-journal": {
    async up(db) {
      await db.schema
        .createTable("rollout")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("target", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("phase", "text", (column) => column.notNull())
        .addColumn("finished", "integer", (column) => column.notNull())
        .addColumn("wake_at", "integer")
        .addColumn("created_at", "integer", (column) => column.notNull())
        .addColumn("updated_at", "integer", (column) => column.notNull())
        .addColumn("seq", "integer", (column) => column.notNull())
        .addColumn("created_json", "text", (column) => column.notNull())
        .addColumn("state_json", "text", (column) => column.notNull())
        .execute();
      // At most one rollout runs per target: the database itself says so.
      await db.schema
        .createIndex("rollout_running")
        .on("rollout")
        .column("target")
        .unique()
        .where(sql.ref("finished"), "=", 0)
        .execute();
      await db.schema
        .createTable("entry")
        .addColumn("rollout", "text", (column) => column.notNull())
        .addColumn("seq", "integer", (column) => column.notNull())
        .addColumn("at", "integer", (column) => column.notNull())
        .addColumn("kind", "text", (column) => column.notNull())
        .addColumn("event_json", "text", (column) => column.notNull())
        .addColumn("notes_json", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("entry_pk", ["rollout", "seq"])
        .execute();
      await db.schema
        .createTable("request")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("rollout", "text", (column) => column.notNull())
        .addColumn("at", "integer", (column) => column.notNull())
        .addColumn("request_json", "text", (column) => column.notNull())
        .addColumn("answered_at", "integer")
        .addColumn("answer_json", "text")
        .execute();
      await db.schema
        .createIndex("request_open")
        .on("request")
        .column("rollout")
        .where(sql.ref("answered_at"), "is", null)
        .execute();
      await db.schema
        .createTable("writer")
        .addColumn("pid", "integer", (column) => column.notNull())
        .addColumn("since", "integer", (column) => column.notNull())
        .addColumn("host", "text", (column) => column.notNull())
        .execute();
    },
  },
};

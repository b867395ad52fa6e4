import type { DatabaseSync, SQLInputValue } from "node:sqlite";

import { SqliteDialect } from "kysely";

/** kysely's SQLite dialect over Node's own driver. */
export function nodeSqliteDialect(database: DatabaseSync): SqliteDialect {
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const statement = database.prepare(sql);
        return {
          // A statement without columns returns no rows: kysely then runs it for its effect.
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...inputs(parameters)),
          run: (parameters) => statement.run(...inputs(parameters)),
          iterate: (parameters) => statement.iterate(...inputs(parameters)),
        };
      },
    },
  });
}

function inputs(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((parameter) => {
    if (parameter === null || parameter instanceof Uint8Array) return parameter;
    if (typeof parameter === "boolean") return parameter ? 1 : 0;
    if (typeof parameter === "string" || typeof parameter === "number") return parameter;
    if (typeof parameter === "bigint") return parameter;
    throw new TypeError(`SQLite cannot hold a ${typeof parameter}`);
  });
}

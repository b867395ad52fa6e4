import type { DatabaseSync } from "node:sqlite";
import { Distribution, type Form } from "./metric-distribution.ts";
import type { Bucket, Series, StoredBucket } from "./metric-series.ts";
import type { Place, SeriesId } from "./metric-sink.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS metric_series (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL, region TEXT NOT NULL, series TEXT NOT NULL, newest_ms REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS metric_buckets (
  series INTEGER NOT NULL, width_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL,
  sum REAL NOT NULL, count REAL NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
  form TEXT NOT NULL, weights BLOB NOT NULL,
  PRIMARY KEY (series, width_ms, start_ms)
) WITHOUT ROWID;`;

/** A series on disk, its buckets not read yet. */
interface StoredSeries {
  readonly place: Place;
  readonly id: SeriesId;
  readonly newestMs: number;
}

/** Series and buckets in SQLite. The caller opens the transaction around the writes. */
export interface MetricDisk {
  all(): StoredSeries[];
  load(key: string): StoredBucket[];
  write(key: string, place: Place, bucket: Bucket): void;
  remove(key: string, bucket: Bucket): void;
  /** Keeps when the series last got data, so that this is known without its buckets. */
  touch(key: string, series: Series): void;
  clear(): void;
}

export function openMetricDisk(sqlite: DatabaseSync): MetricDisk {
  sqlite.exec(SCHEMA);
  const statements = prepare(sqlite);
  const findRow = (key: string): number | undefined => {
    const id = statements.find.get(key)?.["id"];
    return typeof id === "number" ? id : undefined;
  };
  const rowOf = (key: string, place: Place, series: Series): number => {
    const found = findRow(key);
    if (found !== undefined) return found;
    const { account, region } = place;
    const made = statements.add.run(key, account, region, JSON.stringify(series.id), 0);
    return Number(made.lastInsertRowid);
  };
  return {
    all: () => statements.all.all().map(storedSeries),
    load(key) {
      const row = findRow(key);
      return row === undefined ? [] : statements.load.all(row).map(storedBucket);
    },
    write(key, place, { series, widthMs, startMs, data }) {
      const { form, table } = data.dump();
      const { sum, count, min, max } = data;
      const row = rowOf(key, place, series);
      statements.write.run(row, widthMs, startMs, sum, count, min, max, form, table);
    },
    remove(key, { widthMs, startMs }) {
      const row = findRow(key);
      if (row !== undefined) statements.remove.run(row, widthMs, startMs);
    },
    touch: (key, series) => void statements.touch.run(series.newestMs, key),
    clear() {
      sqlite.exec("DELETE FROM metric_buckets; DELETE FROM metric_series;");
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

function storedSeries(row: Row): StoredSeries {
  return {
    place: { account: String(row["account"]), region: String(row["region"]) },
    id: JSON.parse(String(row["series"])) as SeriesId,
    newestMs: Number(row["newest_ms"]),
  };
}

function storedBucket(row: Row): StoredBucket {
  const totals = {
    sum: Number(row["sum"]),
    count: Number(row["count"]),
    min: Number(row["min"]),
    max: Number(row["max"]),
  };
  return {
    widthMs: Number(row["width_ms"]),
    startMs: Number(row["start_ms"]),
    data: Distribution.restore(totals, row["form"] as Form, row["weights"] as Uint8Array),
  };
}

function prepare(sqlite: DatabaseSync) {
  return {
    all: sqlite.prepare("SELECT account, region, series, newest_ms FROM metric_series ORDER BY id"),
    find: sqlite.prepare("SELECT id FROM metric_series WHERE key=?"),
    add: sqlite.prepare(
      "INSERT INTO metric_series (key, account, region, series, newest_ms) VALUES (?, ?, ?, ?, ?)",
    ),
    touch: sqlite.prepare("UPDATE metric_series SET newest_ms=? WHERE key=?"),
    load: sqlite.prepare("SELECT * FROM metric_buckets WHERE series=?"),
    write: sqlite.prepare(
      "INSERT OR REPLACE INTO metric_buckets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    remove: sqlite.prepare(
      "DELETE FROM metric_buckets WHERE series=? AND width_ms=? AND start_ms=?",
    ),
  };
}

import type { Clock } from "../clock.ts";
import type { Store } from "../storage/store.ts";
import { type KnownMetric, MetricCatalogue, type MetricName } from "./metric-catalogue.ts";
import { openMetricDisk } from "./metric-disk.ts";
import type { StatisticSet } from "./metric-distribution.ts";
import { type Period, Periods, type Window } from "./metric-periods.ts";
import type { Series, SeriesHost } from "./metric-series.ts";
import type { MetricSink, Place, SeriesId } from "./metric-sink.ts";
import { MetricWriter } from "./metric-writer.ts";

export type { KnownMetric, MetricName, Period, Window };

/** What the cloudwatch service reads, and what everything else writes. */
export interface MetricStore extends MetricSink {
  /** Every metric of the place that has data, in the order of their first samples. */
  metrics(place: Place): readonly KnownMetric[];
  /** One metric, undefined when it never had data. */
  metric(place: Place, name: MetricName): KnownMetric | undefined;
  /** The periods that have samples, oldest first. Without `unit`, samples of all units together. */
  read(place: Place, name: MetricName, window: Window, unit?: string): readonly Period[];
  /** Adds samples that are known only by their statistics. */
  recordSet(place: Place, id: SeriesId, set: StatisticSet, atMs: number): void;
  /**
   * Writes what is not on disk yet; without it that happens every 250 ms of real time.
   * @throws {StorageError} and what was to be written still is.
   */
  flush(): void;
}

/** With a data directory the series of earlier runs are known at once, their data when first used. */
export function createMetricStore(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): MetricStore & { flush(): void; reset(): void; close(): void } {
  const { store, clock, onError } = parts;
  const disk = store.directory === undefined ? undefined : openMetricDisk(store.sqlite);
  const writer = disk && new MetricWriter({ store, disk, catalogue: () => catalogue, onError });
  const host: SeriesHost = {
    nowMs: () => clock.nowMs(),
    load: (series: Series) => disk?.load(catalogue.known(series)?.key ?? "") ?? [],
    changed: (bucket) => writer?.changed(bucket),
    dropped: (bucket) => writer?.dropped(bucket),
  };
  const catalogue = new MetricCatalogue(host);
  for (const { place, id, newestMs } of disk?.all() ?? []) catalogue.series(place, id, newestMs);

  return {
    series: (place, id) => catalogue.series(place, id),
    recordSet: (place, id, set, atMs) => catalogue.series(place, id).recordSet(set, atMs),
    metrics: (place) => catalogue.metrics(place),
    metric: (place, name) => catalogue.metric(place, name),
    read(place, name, window, unit) {
      const periods = new Periods(window);
      for (const series of catalogue.named(place, name)) {
        if (unit === undefined || series.id.unit === unit) series.readInto(periods);
      }
      return periods.list();
    },
    flush: () => writer?.flush(),
    reset() {
      writer?.forget();
      for (const series of catalogue.all()) series.clear();
      if (disk !== undefined) store.transaction(() => disk.clear());
    },
    close: () => writer?.close(),
  };
}

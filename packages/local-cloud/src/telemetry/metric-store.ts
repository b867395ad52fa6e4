import type { Clock } from "../clock.ts";
import type { Store } from "../storage/store.ts";
import { openMetricDisk } from "./metric-disk.ts";
import type { StatisticSet } from "./metric-distribution.ts";
import { type Period, Periods, type Window } from "./metric-periods.ts";
import { type Bucket, Series } from "./metric-series.ts";
import type { Dimension, MetricSink, Place, SeriesId } from "./metric-sink.ts";

/** A metric as AWS names it: its dimensions are all of them, in any order. */
export interface MetricName {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly Dimension[];
}

/** A metric that has had data. */
export interface KnownMetric extends MetricName {
  readonly units: readonly string[];
  /** The end of the newest second or minute that holds data. */
  readonly newestMs: number;
}

/** What the cloudwatch service reads, and what everything else writes. */
export interface MetricStore extends MetricSink {
  /** Every metric of the place that has data, oldest first. Data kept: 455 days. */
  metrics(place: Place): readonly KnownMetric[];
  /** One metric, undefined when it never had data. */
  metric(place: Place, name: MetricName): KnownMetric | undefined;
  /** The periods that have samples, oldest first. Without `unit`, samples of all units together. */
  read(place: Place, name: MetricName, window: Window, unit?: string): readonly Period[];
  /** Adds samples that are known only by their statistics. */
  recordSet(place: Place, id: SeriesId, set: StatisticSet, atMs: number): void;
  /**
   * Writes what is not on disk yet. @throws {StorageError} and it stays to be written.
   * Without it data is written every {@link FLUSH_EVERY_MS}.
   */
  flush(): void;
}

/** Real milliseconds that a measurement may be missing on disk: what a kill -9 can lose. */
export const FLUSH_EVERY_MS = 250;

interface KnownSeries {
  readonly key: string;
  readonly place: Place;
  readonly series: Series;
}

export function createMetricStore(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): MetricStore & { flush(): void; reset(): void; close(): void } {
  const { store, clock, onError } = parts;
  const disk = store.directory === undefined ? undefined : openMetricDisk(store.sqlite);
  const byKey = new Map<string, KnownSeries>();
  const bySeries = new Map<Series, KnownSeries>();
  /** By place and metric: the series that differ only in unit and resolution. */
  const byMetric = new Map<string, Map<string, Series[]>>();
  const dirty = new Set<Bucket>();
  const dropped = new Set<Bucket>();
  let timer: NodeJS.Timeout | undefined;

  const host = {
    nowMs: () => clock.nowMs(),
    load: (series: Series) => disk?.load(bySeries.get(series)?.key ?? "") ?? [],
    changed(bucket: Bucket) {
      if (disk === undefined) return;
      bucket.isDirty = true;
      dirty.add(bucket);
      armFlush();
    },
    dropped(bucket: Bucket) {
      if (disk === undefined) return;
      dirty.delete(bucket);
      dropped.add(bucket);
      armFlush();
    },
  };

  const armFlush = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      try {
        flush();
      } catch (error) {
        onError(error);
        armFlush();
      }
    }, FLUSH_EVERY_MS).unref();
  };

  const flush = () => {
    if (disk === undefined || dirty.size + dropped.size === 0) return;
    const touched = new Map<string, Series>();
    store.transaction(() => {
      for (const bucket of dropped) disk.remove(keyOf(bucket.series), bucket);
      for (const bucket of dirty) {
        const known = bySeries.get(bucket.series);
        if (known === undefined) continue;
        disk.write(known.key, known.place, bucket);
        touched.set(known.key, bucket.series);
      }
      for (const [key, series] of touched) disk.touch(key, series);
    });
    for (const bucket of dirty) bucket.isDirty = false;
    dirty.clear();
    dropped.clear();
  };

  const keyOf = (series: Series) => bySeries.get(series)?.key ?? "";

  const add = (key: string, place: Place, id: SeriesId, newestMs?: number): Series => {
    const series = new Series(id, host, newestMs);
    const known = { key, place, series };
    byKey.set(key, known);
    bySeries.set(series, known);
    const metrics = byMetric.get(placeKey(place)) ?? new Map<string, Series[]>();
    byMetric.set(placeKey(place), metrics);
    const same = metrics.get(metricKey(id)) ?? [];
    metrics.set(metricKey(id), [...same, series]);
    return series;
  };

  const seriesOf = (place: Place, id: SeriesId): Series => {
    const key = `${placeKey(place)}\0${metricKey(id)}\0${id.unit}\0${id.storageResolution ?? 60}`;
    return byKey.get(key)?.series ?? add(key, place, sorted(id));
  };

  for (const { place, id, newestMs } of disk?.all() ?? []) {
    const key = `${placeKey(place)}\0${metricKey(id)}\0${id.unit}\0${id.storageResolution ?? 60}`;
    add(key, place, id, newestMs);
  }

  const seriesNamed = (place: Place, name: MetricName): readonly Series[] =>
    byMetric.get(placeKey(place))?.get(metricKey(name)) ?? [];

  return {
    series: seriesOf,
    recordSet: (place, id, set, atMs) => seriesOf(place, id).recordSet(set, atMs),
    metrics: (place) => {
      const metrics = byMetric.get(placeKey(place))?.values() ?? [];
      return [...metrics].map(knownMetric).filter((metric) => metric !== undefined);
    },
    metric: (place, name) => knownMetric(seriesNamed(place, name)),
    read(place, name, window, unit) {
      const periods = new Periods(window);
      for (const series of seriesNamed(place, name)) {
        if (unit === undefined || series.id.unit === unit) series.readInto(periods);
      }
      return periods.list();
    },
    flush,
    reset() {
      dirty.clear();
      dropped.clear();
      for (const series of bySeries.keys()) series.clear();
      if (disk !== undefined) store.transaction(() => disk.clear());
    },
    close() {
      clearTimeout(timer);
      flush();
    },
  };
}

function knownMetric(all: readonly Series[]): KnownMetric | undefined {
  const series = all.filter(({ newestMs }) => newestMs > -Infinity);
  const [first] = series;
  if (first === undefined) return undefined;
  const { namespace, metricName, dimensions } = first.id;
  return {
    namespace,
    metricName,
    dimensions,
    units: [...new Set(series.map(({ id }) => id.unit))],
    newestMs: Math.max(...series.map(({ newestMs }) => newestMs)),
  };
}

function placeKey({ account, region }: Place): string {
  return `${account}\0${region}`;
}

function metricKey({ namespace, metricName, dimensions }: MetricName): string {
  const pairs = dimensions.map(({ Name, Value }) => `${Name}\0${Value}`).sort();
  return [namespace, metricName, ...pairs].join("\0");
}

function sorted(id: SeriesId): SeriesId {
  const dimensions = [...id.dimensions].sort((left, right) => (left.Name < right.Name ? -1 : 1));
  return { ...id, dimensions };
}

import { Series, type SeriesHost } from "./metric-series.ts";
import type { Dimension, Place, SeriesId } from "./metric-sink.ts";

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

/** A series with what says whose it is. `key` is unique in the whole cloud. */
interface KnownSeries {
  readonly key: string;
  readonly place: Place;
  readonly series: Series;
}

/** Finds series by their whole id, and by the metric they belong to. */
export class MetricCatalogue {
  readonly #host: SeriesHost;
  readonly #byKey = new Map<string, Series>();
  readonly #known = new Map<Series, KnownSeries>();
  /** By place, then by metric: the series that differ only in unit and resolution. */
  readonly #byMetric = new Map<string, Map<string, Series[]>>();

  constructor(host: SeriesHost) {
    this.#host = host;
  }

  /** The series of `id`, made when it is new. `newestMs`: see {@link Series}. */
  series(place: Place, id: SeriesId, newestMs?: number): Series {
    const metric = metricKey(id);
    const key = [placeKey(place), metric, id.unit, id.storageResolution ?? 1].join("\0");
    const held = this.#byKey.get(key);
    if (held !== undefined) return held;
    const made = new Series({ ...id, dimensions: byName(id.dimensions) }, this.#host, newestMs);
    this.#byKey.set(key, made);
    this.#known.set(made, { key, place, series: made });
    const metrics = this.#byMetric.get(placeKey(place)) ?? new Map<string, Series[]>();
    this.#byMetric.set(placeKey(place), metrics);
    metrics.set(metric, [...(metrics.get(metric) ?? []), made]);
    return made;
  }

  known(series: Series): KnownSeries | undefined {
    return this.#known.get(series);
  }

  all(): Iterable<Series> {
    return this.#known.keys();
  }

  /** The series of one metric: one for each unit and resolution. */
  named(place: Place, name: MetricName): readonly Series[] {
    return this.#byMetric.get(placeKey(place))?.get(metricKey(name)) ?? [];
  }

  metric(place: Place, name: MetricName): KnownMetric | undefined {
    return knownMetric(this.named(place, name));
  }

  metrics(place: Place): KnownMetric[] {
    const found = [...(this.#byMetric.get(placeKey(place))?.values() ?? [])];
    return found.map(knownMetric).filter((metric) => metric !== undefined);
  }
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

function byName(dimensions: readonly Dimension[]): Dimension[] {
  return [...dimensions].sort((left, right) => (left.Name < right.Name ? -1 : 1));
}

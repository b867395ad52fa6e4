import { Distribution, type StatisticSet } from "./metric-distribution.ts";
import type { Periods } from "./metric-periods.ts";
import type { MetricSeries, SeriesId } from "./metric-sink.ts";

/** Samples of one series in [startMs, startMs + widthMs). */
export interface Bucket {
  readonly series: Series;
  readonly widthMs: number;
  readonly startMs: number;
  readonly data: Distribution;
  /** Changed since it was last written to disk. The host sets and clears it. */
  isDirty: boolean;
}

export type StoredBucket = Pick<Bucket, "widthMs" | "startMs" | "data">;

/** The store that keeps the series. */
export interface SeriesHost {
  nowMs(): number;
  /** The buckets on disk; asked for once, when the series is first used. */
  load(series: Series): Iterable<StoredBucket>;
  changed(bucket: Bucket): void;
  dropped(bucket: Bucket): void;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * How long buckets of a width are kept before they are folded into the next width.
 * Source: AWS docs, CloudWatch concepts, "Metrics retention".
 */
const TIERS = [
  { widthMs: SECOND_MS, keptMs: 3 * HOUR_MS },
  { widthMs: MINUTE_MS, keptMs: 15 * DAY_MS },
  { widthMs: 5 * MINUTE_MS, keptMs: 63 * DAY_MS },
  { widthMs: HOUR_MS, keptMs: 455 * DAY_MS },
] as const;

/** Folding looks at every bucket, so it is not done at every use. */
const FOLD_EVERY_MS = 10 * MINUTE_MS;

/**
 * One metric with one unit and one storage resolution. Samples of a metric published at standard
 * resolution go into their minute's bucket, all others into their second's.
 */
export class Series implements MetricSeries {
  readonly id: SeriesId;
  readonly #host: SeriesHost;
  readonly #ingestWidthMs: number;
  readonly #tiers = TIERS.map(({ widthMs, keptMs }) => ({
    widthMs,
    keptMs,
    buckets: new Map<number, Bucket>(),
  }));
  #isLoaded = false;
  #foldedAtMs = -Infinity;
  #newestMs: number;
  #latest: Bucket | undefined;
  #latestEndMs = -Infinity;

  /** `newestMs` is the end of the newest bucket on disk, known before the buckets are loaded. */
  constructor(id: SeriesId, host: SeriesHost, newestMs = -Infinity) {
    this.id = id;
    this.#host = host;
    this.#newestMs = newestMs;
    this.#ingestWidthMs = id.storageResolution === 60 ? MINUTE_MS : SECOND_MS;
  }

  /** The end of the newest bucket; -Infinity without data. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Hot path: no allocation and no bucket look-up while time stays inside the bucket. */
  record(value: number, atMs: number, count = 1): void {
    const bucket = this.#current(atMs);
    bucket.data.add(value, count);
    if (!bucket.isDirty) this.#host.changed(bucket);
  }

  recordSet(set: StatisticSet, atMs: number): void {
    const bucket = this.#current(atMs);
    bucket.data.addSet(set);
    if (!bucket.isDirty) this.#host.changed(bucket);
  }

  readInto(periods: Periods): void {
    this.#prepare();
    const { periodMs } = periods.window;
    for (const { widthMs, buckets } of this.#tiers) {
      // A reader with a sub-minute period sees a standard metric's minutes, at their starts, but not
      // what was folded into minutes.
      if (widthMs > Math.max(periodMs, this.#ingestWidthMs)) break;
      for (const bucket of within(buckets, widthMs, periods.window)) {
        periods.add(bucket.startMs, bucket.data);
      }
    }
  }

  /** Forgets every sample, also those on disk. The series itself can go on being used. */
  clear(): void {
    for (const { buckets } of this.#tiers) buckets.clear();
    this.#isLoaded = true;
    this.#newestMs = -Infinity;
    this.#latest = undefined;
  }

  #current(atMs: number): Bucket {
    const latest = this.#latest;
    if (latest !== undefined && atMs >= latest.startMs && atMs < this.#latestEndMs) return latest;
    this.#prepare();
    const bucket = this.#bucketAt(this.#ingestWidthMs, atMs);
    this.#latest = bucket;
    this.#latestEndMs = bucket.startMs + bucket.widthMs;
    return bucket;
  }

  #bucketAt(widthMs: number, atMs: number): Bucket {
    const buckets = this.#tiers.find((tier) => tier.widthMs === widthMs)?.buckets;
    const startMs = Math.floor(atMs / widthMs) * widthMs;
    const held = buckets?.get(startMs);
    if (held !== undefined) return held;
    return this.#keep({ widthMs, startMs, data: new Distribution() });
  }

  #keep(stored: StoredBucket): Bucket {
    const bucket = { ...stored, series: this, isDirty: false };
    this.#tiers
      .find((tier) => tier.widthMs === stored.widthMs)
      ?.buckets.set(stored.startMs, bucket);
    this.#newestMs = Math.max(this.#newestMs, stored.startMs + stored.widthMs);
    return bucket;
  }

  #prepare(): void {
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      for (const stored of this.#host.load(this)) this.#keep(stored);
    }
    const nowMs = this.#host.nowMs();
    if (nowMs - this.#foldedAtMs < FOLD_EVERY_MS) return;
    this.#foldedAtMs = nowMs;
    this.#fold(nowMs);
  }

  /** Moves what is too old for its tier into the next one; the last one forgets it. */
  #fold(nowMs: number): void {
    for (const [index, { keptMs, widthMs, buckets }] of this.#tiers.entries()) {
      const widerMs = this.#tiers[index + 1]?.widthMs;
      // Only whole wider buckets move, so that a period is never half in one tier.
      const beforeMs = floorTo(nowMs - keptMs, widerMs ?? widthMs);
      for (const bucket of buckets.values()) {
        if (bucket.startMs >= beforeMs) continue;
        buckets.delete(bucket.startMs);
        if (bucket === this.#latest) this.#latest = undefined;
        this.#host.dropped(bucket);
        if (widerMs === undefined) continue;
        const wider = this.#bucketAt(widerMs, bucket.startMs);
        wider.data.merge(bucket.data);
        if (!wider.isDirty) this.#host.changed(wider);
      }
    }
  }
}

function* within(
  buckets: ReadonlyMap<number, Bucket>,
  widthMs: number,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Iterable<Bucket> {
  // Stepping through a short window beats looking at every bucket; a long one is mostly holes.
  if ((endMs - startMs) / widthMs > buckets.size) {
    for (const bucket of buckets.values()) {
      if (bucket.startMs >= startMs && bucket.startMs < endMs) yield bucket;
    }
    return;
  }
  for (let atMs = Math.ceil(startMs / widthMs) * widthMs; atMs < endMs; atMs += widthMs) {
    const bucket = buckets.get(atMs);
    if (bucket !== undefined) yield bucket;
  }
}

function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

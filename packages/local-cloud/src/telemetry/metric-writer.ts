import type { Store } from "../storage/store.ts";
import type { MetricCatalogue } from "./metric-catalogue.ts";
import type { MetricDisk } from "./metric-disk.ts";
import type { Bucket, Series } from "./metric-series.ts";

/** Real milliseconds that a measurement may be missing on disk: what a kill -9 can lose. */
const FLUSH_EVERY_MS = 250;

/** Collects changed buckets and writes them together, one transaction for each batch. */
export class MetricWriter {
  readonly #store: Store;
  readonly #disk: MetricDisk;
  readonly #catalogue: () => MetricCatalogue;
  readonly #onError: (error: unknown) => void;
  readonly #dirty = new Set<Bucket>();
  readonly #dropped = new Set<Bucket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: {
    readonly store: Store;
    readonly disk: MetricDisk;
    readonly catalogue: () => MetricCatalogue;
    readonly onError: (error: unknown) => void;
  }) {
    this.#store = parts.store;
    this.#disk = parts.disk;
    this.#catalogue = parts.catalogue;
    this.#onError = parts.onError;
  }

  changed(bucket: Bucket): void {
    bucket.isDirty = true;
    this.#dirty.add(bucket);
    this.#arm();
  }

  dropped(bucket: Bucket): void {
    this.#dirty.delete(bucket);
    this.#dropped.add(bucket);
    this.#arm();
  }

  /** @throws {StorageError} and what was to be written still is. */
  flush(): void {
    if (this.#dirty.size + this.#dropped.size === 0) return;
    this.#store.transaction(() => this.#writeAll());
    for (const bucket of this.#dirty) bucket.isDirty = false;
    this.#dirty.clear();
    this.#dropped.clear();
  }

  forget(): void {
    for (const bucket of this.#dirty) bucket.isDirty = false;
    this.#dirty.clear();
    this.#dropped.clear();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.flush();
  }

  #writeAll(): void {
    const catalogue = this.#catalogue();
    const touched = new Map<Series, string>();
    for (const bucket of this.#dropped) {
      this.#disk.remove(catalogue.known(bucket.series)?.key ?? "", bucket);
    }
    for (const bucket of this.#dirty) {
      const known = catalogue.known(bucket.series);
      if (known === undefined) continue;
      this.#disk.write(known.key, known.place, bucket);
      touched.set(bucket.series, known.key);
    }
    for (const [series, key] of touched) this.#disk.touch(key, series);
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      try {
        this.flush();
      } catch (error) {
        this.#onError(error);
        this.#arm();
      }
    }, FLUSH_EVERY_MS).unref();
  }
}

/** An account's region: metrics and logs never cross it. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

export interface SeriesId {
  readonly namespace: string;
  readonly metricName: string;
  /** In any order: two ids with the same dimensions in another order are one series. */
  readonly dimensions: readonly Dimension[];
  /** AWS's unit: "Count", "Milliseconds", ... "None" when there is none. */
  readonly unit: string;
  /** 1 keeps seconds apart, 60 (the default, and what AWS's own metrics have) only minutes. */
  readonly storageResolution?: 1 | 60 | undefined;
}

/** One metric being written. Hold on to it: finding it again costs a look-up, recording does not. */
export interface MetricSeries {
  /** Adds `count` (default 1) samples of `value` at `atMs`. */
  record(value: number, atMs: number, count?: number): void;
}

/** Where the data plane and the services send measurements. Implemented in `metric-store.ts`. */
export interface MetricSink {
  series(place: Place, id: SeriesId): MetricSeries;
}

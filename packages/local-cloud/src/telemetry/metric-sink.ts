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
  /**
   * 1 (the default) keeps seconds apart, 60 only minutes. AWS keeps its own services' metrics by the
   * minute; here they are kept by the second on purpose, so that short rehearsals have data to look at.
   * What users publish keeps the resolution that they give.
   */
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

/** What one version did in one bucket. Whole numbers of at least 0. */
export interface ArmCounts {
  readonly requests: number;
  /** At most `requests`. */
  readonly errors: number;
  /**
   * How many took longer than each threshold, in the order of the thresholds asked for. Stable is asked with
   * the thresholds, the canary with each of them times {@link LATENCY_TOLERANCE}, or some milliseconds more. Absent when not counted.
   */
  readonly slow?: readonly number[];
  /** The user's own metrics, by name. */
  readonly custom?: Readonly<Record<string, CustomCounts>>;
}

/** Trials of a user's own metric, and how many of them were bad by each of its thresholds (one for successes and failures). */
export interface CustomCounts {
  readonly trials: number;
  readonly bad: readonly number[];
}

/** Both versions in the same stretch of time, in one stratum (a region, a route, cold or warm starts). */
export interface CountBucket {
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** "all" when the source does not tell strata apart. */
  readonly stratum: string;
  /** Absent when nothing was counted: silence is not zero errors. */
  readonly stable?: ArmCounts;
  readonly canary?: ArmCounts;
}

/** "Up to 9 % slower is fine": one step of a histogram whose bounds grow by 2^(1/8). */
export const LATENCY_TOLERANCE = 2 ** (1 / 8);

/** The quantiles of stable's own latency that become thresholds. */
export const LATENCY_QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999] as const;

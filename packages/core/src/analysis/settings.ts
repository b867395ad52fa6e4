/** What a comparison takes for granted. Shares are fractions, 0 to 1. */
export interface ComparisonSettings {
  /** Chance of turning back a canary that is not worse than tolerated, over all looks together. */
  readonly alpha: number;
  /** Chance of promoting a canary that is worse than the margin allows. */
  readonly beta: number;
  /** A canary may fail `ratio` times as often as stable, and `rate` more on top. */
  readonly tolerance: Allowance;
  /** Promotion proves that the canary fails less than this. */
  readonly margin: Allowance;
  /** Attempts of one request that stay on one version: evidence is divided by it. 1 without sticky retries. */
  readonly retries: number;
  /** Whether latency is compared. It begins once there are thresholds. */
  readonly latency: boolean;
  /** Whether evidence may begin to count at any minute: a leak after an hour is then not outweighed by that hour. */
  readonly lateOnset: boolean;
  readonly custom: readonly CustomSettings[];
}

export interface Allowance {
  readonly ratio: number;
  readonly rate: number;
}

export interface CustomSettings {
  readonly name: string;
  /** "outcomes": successes and failures, as errors are compared. "values": counts beyond thresholds, as latency is. */
  readonly kind: "outcomes" | "values";
  /** How many `bad` counts each bucket has: 1 for outcomes. */
  readonly thresholds: number;
}

export const DEFAULT_SETTINGS: ComparisonSettings = {
  alpha: 0.01,
  beta: 0.05,
  tolerance: { ratio: 1.1, rate: 0.0005 },
  margin: { ratio: 1.5, rate: 0.005 },
  retries: 1,
  latency: true,
  lateOnset: true,
  custom: [],
};

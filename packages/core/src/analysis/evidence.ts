export type Verdict = "pass" | "fail" | "inconclusive" | "error";

/** Natural logarithm of an e-value, and what it has to reach. */
export interface LogEvidence {
  readonly logE: number;
  readonly threshold: number;
}

/** What a comparison knows, for decisions and for people. Plain data. */
export interface ComparisonEvidence {
  /** fail: turn back. pass: proved no worse than the margin. inconclusive: neither yet. error: cannot measure. */
  readonly verdict: Verdict;
  readonly requests: { readonly stable: number; readonly canary: number };
  readonly errors: { readonly stable: number; readonly canary: number };
  /** Buckets that counted: those with both versions in them. */
  readonly buckets: number;
  readonly rollback: LogEvidence;
  /** The parts that `rollback` is the weighted average of (of their e-values). */
  readonly parts: readonly {
    readonly name: string;
    readonly weight: number;
    readonly logE: number;
  }[];
  /** The least of what promotion asks for: errors, each latency threshold, each custom metric. */
  readonly promotion: LogEvidence & { readonly name: string };
  /**
   * Anytime upper bound U: the canary fails at most `margin.ratio` times as often as stable, plus U (a fraction,
   * 1 when nothing is known).
   */
  readonly riskBound: number;
  /** The canary fails more than this many times as often as stable, at confidence 1 - alpha; 0 when not known. */
  readonly rateRatioAtLeast: number;
  /** Whether the canary's requests are missing against its weight. */
  readonly requestCount: LogEvidence & { readonly isMissing: boolean };
  /** One plain sentence. */
  readonly sentence: string;
}

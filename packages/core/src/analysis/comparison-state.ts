import { startBets } from "./bets.ts";
import type { Bets } from "./bets.ts";
import { ERROR_STAKES } from "./error-process.ts";
import type { ComparisonEvidence } from "./evidence.ts";
import { startPromotion } from "./promotion.ts";
import type { PromotionState } from "./promotion.ts";
import { RATE_RATIOS } from "./rate-ratio.ts";
import { startRequestCount } from "./request-count.ts";
import type { RequestCountState } from "./request-count.ts";
import type { ComparisonSettings } from "./settings.ts";
import { startSlow } from "./slow-process.ts";
import type { SlowState } from "./slow-process.ts";

/** One number for each version. */
export interface Tally {
  readonly stable: number;
  readonly canary: number;
}

/** Errors, or failures of a user's own metric. */
export interface OutcomeState {
  readonly kind: "outcomes";
  readonly bets: Bets;
  readonly promotion: PromotionState;
  /** Sums over what counted, to tell people. */
  readonly trials: Tally;
  readonly bad: Tally;
}

export type CustomState = OutcomeState | ({ readonly kind: "values" } & SlowState);

/**
 * Everything that is known of two versions, in plain data of a fixed size. Strata need none of their own: their
 * evidence adds up in logarithms, bet by bet.
 */
export interface ComparisonState {
  /** Of all buckets that were handed in. */
  readonly requests: Tally;
  readonly errors: Tally;
  /** Those with both versions in them. */
  readonly buckets: number;
  /** The bets on errors, then a row for each of RATE_RATIOS. */
  readonly errorBets: Bets;
  /** How many of RATE_RATIOS are ruled out. */
  readonly ruledOut: number;
  readonly promotion: PromotionState;
  /** Null until a bucket brings counts of slow requests. */
  readonly latency: SlowState | null;
  /** What the other parts had made of latency's share of the stake when latency began: a logarithm. */
  readonly latencyStake: number;
  /** In the order of the settings. */
  readonly custom: readonly CustomState[];
  readonly requestCount: RequestCountState;
  /** What was known when the evidence reached its threshold. Final: later buckets change nothing. */
  readonly failed: ComparisonEvidence | null;
}

export function startComparison(settings: ComparisonSettings): ComparisonState {
  const late = settings.lateOnset;
  return {
    requests: { stable: 0, canary: 0 },
    errors: { stable: 0, canary: 0 },
    buckets: 0,
    errorBets: startBets(ERROR_STAKES.length * (1 + RATE_RATIOS.length), late),
    ruledOut: 0,
    promotion: startPromotion(),
    latency: null,
    latencyStake: 0,
    custom: settings.custom.map(({ kind, thresholds }): CustomState => {
      if (kind === "values") return { kind, ...startSlow(thresholds, late) };
      return {
        kind,
        bets: startBets(ERROR_STAKES.length, late),
        promotion: startPromotion(),
        trials: { stable: 0, canary: 0 },
        bad: { stable: 0, canary: 0 },
      };
    }),
    requestCount: startRequestCount(late),
    failed: null,
  };
}

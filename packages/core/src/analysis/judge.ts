import { combine, leastPromotion, partsOf } from "./combination.ts";
import type { ComparisonState } from "./comparison-state.ts";
import type { ComparisonEvidence, Verdict } from "./evidence.ts";
import { riskBound } from "./promotion.ts";
import { RATE_RATIOS } from "./rate-ratio.ts";
import { requestCountLogE, requestCountThreshold } from "./request-count.ts";
import { sentenceOf } from "./sentence.ts";
import type { ComparisonSettings } from "./settings.ts";

/** What is known now; of a comparison that failed, what was known then. Never says "error": it has been measured. */
export function judge(state: ComparisonState, settings: ComparisonSettings): ComparisonEvidence {
  if (state.failed !== null) return state.failed;
  const parts = partsOf(state, settings);
  const rollback = { logE: combine(parts), threshold: Math.log(1 / settings.alpha) };
  const promotion = leastPromotion(state, settings);
  const verdict: Verdict =
    rollback.logE >= rollback.threshold
      ? "fail"
      : promotion.logE >= promotion.threshold
        ? "pass"
        : "inconclusive";
  const known = {
    verdict,
    requests: state.requests,
    errors: state.errors,
    buckets: state.buckets,
    rollback,
    parts,
    promotion,
    riskBound: riskBound(state.promotion, settings.beta),
    rateRatioAtLeast: RATE_RATIOS[state.ruledOut - 1] ?? 0,
    requestCount: {
      logE: requestCountLogE(state.requestCount),
      threshold: requestCountThreshold(settings.alpha),
      isMissing: state.requestCount.isMissing,
    },
  };
  return { ...known, sentence: sentenceOf(known, state, settings) };
}

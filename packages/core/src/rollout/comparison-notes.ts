import type { ComparisonEvidence } from "../analysis/evidence.ts";
import type { Json } from "./json.ts";

/** What a decision of the comparison rests on, for the journal. */
export function comparisonEvidence(evidence: ComparisonEvidence): { readonly [key: string]: Json } {
  const { verdict, requests, errors, rollback, promotion, parts, requestCount } = evidence;
  return {
    verdict,
    requests: { stable: requests.stable, canary: requests.canary },
    errors: { stable: errors.stable, canary: errors.canary },
    buckets: evidence.buckets,
    rollbackLogE: rollback.logE,
    rollbackThreshold: rollback.threshold,
    parts: Object.fromEntries(parts.map(({ name, logE }) => [name, logE])),
    promotionLogE: promotion.logE,
    promotionThreshold: promotion.threshold,
    promotionWaitsFor: promotion.name,
    riskBound: evidence.riskBound,
    rateRatioAtLeast: evidence.rateRatioAtLeast,
    requestCountLogE: requestCount.logE,
  };
}

/** A sentence when the comparison says something new; most buckets only say more of the same. */
export function comparisonNews(
  before: ComparisonEvidence,
  after: ComparisonEvidence,
): string | undefined {
  if (after.verdict !== before.verdict) return `comparison: ${after.verdict}. ${after.sentence}`;
  if (after.requestCount.isMissing && !before.requestCount.isMissing) {
    return "comparison: the canary answers fewer requests than its weight sends it";
  }
  const isFirst = before.buckets === 0 && after.buckets > 0;
  return isFirst ? `comparison begun. ${after.sentence}` : undefined;
}

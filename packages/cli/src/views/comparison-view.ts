import type { ComparisonEvidence, LogEvidence, Rollout } from "@headgate/core";
import type { Style } from "../terminal/style.ts";

/** What the comparison of the versions says: plain data, the same for people and for `--json`. */
export interface ComparisonView {
  readonly verdict: ComparisonEvidence["verdict"];
  readonly sentence: string;
  readonly requests: ComparisonEvidence["requests"];
  readonly errors: ComparisonEvidence["errors"];
  /** Evidence that the canary is worse, against what turns it back. Natural logarithms. */
  readonly rollback: LogEvidence;
  /** Evidence that it is no worse, against what promotes it; `name` is the metric that is furthest from it. */
  readonly promotion: LogEvidence & { readonly name: string };
  /** Extra errors above this share are excluded; 1 when nothing is known. */
  readonly riskBound: number;
  readonly rateRatioAtLeast: number;
  readonly parts: readonly { readonly name: string; readonly logE: number }[];
  /** Why the counts cannot be read; null when they can. */
  readonly unreadable: string | null;
  /** Who said that proof need not be waited for. */
  readonly waivedBy: string | null;
}

export function comparisonView({ comparison }: Rollout): ComparisonView | null {
  if (comparison === undefined) return null;
  const { evidence, riskBound, unreadable, waivedBy } = comparison;
  return {
    verdict: evidence.verdict,
    sentence: evidence.sentence,
    requests: evidence.requests,
    errors: evidence.errors,
    rollback: evidence.rollback,
    promotion: evidence.promotion,
    riskBound,
    rateRatioAtLeast: evidence.rateRatioAtLeast,
    parts: evidence.parts.map(({ name, logE }) => ({ name, logE })),
    unreadable: unreadable ?? null,
    waivedBy: waivedBy ?? null,
  };
}

/** Two rows, each a head and a text: how far the evidence is from turning back, and from proof. */
export function comparisonRows(view: ComparisonView | null, style: Style): string[][] {
  if (view === null) return [];
  if (view.unreadable !== null) {
    return [["compared", style.warn(`counts cannot be read: ${view.unreadable}`)]];
  }
  if (view.requests.canary === 0) return [["compared", style.dim("nothing counted yet")]];
  const { rollback, promotion, riskBound } = view;
  const isProved = promotion.logE >= promotion.threshold;
  const waived = view.waivedBy === null ? "" : `; not waited for, by ${view.waivedBy}`;
  const known = isProved ? "proved" : `${excludedText(riskBound)}${waived}`;
  return [
    ["worse?", evidenceBar(rollback, view.verdict === "fail" ? style.bad : style.warn)],
    ["no worse?", `${evidenceBar(promotion, style.good)}  ${known}`],
  ];
}

/** What is known of the canary's extra errors although nothing is proved. */
export function excludedText(riskBound: number): string {
  if (riskBound >= 1) return "nothing excluded yet";
  return `more than ${Number((100 * riskBound).toPrecision(2))}% extra errors excluded`;
}

const BAR = 20;

/** "[#####...............] log E 1.2 of 4.6". Evidence against, below 0, is an empty bar. */
export function evidenceBar({ logE, threshold }: LogEvidence, paint: Style["good"]): string {
  const share = Math.max(0, Math.min(1, logE / threshold));
  const filled = Math.floor(share * BAR);
  const bar = `[${paint("#".repeat(filled))}${".".repeat(BAR - filled)}]`;
  return `${bar} log E ${oneDigit(logE)} of ${oneDigit(threshold)}`;
}

/** Never "-0.0". */
function oneDigit(value: number): string {
  return (Math.round(value * 10) / 10 + 0).toFixed(1);
}

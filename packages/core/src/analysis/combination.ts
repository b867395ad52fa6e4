import { unbet } from "./bets.ts";
import type { ComparisonState, CustomState } from "./comparison-state.ts";
import { LATENCY_QUANTILES } from "./counts.ts";
import { ERROR_STAKES } from "./error-process.ts";
import type { LogEvidence } from "./evidence.ts";
import { logMixture } from "./logs.ts";
import { promotionLogE } from "./promotion.ts";
import type { Allowance, ComparisonSettings } from "./settings.ts";
import { slowLogE } from "./slow-process.ts";
import type { SlowState } from "./slow-process.ts";

/** Of the stake. Without metrics of one's own latency has their share. */
const SHARES = { errors: 0.5, latency: 0.3, custom: 0.2 };

export interface Part {
  readonly name: string;
  readonly weight: number;
  readonly logE: number;
}

/**
 * The parts and their shares of the stake. The user's own metrics are there from the start, by the settings. Latency
 * begins with its first counts, if it ever does; until then its share rides with the other parts, and it begins
 * with what they have made of it. Shares change hands only before the outcomes they ride on, so the whole stays an
 * e-process, and nothing is kept aside for a source that counts no latency.
 */
export function partsOf(state: ComparisonState, settings: ComparisonSettings): readonly Part[] {
  const { latency, latencyStake } = state;
  const custom = settings.custom.length > 0 ? SHARES.custom : 0;
  const ofLatency = SHARES.latency + SHARES.custom - custom;
  const whole = SHARES.errors + (latency === null ? 0 : ofLatency) + custom;
  const parts = [{ name: "errors", weight: SHARES.errors / whole, logE: errorEvidence(state) }];
  if (latency !== null) {
    const logE = latencyStake + slowLogE(latency);
    parts.push({ name: "latency", weight: ofLatency / whole, logE });
  }
  for (const [i, { name }] of settings.custom.entries()) {
    const found = state.custom[i];
    const weight = custom / whole / settings.custom.length;
    parts.push({ name, weight, logE: found === undefined ? 0 : customEvidence(found) });
  }
  return parts;
}

/** The weighted mean of the parts' e-values: valid however the parts depend on one another. */
export function combine(parts: readonly Part[]): number {
  return logMixture(
    parts.map(({ logE }) => logE),
    parts.map(({ weight }) => weight),
    0,
  );
}

/** The evidence that the canary is worse than tolerated, now; a comparison that failed keeps what it had then. */
export function rollbackLogE(state: ComparisonState, settings: ComparisonSettings): number {
  return state.failed?.rollback.logE ?? combine(partsOf(state, settings));
}

/**
 * The least that any part has for promotion. All of them have to be proved, and asking for all costs no level: a
 * canary that is worse in one part passes that one at most with probability beta.
 */
export function leastPromotion(
  state: ComparisonState,
  settings: ComparisonSettings,
): LogEvidence & { readonly name: string } {
  const { margin, beta } = settings;
  let least = { name: "errors", logE: promotionLogE(state.promotion, margin) };
  const ask = (name: string, logE: number): void => {
    if (logE < least.logE) least = { name, logE };
  };
  if (state.latency !== null) {
    const names = LATENCY_QUANTILES.map((quantile) => `latency ${percentile(quantile)}`);
    for (const [i, logE] of slowPromotions(state.latency, margin).entries()) {
      ask(names[i] ?? `latency threshold ${i + 1}`, logE);
    }
  }
  for (const [i, { name }] of settings.custom.entries()) {
    const custom = state.custom[i];
    if (custom === undefined) continue;
    if (custom.kind === "outcomes") ask(name, promotionLogE(custom.promotion, margin));
    else for (const logE of slowPromotions(custom, margin)) ask(name, logE);
  }
  return { ...least, threshold: Math.log(1 / beta) };
}

/** "p99.9" for 0.999. */
export function percentile(quantile: number): string {
  return `p${Number((100 * quantile).toFixed(6))}`;
}

function slowPromotions({ promotions }: SlowState, margin: Allowance): readonly number[] {
  return promotions.map((promotion) => promotionLogE(promotion, margin));
}

function errorEvidence({ errorBets }: ComparisonState): number {
  return logMixture(errorBets.logs, ERROR_STAKES, unbet(errorBets), 0, ERROR_STAKES.length);
}

function customEvidence(custom: CustomState): number {
  if (custom.kind === "values") return slowLogE(custom);
  return logMixture(custom.bets.logs, ERROR_STAKES, unbet(custom.bets));
}

import { unbet } from "./bets.ts";
import type { ComparisonState, CustomState } from "./comparison-state.ts";
import { ERROR_STAKES } from "./error-process.ts";
import type { LogEvidence } from "./evidence.ts";
import { logMixture } from "./logs.ts";
import { promotionLogE } from "./promotion.ts";
import type { Allowance, ComparisonSettings } from "./settings.ts";
import { slowLogE } from "./slow-process.ts";
import type { SlowState } from "./slow-process.ts";
import { LATENCY_QUANTILES } from "./counts.ts";

const SHARES = { errors: 0.5, latency: 0.3, custom: 0.2 };

export interface Part {
  readonly name: string;
  readonly weight: number;
  readonly logE: number;
}

/**
 * The parts and their shares of the stake. The settings alone decide which parts there are: shares have to be fixed
 * before the outcomes. A part that has nothing to say yet, such as latency without thresholds, is worth 1.
 */
export function partsOf(state: ComparisonState, settings: ComparisonSettings): readonly Part[] {
  const hasCustom = settings.custom.length > 0;
  const whole =
    SHARES.errors + (settings.latency ? SHARES.latency : 0) + (hasCustom ? SHARES.custom : 0);
  const parts = [{ name: "errors", weight: SHARES.errors / whole, logE: errorEvidence(state) }];
  if (settings.latency) {
    const logE = state.latency === null ? 0 : slowLogE(state.latency);
    parts.push({ name: "latency", weight: SHARES.latency / whole, logE });
  }
  const each = SHARES.custom / whole / settings.custom.length;
  for (const [i, { name }] of settings.custom.entries()) {
    const custom = state.custom[i];
    parts.push({ name, weight: each, logE: custom === undefined ? 0 : customEvidence(custom) });
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

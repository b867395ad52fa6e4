import { percentile } from "./combination.ts";
import type { ComparisonState, Tally } from "./comparison-state.ts";
import { LATENCY_QUANTILES } from "./counts.ts";
import type { ComparisonEvidence, LogEvidence } from "./evidence.ts";
import type { ComparisonSettings } from "./settings.ts";
import { slowLogEAt } from "./slow-process.ts";
import type { SlowState } from "./slow-process.ts";

type Known = Omit<ComparisonEvidence, "sentence">;

/** What a person needs to know of the evidence, in one sentence (two when the canary's requests are missing). */
export function sentenceOf(
  known: Known,
  state: ComparisonState,
  settings: ComparisonSettings,
): string {
  const missing = known.requestCount.isMissing ? ` ${missingText(known)}` : "";
  switch (known.verdict) {
    case "fail":
      return `${failText(known, state, settings)}; log E ${of(known.rollback)}.${missing}`;
    case "pass":
      return `The canary is not worse than the margin allows: ${errorText(known)}; log E ${of(known.promotion)}.${missing}`;
    case "inconclusive":
    case "error":
      return `${openText(known)}.${missing}`;
    default:
      return known.verdict satisfies never;
  }
}

function openText(known: Known): string {
  const { requests, rollback, promotion } = known;
  if (requests.stable + requests.canary === 0) return "Nothing known: no request has been counted";
  return `Not decided: ${errorText(known)}; log E against the canary ${of(rollback)}, for it ${of(promotion)} (${promotion.name})`;
}

/** The part that weighs most. */
function failText(known: Known, state: ComparisonState, settings: ComparisonSettings): string {
  const heaviest = known.parts.reduce((best, part) => (gain(part) > gain(best) ? part : best));
  const index = known.parts.indexOf(heaviest);
  if (index === 0) {
    const ratio = known.rateRatioAtLeast;
    const often = ratio > 1 ? `${count(ratio)} times as often or more` : "more often than stable";
    return `The canary fails ${often}: ${errorText(known)}`;
  }
  if (settings.latency && index === 1 && state.latency !== null) {
    const { at, text } = worst(state.latency);
    const quantile = LATENCY_QUANTILES[at];
    const bound = quantile === undefined ? `threshold ${at + 1}` : percentile(quantile);
    return `The canary is slower than stable's ${bound} too often: ${text}`;
  }
  const custom = state.custom[index - (settings.latency ? 2 : 1)];
  if (custom === undefined) return "The canary is worse than stable";
  const text =
    custom.kind === "values" ? worst(custom).text : against(custom.bad, custom.trials, "bad", "of");
  return `The canary is worse in ${heaviest.name}: ${text}`;
}

function gain({ weight, logE }: { weight: number; logE: number }): number {
  return Math.log(weight) + logE;
}

/** The threshold with the most evidence. */
function worst(state: SlowState): { at: number; text: string } {
  let at = 0;
  for (let i = 1; i < state.promotions.length; i += 1) {
    if (slowLogEAt(state, i) > slowLogEAt(state, at)) at = i;
  }
  const beyond = { stable: state.slow.stable[at] ?? 0, canary: state.slow.canary[at] ?? 0 };
  return { at, text: against(beyond, state.trials, "beyond", "of") };
}

function missingText({ requests }: Known): string {
  const all = requests.stable + requests.canary;
  return `The canary's requests are missing: only ${count(requests.canary)} of ${count(all)} are its own, against its weight.`;
}

function errorText({ errors, requests }: Known): string {
  return against(errors, requests, errors.canary === 1 ? "error" : "errors", "in", "requests");
}

/** "9 errors in 31 requests, against 1 in 290 on stable" */
function against(bad: Tally, trials: Tally, what: string, joint: string, of = ""): string {
  const unit = of === "" ? "" : ` ${trials.canary === 1 ? "request" : of}`;
  return `${count(bad.canary)} ${what} ${joint} ${count(trials.canary)}${unit}, against ${count(bad.stable)} ${joint} ${count(trials.stable)} on stable`;
}

function of({ logE, threshold }: LogEvidence): string {
  return `${decimal(logE)} of ${decimal(threshold)}`;
}

/** One digit behind the point, where it still says something. */
function decimal(value: number): string {
  if (Math.abs(value) >= 100) return count(Math.round(value));
  return (Math.round(value * 10) / 10 + 0).toFixed(1);
}

/** With commas between thousands, the same on every machine. */
function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

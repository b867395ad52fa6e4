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
    return `The canary fails ${oftenText(known, settings)}: ${errorText(known)}`;
  }
  if (state.latency !== null && index === 1) {
    const at = worstThreshold(state.latency);
    const quantile = LATENCY_QUANTILES[at];
    const bound = quantile === undefined ? `threshold ${at + 1}` : percentile(quantile);
    return `The canary is slower than stable's ${bound} too often: ${slowText(state.latency, at, "requests")}`;
  }
  const custom = state.custom[index - (state.latency === null ? 1 : 2)];
  if (custom === undefined) return "The canary is worse than stable";
  if (custom.kind === "outcomes") {
    return `The canary is worse in ${heaviest.name}: ${shareText(custom.bad, custom.trials, "bad")}`;
  }
  const at = worstThreshold(custom);
  return `The canary is worse in ${heaviest.name}: ${slowText(custom, at, `beyond threshold ${at + 1}`)}`;
}

/** As often as counted, and what is certain of it, which is little as long as errors are few. */
function oftenText(
  { errors, requests, rateRatioAtLeast }: Known,
  { alpha }: ComparisonSettings,
): string {
  if (errors.stable === 0) return "where stable does not";
  const ratio = errors.canary / requests.canary / (errors.stable / requests.stable);
  // Sums over strata can hide what each of them shows.
  if (!(ratio > 1)) return "more often than stable";
  const certain = `${count(rateRatioAtLeast)} times or more, at ${Number((100 * (1 - alpha)).toFixed(2))} % confidence`;
  const about = ratio < 10 ? decimal(ratio) : count(Math.round(ratio));
  return `about ${about} times as often as stable${rateRatioAtLeast > 1 ? ` (${certain})` : ""}`;
}

function gain({ weight, logE }: { weight: number; logE: number }): number {
  return Math.log(weight) + logE;
}

/** The threshold with the most evidence. */
function worstThreshold(state: SlowState): number {
  let at = 0;
  for (let i = 1; i < state.promotions.length; i += 1) {
    if (slowLogEAt(state, i) > slowLogEAt(state, at)) at = i;
  }
  return at;
}

function slowText({ slow, trials }: SlowState, at: number, what: string): string {
  const beyond = { stable: slow.stable[at] ?? 0, canary: slow.canary[at] ?? 0 };
  return shareText(beyond, trials, what);
}

/** "60 of 100 requests, against 90 of 900 on stable" */
function shareText(bad: Tally, trials: Tally, what: string): string {
  return `${count(bad.canary)} of ${count(trials.canary)} ${what}, against ${count(bad.stable)} of ${count(trials.stable)} on stable`;
}

/** "9 errors in 31 requests, against 1 in 290 on stable" */
function errorText({ errors, requests }: Known): string {
  const many = `${count(errors.canary)} ${errors.canary === 1 ? "error" : "errors"}`;
  const all = `${count(requests.canary)} ${requests.canary === 1 ? "request" : "requests"}`;
  return `${many} in ${all}, against ${count(errors.stable)} in ${count(requests.stable)} on stable`;
}

function missingText({ requests }: Known): string {
  const all = requests.stable + requests.canary;
  return `The canary's requests are missing: only ${count(requests.canary)} of ${count(all)} are its own, against its weight.`;
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

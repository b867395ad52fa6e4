import type { ComparisonSettings } from "../analysis/settings.ts";
import { formatDuration } from "../duration.ts";
import { formatWeight, weightBps } from "../weight.ts";
import type { Stage } from "../simulation/course.ts";
import { requestsToProve } from "./proof.ts";
import type { CanaryTraffic } from "./proof.ts";

/** One thing that would give a plan the power it lacks, best first, with its figures and as a sentence. */
export type Help =
  | {
      readonly kind: "weight";
      readonly weightBps: number;
      /** Until a good canary is proved, about. */
      readonly etaMs: number;
      readonly sentence: string;
    }
  | { readonly kind: "wait"; readonly etaMs: number; readonly sentence: string }
  | {
      readonly kind: "probes";
      readonly count: number;
      /** The least failure rate that they find with this chance. */
      readonly errorRate: number;
      readonly chance: number;
      readonly sentence: string;
    }
  | { readonly kind: "synthetic"; readonly requestsPerSecond: number; readonly sentence: string };

/**
 * At large differences between the versions, evidence comes fastest with about this share: more of the traffic makes
 * each error of the canary less surprising.
 */
const BEST_BPS = 3000;
const PROBES = 50;
const PROBES_FIND = 0.99;
/** Half of all good canaries take longer than the average one; this much more time covers most. */
const MOST = 1.5;

export function helpFor(
  course: readonly Stage[],
  traffic: { readonly requestsPerSecond: number; readonly errorRate: number },
  canary: CanaryTraffic,
  settings: ComparisonSettings,
): readonly Help[] {
  const { requestsPerSecond, errorRate } = traffic;
  const etaMs = (bps: number) => {
    const share = bps / 10_000;
    const requests = MOST * requestsToProve(errorRate, share, settings);
    return (1000 * requests) / (requestsPerSecond * share);
  };
  const help: Help[] = [];
  if (canary.share * 10_000 < BEST_BPS && Number.isFinite(etaMs(BEST_BPS))) {
    const sentence = `hold ${formatWeight(weightBps(BEST_BPS))}: a proof then takes about ${about(etaMs(BEST_BPS))}`;
    help.push({ kind: "weight", weightBps: BEST_BPS, etaMs: etaMs(BEST_BPS), sentence });
  }
  const lastBps = lastWeight(course);
  const waitMs = etaMs(lastBps);
  if (lastBps > 0 && Number.isFinite(waitMs)) {
    const sentence = `wait longer: at ${formatWeight(weightBps(lastBps))} a proof takes about ${about(waitMs)}`;
    help.push({ kind: "wait", etaMs: waitMs, sentence });
  }
  const found = 1 - (1 - PROBES_FIND) ** (1 / PROBES);
  help.push({
    kind: "probes",
    count: PROBES,
    errorRate: found,
    chance: PROBES_FIND,
    sentence: `send the canary ${PROBES} requests of your own before any user's: they find one that fails ${Math.ceil(100 * found)}% or more with a chance of ${100 * PROBES_FIND}%`,
  });
  const added = addedRequests(traffic, canary, settings);
  if (Number.isFinite(added) && added > 0) {
    const sentence = `add ${added} synthetic requests a second to the users' ${figure(requestsPerSecond)}: the proof then fits the plan's time`;
    help.push({ kind: "synthetic", requestsPerSecond: added, sentence });
  }
  return help;
}

/** Requests a second on top of the users' with which a proof fits the plan's time, two digits. */
function addedRequests(
  { requestsPerSecond, errorRate }: { requestsPerSecond: number; errorRate: number },
  { share, forMs }: CanaryTraffic,
  settings: ComparisonSettings,
): number {
  if (share <= 0 || share >= 1) return Infinity;
  const needed = (1000 * MOST * requestsToProve(errorRate, share, settings)) / (share * forMs);
  return Number(Math.max(0, needed - requestsPerSecond).toPrecision(2));
}

function lastWeight(course: readonly Stage[]): number {
  const last = course.at(-1);
  if (last === undefined) return 0;
  const bps = last.kind === "ramp" ? last.maxWeightBps : last.weightBps;
  // With all of the traffic there is nothing to compare with.
  return bps < 10_000 ? bps : 0;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** In whole minutes, or hours from two days on: an estimate is no more precise. */
function about(ms: number): string {
  const unitMs = ms >= 48 * 3_600_000 ? 3_600_000 : 60_000;
  return formatDuration(Math.ceil(ms / unitMs) * unitMs);
}

import { LATENCY_QUANTILES, LATENCY_TOLERANCE } from "../analysis/counts.ts";
import { DEFAULT_SETTINGS } from "../analysis/settings.ts";
import { addSlow, slowLogE, startSlow } from "../analysis/slow-process.ts";
import type { SlowState } from "../analysis/slow-process.ts";
import type { BucketLine, LatencyHistogram } from "./bucket-line.ts";

/**
 * Latency in a recording, which has no time before the rollout to take thresholds from: the first stable requests
 * give them, and are not compared themselves, so that no threshold is chosen by what it is then used on.
 */
export interface LatencyReplay {
  /** Null until a bucket had a histogram. */
  readonly boundsMs: readonly number[] | null;
  /** Stable's counts while there are no thresholds. */
  readonly learning: readonly number[];
  readonly compared: {
    readonly places: readonly ThresholdPlace[];
    readonly state: SlowState;
  } | null;
}

/** A threshold as two bounds of the histogram: the canary's lies one tolerance higher. */
interface ThresholdPlace {
  readonly stable: number;
  readonly canary: number;
}

/** Stable requests that give the thresholds. With fewer, p99.9 and above would be one request's doing. */
export const LEARNING_REQUESTS = 1000;
/** A bound that was written as a rounded number still counts as one tolerance higher. */
const ROUNDING = 1e-6;

export const NO_LATENCY: LatencyReplay = { boundsMs: null, learning: [], compared: null };

export function addLatency(latency: LatencyReplay, line: BucketLine): LatencyReplay {
  const stable = line.stable.latency;
  const canary = line.canary.latency;
  const boundsMs = latency.boundsMs ?? stable?.boundsMs ?? canary?.boundsMs ?? null;
  if (latency.compared === null) {
    return stable === undefined
      ? { ...latency, boundsMs }
      : learn({ ...latency, boundsMs }, stable);
  }
  // One version's times alone compare with nothing.
  if (stable === undefined || canary === undefined) return latency;
  const { places, state } = latency.compared;
  const next = addSlow(
    state,
    line.atMs,
    slowArm(
      stable,
      places.map((place) => place.stable),
    ),
    slowArm(
      canary,
      places.map((place) => place.canary),
    ),
    DEFAULT_SETTINGS,
  );
  return { ...latency, compared: { places, state: next } };
}

/** Log E that the canary is slower; null while there is nothing to compare with. */
export function latencyLogE({ compared }: LatencyReplay): number | null {
  return compared === null ? null : slowLogE(compared.state);
}

function learn(latency: LatencyReplay, { boundsMs, counts }: LatencyHistogram): LatencyReplay {
  const learning = counts.map((count, index) => count + (latency.learning[index] ?? 0));
  const total = sumFrom(learning, 0);
  if (total < LEARNING_REQUESTS) return { ...latency, learning };
  const places = placesOf(boundsMs, learning, total);
  if (places.length === 0) return { ...latency, learning };
  return { ...latency, learning, compared: { places, state: startSlow(places.length, false) } };
}

/** The bound that each quantile lies below, without those beyond the last bound, each once. */
function placesOf(
  boundsMs: readonly number[],
  counts: readonly number[],
  total: number,
): ThresholdPlace[] {
  const places = new Map<number, ThresholdPlace>();
  for (const quantile of LATENCY_QUANTILES) {
    let below = 0;
    const stable = boundsMs.findIndex(
      (_, index) => (below += counts[index] ?? 0) >= quantile * total,
    );
    const bound = boundsMs[stable];
    if (bound === undefined) continue;
    const least = bound * LATENCY_TOLERANCE * (1 - ROUNDING);
    const canary = boundsMs.findIndex((other) => other >= least);
    if (canary !== -1) places.set(stable, { stable, canary });
  }
  return [...places.values()];
}

function slowArm({ counts }: LatencyHistogram, bounds: readonly number[]) {
  return { trials: sumFrom(counts, 0), slow: bounds.map((bound) => sumFrom(counts, bound + 1)) };
}

function sumFrom(counts: readonly number[], from: number): number {
  let sum = 0;
  for (let index = from; index < counts.length; index++) sum += counts[index] ?? 0;
  return sum;
}

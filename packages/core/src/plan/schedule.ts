import type { RolloutSpec } from "../spec/schema.ts";
import { ALL_TRAFFIC, weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";

/** A weight, and how long after the first it comes. */
export interface ScheduledWeight {
  readonly afterMs: number;
  readonly weight: WeightBps;
}

/**
 * The weights of a strategy with their times, for a platform that moves by itself: what it is set up to do must be
 * this. Undefined for strategies that have no times.
 */
export function scheduleOfStrategy({
  allAtOnce,
  linear,
  canary,
}: RolloutSpec["strategy"]): readonly ScheduledWeight[] | undefined {
  if (allAtOnce !== undefined) return [{ afterMs: 0, weight: ALL_TRAFFIC }];
  if (linear !== undefined) {
    const { step, every } = linear;
    return Array.from({ length: Math.ceil(ALL_TRAFFIC / step) }, (_, index) => ({
      afterMs: index * every,
      weight: weightBps(Math.min(ALL_TRAFFIC, (index + 1) * step)),
    }));
  }
  const [first, second, ...more] = canary?.steps ?? [];
  if (first?.setWeight === undefined || second?.pause === undefined || more.length > 0) {
    return undefined;
  }
  const { setWeight: weight } = first;
  const afterMs = typeof second.pause === "number" ? second.pause : second.pause.duration;
  return [
    { afterMs: 0, weight },
    { afterMs, weight: ALL_TRAFFIC },
  ];
}

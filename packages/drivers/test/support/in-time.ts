import { type TrafficDriver, type WeightBps, weightBps } from "@headgate/core";
import type { Clock } from "../../src/clock.ts";

/** As a rollout: its orders come 20 s before each of CodeDeploy's moves. */
const ASKED_BEFORE_MS = 20_000;

/** The driver of a platform that keeps its own times, asked for each weight when a rollout would ask. */
export function inTime(
  driver: TrafficDriver,
  parts: {
    /** The same, past all faults. */
    readonly observer: Pick<TrafficDriver, "readRoute">;
    readonly clock: Clock;
    /** What CodeDeploy sets, without the last, which is all. */
    readonly weights: readonly WeightBps[];
    readonly isReachable: () => boolean;
  },
): TrafficDriver {
  const { observer, clock, weights, isReachable } = parts;

  /** Shortly before CodeDeploy makes `wanted` live. */
  const comeTo = async (wanted: WeightBps) => {
    if (!isReachable()) return;
    for (let move = 0; move < weights.length; move++) {
      const { weight, course } = await observer.readRoute();
      const { movesAtMs, nextWeight = 0 } = course ?? {};
      // A rollout asks no more once somebody else has set a weight.
      if (movesAtMs === undefined || !weights.includes(weight)) return;
      const isNext = nextWeight >= wanted;
      const afterMs = isNext ? -ASKED_BEFORE_MS : 1000;
      await clock.sleep(Math.max(0, movesAtMs + afterMs - clock.nowMs()));
      if (isNext) return;
    }
  };
  return {
    ...driver,
    async setWeight(change) {
      const { weight } = await observer.readRoute();
      if (change.weight > weight) await comeTo(change.weight);
      return driver.setWeight(change);
    },
    async promote(change) {
      await comeTo(weightBps(10_000));
      return driver.promote(change);
    },
  };
}

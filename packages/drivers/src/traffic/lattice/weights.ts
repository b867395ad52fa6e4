import { ALL_TRAFFIC, invariant, type WeightBps, weightBps } from "@headgate/core";

/** The largest weight of one target group. Source: botocore vpc-lattice model, WeightedTargetGroup. */
const LARGEST = 999;

/** What a group has that no weight is given for. Source: AWS docs, API_WeightedTargetGroup. */
export const DEFAULT_WEIGHT = 100;

/**
 * The smallest difference that is kept everywhere and exactly: 999 and 1 are the most unequal pair that both serve,
 * which is 0.1% for the canary.
 */
export const RESOLUTION_BPS = 10;

/** VPC Lattice's weights of both groups. A group's share is its own weight over the sum of all. */
export interface WeightPair {
  readonly stable: number;
  readonly canary: number;
}

/**
 * The pair that comes closest to a share above 0: parts of a hundred or a thousand where they are exact,
 * because people read them, and otherwise the best fraction that two numbers up to 999 can make.
 */
export function pairFor(share: WeightBps): WeightPair {
  invariant(share > 0, "a canary without traffic is not listed");
  if (share === ALL_TRAFFIC) return { stable: 0, canary: 100 };
  for (const whole of [100, 1000]) {
    const canary = (share * whole) / ALL_TRAFFIC;
    if (Number.isInteger(canary)) return { stable: whole - canary, canary };
  }
  let best: WeightPair = { stable: LARGEST, canary: 1 };
  for (let canary = 1; canary <= LARGEST; canary++) {
    const exact = (canary * (ALL_TRAFFIC - share)) / share;
    const stable = Math.min(LARGEST, Math.max(1, Math.round(exact)));
    const pair = { stable, canary };
    if (distance(pair, share) < distance(best, share)) best = pair;
  }
  return best;
}

/** The share that a pair gives to the canary, to the nearest basis point. */
export function shareOf({ stable, canary }: WeightPair): WeightBps {
  const total = stable + canary;
  return weightBps(total === 0 ? 0 : Math.round((canary / total) * ALL_TRAFFIC));
}

function distance({ stable, canary }: WeightPair, share: WeightBps): number {
  return Math.abs((canary / (stable + canary)) * ALL_TRAFFIC - share);
}

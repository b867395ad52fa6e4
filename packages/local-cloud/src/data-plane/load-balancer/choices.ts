import type { Random } from "../../random.ts";
import type { LiveGroup, LiveTarget } from "./live-balancers.ts";

/** Chooses targets by the algorithm of their group. Remembers whose turn it is. */
export class TargetChooser {
  readonly #random: Random;
  readonly #turns = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param openOf how many requests a target has now. */
  choose(group: LiveGroup, nowMs: number, openOf: (key: string) => number): LiveTarget | undefined {
    const usable = usableTargets(group);
    switch (group.attributes["load_balancing.algorithm.type"]) {
      case "least_outstanding_requests": {
        const fewest = Math.min(...usable.map(({ key }) => openOf(key)));
        return this.#draw(usable.filter(({ key }) => openOf(key) === fewest));
      }
      case "weighted_random":
        return this.#draw(usable);
      default:
        return this.#next(group, this.#warm(group, usable, nowMs));
    }
  }

  #draw(targets: readonly LiveTarget[]): LiveTarget | undefined {
    return targets[this.#random.int(targets.length)];
  }

  #next({ arn }: LiveGroup, targets: readonly LiveTarget[]): LiveTarget | undefined {
    const turn = this.#turns.get(arn) ?? 0;
    this.#turns.set(arn, turn + 1);
    return targets[turn % targets.length];
  }

  /**
   * In slow start a target's share grows linearly. Source: AWS docs, "Slow start mode": when all are in it,
   * none is held back.
   */
  #warm(group: LiveGroup, targets: readonly LiveTarget[], nowMs: number): readonly LiveTarget[] {
    const startMs = Number(group.attributes["slow_start.duration_seconds"] ?? "0") * 1000;
    if (startMs === 0) return targets;
    const share = ({ healthySinceMs }: LiveTarget) => (nowMs - healthySinceMs) / startMs;
    if (targets.every((target) => share(target) < 1)) return targets;
    const taking = targets.filter(
      (target) => share(target) >= 1 || this.#random.next() < share(target),
    );
    return taking.length > 0 ? taking : targets;
  }
}

/**
 * The healthy targets; all, when too few are healthy.
 * Source: AWS docs, "Target group health": unhealthy state routing. Unverified: that targets whose first
 * checks are not over are among "all".
 */
export function usableTargets(group: LiveGroup): readonly LiveTarget[] {
  const known = usable.get(group);
  if (known !== undefined) return known;
  const found = findUsable(group);
  usable.set(group, found);
  return found;
}

/** A group is a snapshot: what of it is usable does not change. */
const usable = new WeakMap<LiveGroup, readonly LiveTarget[]>();

function findUsable({ targets, attributes }: LiveGroup): readonly LiveTarget[] {
  const healthy = targets.filter(({ isHealthy }) => isHealthy);
  const prefix = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
  const count = Number(attributes[`${prefix}.count`] ?? "1");
  const percentage = attributes[`${prefix}.percentage`] ?? "off";
  const isEnough =
    healthy.length >= count &&
    (percentage === "off" || healthy.length * 100 >= targets.length * Number(percentage));
  return isEnough && healthy.length > 0 ? healthy : targets;
}

import type { LiveRoute } from "../contracts/traffic-driver.ts";
import { ALL_TRAFFIC, formatWeight, NO_TRAFFIC, weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import type { Rollout } from "./rollout.ts";
import { change } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** The canary's share of all traffic on `route`. */
export function canaryShare(rollout: Rollout, route: LiveRoute): WeightBps {
  const canary = rollout.versions?.canary;
  if (canary === undefined) return NO_TRAFFIC;
  if (route.stable === canary) return weightBps(ALL_TRAFFIC - route.weight);
  return route.canary === canary ? route.weight : NO_TRAFFIC;
}

/** Whether the route holds only the two versions of this rollout. */
export function isOurs(rollout: Rollout, route: LiveRoute): boolean {
  const { versions } = rollout;
  if (versions === undefined) return route.canary === undefined;
  const ours = new Set([versions.stable, versions.canary]);
  return ours.has(route.stable) && (route.canary === undefined || ours.has(route.canary));
}

/** All traffic on stable and nothing left of the canary, nor on its way to it. */
export function isRestored(rollout: Rollout, route: LiveRoute): boolean {
  const stable = rollout.versions?.stable ?? rollout.route.stable;
  if (route.course?.isUnderWay === true) return false;
  return route.stable === stable && route.weight === NO_TRAFFIC && route.canary === undefined;
}

/** All traffic on the canary, as the platform's only version. */
export function isPromoted(rollout: Rollout, route: LiveRoute): boolean {
  const isAlone = route.canary === undefined && route.weight === NO_TRAFFIC;
  return isAlone && route.stable === rollout.versions?.canary;
}

/** Whether both describe the same split: the token alone may differ. */
export function isSameSplit(left: LiveRoute, right: LiveRoute): boolean {
  return (
    left.stable === right.stable && left.canary === right.canary && left.weight === right.weight
  );
}

/** Takes over what was read from the platform: the only way a weight ever changes (I4). */
export function adopt(turn: Turn, route: LiveRoute): Turn {
  const { rollout, atMs } = turn;
  const weight = canaryShare(rollout, route);
  // What has just been read needs no poll for a while.
  const polls = { ...rollout.polls, routeAtMs: atMs + rollout.spec.poll.route };
  const read = change(turn, { route, routeReadAtMs: atMs, polls });
  if (weight === rollout.weight) return read;
  const moved = change(read, { weight, weightSinceMs: atMs });
  const isFirst = weight > 0 && rollout.trafficSinceMs === undefined;
  return isFirst ? change(moved, { trafficSinceMs: atMs }) : moved;
}

/** The route in a person's words: "version 4 90%, version 5 10%". */
export function formatRoute(route: LiveRoute): string {
  if (route.canary === undefined) return `version ${route.stable} 100%`;
  const stableShare = weightBps(ALL_TRAFFIC - route.weight);
  return `version ${route.stable} ${formatWeight(stableShare)}, version ${route.canary} ${formatWeight(route.weight)}`;
}

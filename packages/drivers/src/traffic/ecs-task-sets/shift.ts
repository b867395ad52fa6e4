import { NO_TRAFFIC, RolloutError, type RouteChange, type VersionId } from "@headgate/core";
import { type CallLimits, poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { ForwardApi, ForwardGroup } from "../ecs/forward.ts";
import type { EcsPlace } from "../ecs/place.ts";
import { DEFAULT_WEIGHT, pairFor } from "../lattice/weights.ts";
import {
  changedElsewhere,
  describeRoute,
  type EcsRoute,
  groupOf,
  keptShare,
  otherGroup,
  routeOf,
  taskSetOf,
} from "./route.ts";
import { gone, type TaskSetApi } from "./task-set-api.ts";

export interface Shifter {
  readRoute(limits?: CallLimits): Promise<EcsRoute>;
  /** Gives way to every change made elsewhere: the route must still carry the change's token. */
  setWeight(change: RouteChange, untilMs: number): Promise<EcsRoute>;
  promote(change: Versions, untilMs: number): Promise<EcsRoute>;
  /** Gives way only when versions other than these two have traffic. */
  restore(change: Versions, untilMs: number): Promise<EcsRoute>;
  /** Names both target groups in the action, without moving any traffic: a group in use is health-checked. */
  attach(untilMs: number): Promise<EcsRoute>;
}

type Versions = Omit<RouteChange, "weight">;

/**
 * For one change with all that it needs: `untilMs` is this long after it was asked for. Shorter than the controller
 * waits (30 s), because nothing may be written after it has given up.
 */
export const CHANGE_MS = 25_000;
/** For a look at the route; the controller waits 10 s for it. */
const LOOK_MS = 8000;
/** How often a change starts again from a newer route before it believes that someone fights it. */
const ATTEMPTS = 5;

/** What a change is to bring about. */
interface Goal {
  readonly text: string;
  areWeightsLive(route: EcsRoute): boolean;
  weights(route: EcsRoute): readonly ForwardGroup[];
  /** Whose task set is to be primary; undefined to leave that as it is. */
  readonly primary?: VersionId;
  /** Says why a route must be left alone, or nothing. */
  objection(route: EcsRoute): string | undefined;
}

export function createShifter(parts: {
  readonly place: EcsPlace;
  readonly forward: ForwardApi;
  readonly sets: TaskSetApi;
  readonly clock: Clock;
  readonly prevention: () => Promise<string>;
}): Shifter {
  const { place, forward, sets, clock } = parts;

  const read = async (limits?: CallLimits): Promise<EcsRoute> => {
    const [live, service] = await Promise.all([forward.read(limits), sets.readService(limits)]);
    return routeOf(place, live, service);
  };

  /** The weights first: they are what users feel. */
  const make = async (goal: Goal, untilMs: number): Promise<EcsRoute> => {
    const remaining = (): CallLimits => ({ deadlineMs: untilMs - clock.nowMs() });
    for (let attempt = 1; ; attempt++) {
      const before = await read(remaining());
      // Also the way out when our own write had its effect but its answer was lost.
      if (goal.areWeightsLive(before)) {
        if (isPrimary(before, goal.primary)) return before;
        return makePrimary(goal, before, remaining);
      }
      const why = attempt > ATTEMPTS ? "again and again" : goal.objection(before);
      if (why !== undefined) {
        throw changedElsewhere(place, before, why, await parts.prevention());
      }
      const written = await forward.replace(
        goal.weights(before),
        before.forward.token,
        remaining(),
      );
      if (!written) continue;
      const live = await poll({
        clock,
        deadlineMs: remaining().deadlineMs ?? 0,
        waitingFor: `${place.action.label} to show ${goal.text}`,
        read: () => read(remaining()),
        // Until it is no stale read any more: the goal, or what someone else made of it.
        settled: (one) =>
          goal.areWeightsLive(one) || one.forward.token !== before.forward.token ? one : undefined,
        describe: describeRoute,
      });
      if (!goal.areWeightsLive(live)) continue;
      if (isPrimary(live, goal.primary)) return live;
      return makePrimary(goal, live, remaining);
    }
  };

  const makePrimary = async (
    { primary = "", text }: Goal,
    route: EcsRoute,
    remaining: () => CallLimits,
  ): Promise<EcsRoute> => {
    const set = taskSetOf(route.service, primary);
    if (set === undefined) throw gone(primary, `it cannot become primary; ${describeRoute(route)}`);
    await sets.makePrimary(set, remaining());
    return poll({
      clock,
      deadlineMs: remaining().deadlineMs ?? 0,
      waitingFor: `${place.label} to show ${text}`,
      read: () => read(remaining()),
      settled: (one) => (isPrimary(one, primary) ? one : undefined),
      describe: describeRoute,
    });
  };

  const unlessChanged = (token: string) => (live: EcsRoute) =>
    live.token === token ? undefined : "it is not what this rollout left";

  /** Only what forwards to other versions, or to other target groups, is foreign. */
  const unlessForeign =
    ({ stable, canary }: Versions) =>
    (live: EcsRoute) => {
      const ours = new Set([stable, canary]);
      const foreign = live.forward.groups.some(({ arn, weight }) => {
        if (weight === 0) return false;
        if (!place.groups.some((group) => group.arn === arn)) return true;
        const version = versionAt(live, arn);
        return version !== undefined && !ours.has(version);
      });
      return foreign || live.forward.groups.length === 0
        ? `this rollout is about ${stable} and ${canary}`
        : undefined;
    };

  const alone = (
    version: VersionId,
  ): Pick<Goal, "text" | "areWeightsLive" | "weights" | "primary"> => ({
    text: `${version} alone`,
    primary: version,
    areWeightsLive: ({ forward: { groups }, service }) => {
      const arn = groupOf(place, service, version)?.arn;
      const serving = groups.filter(({ weight }) => weight > 0);
      return serving.length === 1 && serving[0]?.arn === arn;
    },
    weights: (route) => {
      const group = groupOf(place, route.service, version);
      if (group === undefined) throw gone(version, `the route is ${describeRoute(route)}`);
      return weightsWith(route, [
        { arn: group.arn, weight: DEFAULT_WEIGHT },
        { arn: otherGroup(place, group.arn).arn, weight: 0 },
      ]);
    },
  });

  return {
    readRoute: (limits = { deadlineMs: LOOK_MS }) => read(limits),
    setWeight: ({ stable, canary, weight, token }, untilMs) => {
      if (weight === NO_TRAFFIC) {
        const { primary: _, ...goal } = alone(stable);
        return make({ ...goal, objection: unlessChanged(token) }, untilMs);
      }
      return make(
        {
          text: describeRoute({ stable, canary, weight }),
          objection: unlessChanged(token),
          areWeightsLive: (route) =>
            route.stable === stable &&
            route.canary === canary &&
            route.weight === keptShare(weight),
          weights: (route) => {
            const [from, to] = [stable, canary].map((one) => groupOf(place, route.service, one));
            if (from === undefined) throw gone(stable, "it served");
            if (to === undefined) {
              throw new RolloutError("CANARY_UNUSABLE", `no task set runs ${canary} any more`, {
                hint: "Somebody deleted it during the release. Deploy again.",
              });
            }
            const pair = pairFor(weight);
            return weightsWith(route, [
              { arn: from.arn, weight: pair.stable },
              { arn: to.arn, weight: pair.canary },
            ]);
          },
        },
        untilMs,
      );
    },
    promote: ({ canary, token }, untilMs) =>
      make({ ...alone(canary), objection: unlessChanged(token) }, untilMs),
    restore: (change, untilMs) =>
      make({ ...alone(change.stable), objection: unlessForeign(change) }, untilMs),
    attach: (untilMs) =>
      make(
        {
          text: "both target groups",
          objection: ({ forward: { groups } }) =>
            groups.length === 0 ? "it does not forward" : undefined,
          areWeightsLive: ({ forward: { groups } }) =>
            place.groups.every(({ arn }) => groups.some((group) => group.arn === arn)),
          weights: (route) => {
            const missing = place.groups.filter(
              ({ arn }) => !route.forward.groups.some((group) => group.arn === arn),
            );
            return [...route.forward.groups, ...missing.map(({ arn }) => ({ arn, weight: 0 }))];
          },
        },
        untilMs,
      ),
  };
}

function isPrimary({ service }: EcsRoute, version: VersionId | undefined): boolean {
  return version === undefined || taskSetOf(service, version)?.status === "PRIMARY";
}

function versionAt({ service }: EcsRoute, arn: string): VersionId | undefined {
  return service.taskSets.find(
    ({ groupArns, status }) => groupArns.includes(arn) && status !== "DRAINING",
  )?.version;
}

/** The action's groups with these in their place; what else it names is kept as it is. */
function weightsWith(
  { forward }: EcsRoute,
  ours: readonly ForwardGroup[],
): readonly ForwardGroup[] {
  const others = forward.groups.filter(({ arn }) => !ours.some((group) => group.arn === arn));
  return [...ours, ...others];
}

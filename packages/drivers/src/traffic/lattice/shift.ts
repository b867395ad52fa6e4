import { NO_TRAFFIC, type RouteChange, type VersionId } from "@headgate/core";
import { type CallLimits, poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { ActionApi } from "./action-api.ts";
import {
  actionFor,
  changedElsewhere,
  describeRoute,
  isLive,
  type LatticeRoute,
  type Split,
} from "./route.ts";

export interface Shifter {
  readRoute(): Promise<LatticeRoute>;
  /** Gives way to every change made elsewhere: the action must still carry the change's token. */
  setWeight(change: RouteChange, untilMs: number): Promise<LatticeRoute>;
  promote(change: Versions, untilMs: number): Promise<LatticeRoute>;
  /** Gives way only when groups other than these two are named. */
  restore(change: Versions, untilMs: number): Promise<LatticeRoute>;
  /** Names the canary's group with no weight. */
  attach(change: Versions, untilMs: number): Promise<LatticeRoute>;
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

/** Says why a route must be left alone, or nothing. */
type Objection = (live: LatticeRoute) => string | undefined;

export function createShifter(api: ActionApi, clock: Clock): Shifter {
  const { label } = api.place;

  const make = async (
    split: Split,
    objection: Objection,
    untilMs: number,
  ): Promise<LatticeRoute> => {
    const remaining = (): CallLimits => ({ deadlineMs: untilMs - clock.nowMs() });
    for (let attempt = 1; ; attempt++) {
      const before = await api.read(remaining());
      // Also the way out when our own write had its effect but its answer was lost.
      if (isLive(before, split)) return before;
      const why = attempt > ATTEMPTS ? "again and again" : objection(before);
      if (why !== undefined) throw changedElsewhere(label, before, why);
      if (!(await api.replace(actionFor(split), before.token, remaining()))) continue;
      const live = await readBack(split, before.token, remaining);
      if (isLive(live, split)) return live;
    }
  };

  /** The route once it is no stale read any more: the split, or what someone else made of it. */
  const readBack = (split: Split, tokenBefore: string, remaining: () => CallLimits) =>
    poll({
      clock,
      deadlineMs: remaining().deadlineMs ?? 0,
      waitingFor: `${label} to show ${describeRoute(split)}`,
      read: () => api.read(remaining()),
      settled: (live) => (isLive(live, split) || live.token !== tokenBefore ? live : undefined),
      describe: describeRoute,
    });

  const unlessChanged =
    (token: string): Objection =>
    (live) =>
      live.token === token ? undefined : "it is not what this rollout left";

  const unlessForeign =
    ({ stable, canary }: Versions): Objection =>
    ({ groups }) => {
      const isOurs = groups.length > 0 && groups.every(({ id }) => id === stable || id === canary);
      return isOurs ? undefined : `this rollout is about target groups ${stable} and ${canary}`;
    };

  return {
    readRoute: () => api.read({ deadlineMs: LOOK_MS }),
    setWeight: ({ token, ...split }, untilMs) => make(split, unlessChanged(token), untilMs),
    promote: ({ canary, token }, untilMs) => make(alone(canary), unlessChanged(token), untilMs),
    restore: (change, untilMs) => make(alone(change.stable), unlessForeign(change), untilMs),
    attach: ({ stable, canary, token }, untilMs) => {
      const split = { stable, canary, weight: NO_TRAFFIC, isAttached: true };
      return make(split, unlessChanged(token), untilMs);
    },
  };
}

function alone(version: VersionId): Split {
  return { stable: version, canary: undefined, weight: NO_TRAFFIC };
}

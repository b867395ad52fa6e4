import {
  type LiveRoute,
  NO_TRAFFIC,
  RolloutError,
  type RouteChange,
  type VersionId,
} from "@headgate/core";
import { awsMessageOf, isAwsException } from "../../aws/errors.ts";
import { type CallLimits, poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import { yieldToAlias } from "./capacity.ts";
import type { AliasUpdate, FunctionApi } from "./function-api.ts";
import {
  changedElsewhere,
  describeRoute,
  isLive,
  routeOf,
  type Split,
  updateFor,
} from "./route.ts";

export interface Shifter {
  readRoute(): Promise<LiveRoute>;
  /** Gives way to every change made elsewhere: the route must still carry the change's token. */
  setWeight(change: RouteChange): Promise<LiveRoute>;
  promote(change: Omit<RouteChange, "weight">): Promise<LiveRoute>;
  /** Gives way only when versions other than these two are live. */
  restore(change: Omit<RouteChange, "weight">): Promise<LiveRoute>;
}

/**
 * For one change with its reads and retries. Shorter than the controller waits for it (30 s), and that
 * matters: an attempt that was given up must never shift traffic after the abort that followed it.
 */
const CHANGE_MS = 25_000;
/** For a look at the route; the controller waits 10 s for it. */
const LOOK_MS = 8000;
/** How often a change starts again from a newer route before it believes that someone fights it. */
const ATTEMPTS = 5;

/** One change of the route, and when to leave the route alone instead. */
interface Change {
  readonly split: Split;
  /** Says why the route must be left alone, or nothing. */
  readonly objection: (live: LiveRoute) => string | undefined;
  /** The version that the alias may still be leaving because an earlier attempt moved it. */
  readonly leaving?: VersionId;
  /** What must be out of the way first. Called only when the route may be changed. */
  readonly makeRoom?: () => Promise<void>;
}

export function createShifter(api: FunctionApi, clock: Clock): Shifter {
  const label = `alias ${api.functionName}:${api.alias}`;
  const readRoute = async (limits: CallLimits) => routeOf(await api.getAlias(limits));

  const make = async (change: Change): Promise<LiveRoute> => {
    const { split, objection } = change;
    const endMs = clock.nowMs() + CHANGE_MS;
    const remaining = (): CallLimits => ({ deadlineMs: endMs - clock.nowMs() });
    for (let attempt = 1; ; attempt++) {
      const before = await readRoute(remaining());
      // Also the way out when our own write had its effect but its answer was lost.
      if (isLive(before, split)) return before;
      const leaving = before.stable === split.stable ? change.leaving : before.stable;
      if (!isLeaving(before, split, leaving)) {
        const why = attempt > ATTEMPTS ? "again and again" : objection(before);
        if (why !== undefined) throw changedElsewhere(label, before, why);
        await change.makeRoom?.();
        const written = await write(updateFor(split, before.token), remaining());
        if (written === undefined) continue;
      }
      const live = await readBack(split, { leaving, tokenBefore: before.token, remaining });
      if (isLive(live, split)) return live;
    }
  };

  /** Undefined when someone, perhaps our own lost attempt, changed the alias since `token`. */
  const write = async (update: AliasUpdate, limits: CallLimits): Promise<LiveRoute | undefined> => {
    try {
      return routeOf(await api.updateAlias(update, limits));
    } catch (error) {
      if (isAwsException(error, "PreconditionFailedException")) return undefined;
      throw explainRefusal(error, label);
    }
  };

  /** The route once it is neither a stale read nor on its way: the split, or what someone else made of it. */
  const readBack = (
    split: Split,
    from: {
      readonly leaving: VersionId | undefined;
      readonly tokenBefore: string;
      readonly remaining: () => CallLimits;
    },
  ): Promise<LiveRoute> =>
    poll({
      clock,
      deadlineMs: from.remaining().deadlineMs ?? 0,
      waitingFor: `${label} to show ${describeRoute(split)}`,
      read: () => readRoute(from.remaining()),
      settled: (live) => {
        if (isLive(live, split)) return live;
        const isStale = live.token === from.tokenBefore;
        return isStale || isLeaving(live, split, from.leaving) ? undefined : live;
      },
      describe: (live) =>
        isLeaving(live, split, from.leaving)
          ? `${describeRoute(live)} while Lambda moves the provisioned concurrency`
          : describeRoute(live),
    });

  const unlessChanged = (token: string) => (live: LiveRoute) =>
    live.token === token ? undefined : "its revision is not the one this rollout left";

  const unlessForeign =
    ({ stable, canary }: Omit<RouteChange, "weight">) =>
    (live: LiveRoute) => {
      const isOurs = (version: VersionId) => version === stable || version === canary;
      return isOurs(live.stable) && isOurs(live.canary ?? stable)
        ? undefined
        : `this rollout is about versions ${stable} and ${canary}`;
    };

  return {
    readRoute: () => readRoute({ deadlineMs: LOOK_MS }),
    setWeight: ({ token, ...split }) => make({ split, objection: unlessChanged(token) }),
    promote: ({ stable, canary, token }) =>
      make({
        split: alone(canary),
        objection: unlessChanged(token),
        leaving: stable,
        makeRoom: () => yieldToAlias(api, canary),
      }),
    restore: (change) => make({ split: alone(change.stable), objection: unlessForeign(change) }),
  };
}

function alone(version: VersionId): Split {
  return { stable: version, canary: undefined, weight: NO_TRAFFIC };
}

/**
 * An alias with provisioned concurrency keeps its traffic on the old version until the new one's
 * capacity is ready, and shows that as an additional version of weight 1 that nobody asked for.
 * Source: hashicorp/terraform-provider-aws#48116.
 */
function isLeaving(live: LiveRoute, split: Split, leaving: VersionId | undefined): boolean {
  return (
    leaving !== undefined &&
    split.weight === 0 &&
    live.stable === split.stable &&
    live.canary === leaving &&
    live.weight === 10_000
  );
}

function explainRefusal(error: unknown, label: string): unknown {
  if (!(error instanceof RolloutError) || error.code !== "AWS_REFUSED") return error;
  if (!/provisioned/i.test(awsMessageOf(error))) return error;
  return new RolloutError("TARGET_UNSUITABLE", `${label} cannot be shifted: ${error.message}`, {
    hint: "Put the provisioned concurrency on the version that the alias points to, not on the alias.",
    cause: error,
  });
}

import type { PatchOperation } from "@aws-sdk/client-api-gateway";
import { type LiveRoute, NO_TRAFFIC, RolloutError, type RouteChange } from "@headgate/core";
import { isAwsException } from "../../aws/errors.ts";
import { type CallLimits, poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import {
  describeRoute,
  isLive,
  percentOf,
  routeOf,
  type Split,
  type StageRoute,
  stageRouteOf,
} from "./stage.ts";
import type { StageApi } from "./stage-api.ts";

export interface Shifter {
  readRoute(): Promise<LiveRoute>;
  /** Gives way to every change made elsewhere that was there before its write. */
  setWeight(change: RouteChange): Promise<LiveRoute>;
  promote(change: Omit<RouteChange, "weight">): Promise<LiveRoute>;
  /** Gives way only when deployments other than these two are live. */
  restore(change: Omit<RouteChange, "weight">): Promise<LiveRoute>;
}

/** For one change with its reads and retries. Shorter than the controller waits for it (30 s). */
const CHANGE_MS = 25_000;
/** For a look at the stage; the controller waits 10 s for it. */
const LOOK_MS = 8000;
/** Between attempts; doubles. API Gateway's management takes ten requests a second of an account. */
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 4000;

interface Change {
  readonly split: Split;
  /** What brings the stage nearer to the split. More than one step may be needed; each is looked at again. */
  readonly nextPatch: (live: StageRoute) => readonly PatchOperation[];
  /** Says why the stage must be left alone, or nothing. */
  readonly objection: (live: StageRoute) => string | undefined;
}

/**
 * Changes of the stage's canary. API Gateway takes a write whatever the stage was before it: there is no
 * condition to send. So every write, a repeated one too, follows a look at the stage, and only a change made
 * elsewhere in the moment between the two (one round trip) is overwritten.
 */
export function createShifter(api: StageApi, clock: Clock): Shifter {
  const label = `stage ${api.stageName} of REST API ${api.apiName}`;
  const look = async (limits: CallLimits) => stageRouteOf(await api.getStage(limits));

  const make = async ({ split, nextPatch, objection }: Change): Promise<LiveRoute> => {
    const endMs = clock.nowMs() + CHANGE_MS;
    const remaining = (): CallLimits => ({ deadlineMs: endMs - clock.nowMs() });
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      const before = await look(remaining());
      // Also the way out when our own write had its effect but its answer was lost.
      if (isLive(before, split)) return routeOf(before);
      const why = objection(before);
      if (why !== undefined) throw changedElsewhere(label, routeOf(before), why);
      try {
        const written = stageRouteOf(await api.updateStage(nextPatch(before), remaining()));
        const live = await readBack(split, before, written, remaining);
        if (isLive(live, split)) return routeOf(live);
        // The first of two steps: the next turn sees whether it still is as we left it.
        if (live.token === written.token) continue;
        throw changedElsewhere(label, routeOf(live), "right after this rollout's own change");
      } catch (error) {
        if (!mayTryAgain(error) || clock.nowMs() + pauseMs >= endMs) throw error;
        await clock.sleep(pauseMs);
      }
    }
  };

  /** The stage once it no longer shows what was there before the write. */
  const readBack = (
    split: Split,
    before: StageRoute,
    written: StageRoute,
    remaining: () => CallLimits,
  ): Promise<StageRoute> =>
    poll({
      clock,
      deadlineMs: remaining().deadlineMs ?? 0,
      waitingFor: `${label} to show ${describeRoute(split)}`,
      read: () => look(remaining()),
      settled: (live) =>
        isLive(live, split) || live.token === written.token || live.token !== before.token
          ? live
          : undefined,
      describe: (live) => describeRoute(routeOf(live)),
    });

  return {
    readRoute: async () => routeOf(await look({ deadlineMs: LOOK_MS })),
    setWeight: ({ token, ...split }) =>
      make({
        split,
        nextPatch: () => (split.weight === 0 ? REMOVE : canaryPatch(split)),
        objection: unlessChanged(token),
      }),
    promote: ({ stable, canary, token }) =>
      make({
        split: alone(canary),
        nextPatch: (live) => (isPromoted(live, canary) ? REMOVE : promotionPatch(live, canary)),
        // Between the two steps of our own promotion the token is no longer the rollout's.
        objection: (live) =>
          isPromoted(live, canary) && stable !== canary ? undefined : unlessChanged(token)(live),
      }),
    restore: ({ stable, canary }) =>
      make({
        split: alone(stable),
        nextPatch: (live) => (live.deploymentId === stable ? REMOVE : returnPatch(live, stable)),
        objection: ({ deploymentId, canary: settings }) => {
          const isOurs = (id: string) => id === stable || id === canary;
          const serves = settings !== undefined && settings.weight > 0;
          return isOurs(deploymentId) && (!serves || isOurs(settings.deploymentId))
            ? undefined
            : `this rollout is about deployments ${stable} and ${canary}`;
        },
      }),
  };
}

const REMOVE: readonly PatchOperation[] = [{ op: "remove", path: "/canarySettings" }];

/**
 * The deployment comes first: replacing only the percentage of a stage without a canary makes one of the
 * stage's own deployment. Source: recorded AWS answers (LocalStack snapshot test_apigateway_canary).
 */
function canaryPatch({ canary, weight }: Split): readonly PatchOperation[] {
  return [
    { op: "replace", path: "/canarySettings/deploymentId", value: canary },
    { op: "replace", path: "/canarySettings/percentTraffic", value: percentOf(weight) },
  ];
}

/**
 * What the console does: no share for the canary, its variables laid over the stage's, its deployment copied;
 * the settings are removed afterwards. That the canary is this deployment is said once more, so that the copy
 * can never promote another one. Source: AWS docs, promote-canary-deployment.
 */
function promotionPatch(live: StageRoute, canary: string): readonly PatchOperation[] {
  return [
    { op: "replace", path: "/canarySettings/deploymentId", value: canary },
    { op: "replace", path: "/canarySettings/percentTraffic", value: "0.0" },
    ...(live.canary?.hasOverrides === true
      ? [
          {
            op: "copy" as const,
            from: "/canarySettings/stageVariableOverrides",
            path: "/variables",
          },
        ]
      : []),
    { op: "copy", from: "/canarySettings/deploymentId", path: "/deploymentId" },
  ];
}

/**
 * Back after a promotion: a stage that has settings of a canary loses them first, for AWS documents that no
 * other deployment can be given to it while they are there.
 */
function returnPatch(live: StageRoute, stable: string): readonly PatchOperation[] {
  return live.canary === undefined
    ? [{ op: "replace", path: "/deploymentId", value: stable }]
    : REMOVE;
}

/** The first step of a promotion is done; what is left is a canary of the same deployment without traffic. */
function isPromoted({ deploymentId, canary: settings }: StageRoute, canary: string): boolean {
  return deploymentId === canary && settings?.deploymentId === canary && settings.weight === 0;
}

function alone(version: string): Split {
  return { stable: version, canary: undefined, weight: NO_TRAFFIC };
}

function unlessChanged(token: string) {
  return (live: StageRoute) =>
    live.token === token ? undefined : "it is not as this rollout left it";
}

/** What may be met again after another look: AWS was busy, or its answer did not come. */
function mayTryAgain(error: unknown): boolean {
  if (!(error instanceof RolloutError)) return false;
  if (error.code === "AWS_THROTTLED" || error.code === "AWS_UNREACHABLE") return true;
  // An attempt, not the whole change, took too long; or two changes of one API met at the same moment.
  if (error.code === "TIMED_OUT") return error.cause !== undefined;
  return isAwsException(error, "ConflictException");
}

function changedElsewhere(label: string, live: LiveRoute, what: string): RolloutError {
  return new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${label} was changed by someone else: ${what}; it now has ${describeRoute(live)}. Nothing was overwritten`,
    {
      hint: "Find out who else deploys to the stage (Terraform, CloudFormation, Serverless, a person), then deploy again.",
    },
  );
}

import {
  ALL_TRAFFIC,
  type CodeDeployHook,
  formatWeight,
  type HookCall,
  type LiveRoute,
  NO_TRAFFIC,
  RolloutError,
  type RouteChange,
  type WeightBps,
} from "@headgate/core";
import { isAwsException } from "../../aws/errors.ts";
import type { CallLimits } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { DeployApi } from "./deploy-api.ts";
import { hookOutcome } from "./hook-outcome.ts";
import { scheduleOf } from "./schedule.ts";
import {
  courseOf,
  type Deployments,
  type DeploymentView,
  descriptionOf,
  type KnownStarts,
  leadsTo,
  readDeployments,
} from "./deployment.ts";

type Ends = Omit<RouteChange, "weight">;

/** What a deployment shifts, whatever the platform. */
interface Shifted {
  /** Names it in the descriptions of deployments: "checkout:live". */
  readonly subject: string;
  /** For messages: "alias checkout:live". */
  readonly label: string;
  /** The deployment begins with the preparation, and no weight creates one. */
  readonly startsEarly?: boolean;
  /** The weights as the platform has them, and never in CodeDeploy's words. */
  readRoute(limits: CallLimits): Promise<LiveRoute>;
  /** That CodeDeploy asks on the way to a new version; on a way back it asks none. */
  readonly hooks: readonly CodeDeployHook[];
  /** The AppSpec of a deployment between two versions, with the functions that it asks. */
  appSpec(
    ends: { readonly from: string; readonly to: string; readonly hooks: readonly CodeDeployHook[] },
    limits: CallLimits,
  ): Promise<string>;
  /** All traffic back to stable without CodeDeploy's rollback, because no deployment is under way any more. */
  moveBack(change: Ends, limits: CallLimits): Promise<LiveRoute>;
}

/** For one change with its reads and retries: shorter than the controller's 30 s. */
const CHANGE_MS = 25_000;
/** For a look at the route; the controller waits 10 s for it. */
const LOOK_MS = 8000;
const LONGEST_PAUSE_MS = 2000;
/**
 * A look that has less is not begun: what was seen last says more than that there was no answer. Still CodeDeploy's
 * move, for which the order comes 20 s before it, is waited for.
 */
const LEAST_LOOK_MS = 1500;

interface Look extends Deployments {
  readonly route: LiveRoute;
}

export type DeployShifter = ReturnType<typeof createDeployShifter>;

/** Starts, follows, continues and stops deployments. Which weight comes when, CodeDeploy's configuration says. */
export function createDeployShifter(api: DeployApi, shifted: Shifted, clock: Clock) {
  const { label, subject, hooks } = shifted;
  const starts: KnownStarts = new Map();

  const look = async (limits: CallLimits): Promise<Look> => {
    // The deployments first: what one of them has just made live is in the route then.
    const deployments = await readDeployments(api, subject, limits);
    const live = await shifted.readRoute(limits);
    const { own, ids } = deployments;
    const weight = live.weight;
    const course = own && (await courseOf(api, own, { weight, starts, hooks, limits }));
    // A change of the split or another deployment makes another token.
    const route = {
      ...live,
      token: `${live.token} ${ids[0] ?? "none"}`,
      ...(course && { course }),
    };
    return { ...deployments, route };
  };

  /**
   * Asks for what is not under way yet. An answer that did not come is looked for, not asked for again.
   * @returns why it may not have been made; undefined when it was.
   */
  const create = async (
    { stable, canary }: Ends,
    limits: CallLimits,
    { asked, config }: { readonly asked: readonly CodeDeployHook[]; readonly config?: string },
  ): Promise<RolloutError | undefined> => {
    const content = await shifted.appSpec({ from: stable, to: canary, hooks: asked }, limits);
    const description = descriptionOf(subject, stable, canary);
    try {
      await api.create({ description, content, ...(config && { config }) }, limits);
    } catch (error) {
      if (isAwsException(error, "DeploymentLimitExceededException")) return error;
      const isUnknown =
        error instanceof RolloutError &&
        (error.code === "AWS_UNREACHABLE" || error.code === "TIMED_OUT");
      if (!isUnknown) throw error;
      return error;
    }
    return undefined;
  };

  const start = (ends: Ends, limits: CallLimits) => create(ends, limits, { asked: hooks });

  const isFor = ({ description }: DeploymentView, { stable, canary }: Ends): boolean =>
    description === descriptionOf(subject, stable, canary);

  /** The deployment of this attempt: what was the newest when the change was decided belongs to an earlier one. */
  const current = ({ own, running, ids }: Look, change: Ends): DeploymentView | undefined => {
    if (own === undefined || !isFor(own, change)) return undefined;
    if (shifted.startsEarly === true) return own;
    const known = ids.indexOf(change.token.slice(change.token.lastIndexOf(" ") + 1));
    const isNew = known === -1 || ids.indexOf(own.id) < known;
    return isNew || own.id === running?.id ? own : undefined;
  };

  const follow = async (change: Ends, weight: WeightBps): Promise<LiveRoute> => {
    const endMs = clock.nowMs() + CHANGE_MS;
    const remaining = (): CallLimits => ({ deadlineMs: endMs - clock.nowMs() });
    for (let pauseMs = 100; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
      const seen = await look(remaining());
      const { route, running } = seen;
      if (isAt(route, change, weight)) return route;
      mustBeOurs(route, change);
      const deployment = current(seen, change);
      if (deployment === undefined) {
        if (running !== undefined) throw otherDeployment(running, api);
        if (shifted.startsEarly === true) throw changedElsewhere(route);
        if (!isUntouched(route, change)) throw changedElsewhere(route);
        await start(change, remaining());
      } else if (!(await isOnSchedule(route, deployment, remaining()))) {
        throw changedElsewhere(route);
      } else if (!deployment.isRunning || shareOf(route, change) > weight) {
        // Over, or past: the route says what has become of it.
        return route;
      } else if (deployment.isReady) {
        await api.proceed(deployment.id, "READY_WAIT", remaining());
      } else if (route.course?.asks !== undefined) {
        // A function has an hour: nothing to wait for here.
        return route;
      }
      if (clock.nowMs() + pauseMs + LEAST_LOOK_MS > endMs) throw notYet(route, deployment, weight);
      await clock.sleep(pauseMs);
    }
  };

  /** A weight that CodeDeploy never sets is somebody else's. */
  const isOnSchedule = async (
    { weight, canary }: LiveRoute,
    { config, isRunning }: DeploymentView,
    limits: CallLimits,
  ): Promise<boolean> => {
    if (!isRunning || canary === undefined) return true;
    const schedule = scheduleOf(await api.routing(config, limits));
    return schedule.some((shift) => shift.weight === weight);
  };

  const isUntouched = (route: LiveRoute, { stable, token }: Ends): boolean =>
    route.stable === stable && route.canary === undefined && route.token === token;

  const mustBeOurs = (route: LiveRoute, change: Ends): void => {
    if (!isOurRoute(route, change)) throw changedElsewhere(route);
  };

  const changedElsewhere = (route: LiveRoute): RolloutError =>
    new RolloutError(
      "ROUTE_CHANGED_ELSEWHERE",
      `${label} was changed by someone else; it now has ${describe(route)}. Nothing was overwritten`,
      { hint: "Find out who else changes it, or deploys with CodeDeploy, then deploy again." },
    );

  const notYet = (route: LiveRoute, deployment: DeploymentView | undefined, weight: WeightBps) =>
    new RolloutError(
      "TIMED_OUT",
      `${label} has not come to ${formatWeight(weight)} within ${CHANGE_MS / 1000} s: it has ${describe(route)}, deployment ${deployment?.id ?? "not made yet"} is ${deployment?.status ?? "unknown"}`,
      { hint: "CodeDeploy may be slow, or one of its hooks runs: look at the deployment." },
    );

  return {
    look: (limits: CallLimits = { deadlineMs: LOOK_MS }) => look(limits),
    readRoute: async () => (await look({ deadlineMs: LOOK_MS })).route,
    start,
    /** To what served before, at CodeDeploy's hands: nobody is asked whether it may. */
    startBack: (ends: Ends, limits: CallLimits, config: string) =>
      create(ends, limits, { asked: [], config }),
    isFor,
    hookOutcome: (call: HookCall) => hookOutcome({ api, clock, subject, hooks }, call),
    setWeight: ({ weight, ...change }: RouteChange) => follow(change, weight),
    promote: (change: Ends) => follow(change, ALL_TRAFFIC),

    /** Stops the deployment with a rollback; what no deployment undoes is moved back in its place. */
    async restore(change: Ends): Promise<LiveRoute> {
      const endMs = clock.nowMs() + CHANGE_MS;
      const remaining = (): CallLimits => ({ deadlineMs: endMs - clock.nowMs() });
      for (let pauseMs = 100; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
        const { route, own, running } = await look(remaining());
        const back = { stable: change.canary, canary: change.stable, token: change.token };
        const isBack = own !== undefined && isFor(own, back);
        const isOwnRunning = own !== undefined && own.id === running?.id && !isBack;
        if (isBack && own.isReady) await api.proceed(own.id, "READY_WAIT", remaining());
        const rollback = isOurRoute(route, change);
        const isStopping = isOwnRunning && (await api.stop(own.id, rollback, remaining()));
        mustBeOurs(route, change);
        if (isAt(route, change, NO_TRAFFIC) && !isStopping) return route;
        if (running === undefined || (isOwnRunning && !isStopping)) {
          const moved = await shifted.moveBack(change, remaining());
          if (isAt(moved, change, NO_TRAFFIC)) return (await look(remaining())).route;
        }
        if (clock.nowMs() + pauseMs + LEAST_LOOK_MS > endMs) {
          throw notYet(route, running, NO_TRAFFIC);
        }
        await clock.sleep(pauseMs);
      }
    },

    /**
     * Waits until CodeDeploy has nothing under way for this target. A deployment to another version than `live` is
     * stopped: a creation that nobody waited for any more may have come late.
     */
    async rest(live: string, deadlineMs: number): Promise<void> {
      const endMs = clock.nowMs() + deadlineMs;
      for (;;) {
        const seen = await look({ deadlineMs: LOOK_MS });
        const { own, running } = seen;
        if (running === undefined || !isAbout(running, own)) return;
        if (running.id === own?.id && !leadsTo(own, live)) {
          await api.stop(own.id, true, { deadlineMs: LOOK_MS });
        } else if (running.isTerminationWaiting) {
          await api.proceed(running.id, "TERMINATION_WAIT", { deadlineMs: LOOK_MS });
        }
        if (clock.nowMs() + LONGEST_PAUSE_MS > endMs) {
          throw new RolloutError(
            "TIMED_OUT",
            `CodeDeploy deployment ${running.id} is still ${running.status} after ${deadlineMs / 1000} s`,
            { hint: "A hook of it may still run. Nothing is stopped: look at the deployment." },
          );
        }
        await clock.sleep(LONGEST_PAUSE_MS);
      }
    },
  };
}

/** Our deployment itself, or the one that undoes it. */
function isAbout(running: DeploymentView, own: DeploymentView | undefined): boolean {
  return own !== undefined && (running.id === own.id || running.rollbackOf === own.id);
}

/** The canary's share of the route. */
function shareOf(route: LiveRoute, { canary }: Pick<Ends, "canary">): number {
  if (route.stable === canary) return ALL_TRAFFIC - route.weight;
  return route.canary === canary ? route.weight : NO_TRAFFIC;
}

function isOurRoute(route: LiveRoute, { stable, canary }: Ends): boolean {
  const isOurs = (version: string) => version === stable || version === canary;
  return isOurs(route.stable) && isOurs(route.canary ?? stable);
}

/** All and nothing are one version alone. */
function isAt(route: LiveRoute, change: Ends, weight: WeightBps): boolean {
  if (weight > NO_TRAFFIC && weight < ALL_TRAFFIC) {
    return route.stable === change.stable && shareOf(route, change) === weight;
  }
  const version = weight === NO_TRAFFIC ? change.stable : change.canary;
  return route.stable === version && route.canary === undefined;
}

function describe({ stable, canary, weight }: LiveRoute): string {
  return canary === undefined
    ? `${stable} alone`
    : `${stable}, ${formatWeight(weight)} to ${canary}`;
}

function otherDeployment(running: DeploymentView, { place }: DeployApi): RolloutError {
  return new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `deployment ${running.id}, which is not this rollout's, is ${running.status} in deployment group ${place.deploymentGroup} of application ${place.application}; CodeDeploy runs one at a time`,
    { hint: "Let it end, or stop it (aws deploy stop-deployment), then go on." },
  );
}

import type { Cloud } from "../../../service.ts";
import type { Book, Underway } from "./book.ts";
import { breakerThreshold } from "./circuit-breaker.ts";
import type { HookSteps } from "./hook-step.ts";
import type { Lane, Step } from "./plan.ts";
import { BREAKER_STOPPED, BREAKER_TRIPPED, NEVER_HEALTHY } from "./reasons.ts";
import type { RevisionTasks } from "./tasks.ts";
import { findRoutes, shiftTraffic } from "./traffic.ts";

const MINUTE_MS = 60_000;
/** Ours: AWS tries as long as nothing tells it to stop; a local cloud must come to an end. */
const SCALE_UP_MAX_MS = 24 * 60 * MINUTE_MS;

/** What became of a step when it was looked at. */
export type Outcome =
  | { readonly kind: "done" }
  /** Look again at this time at the latest; what changes before that wakes the deployment. */
  | { readonly kind: "wait"; readonly untilMs: number }
  | {
      readonly kind: "failed";
      readonly reason: string;
      /** Set where the configuration says that a failure only stops the deployment. */
      readonly staysHere?: boolean;
    };

const DONE: Outcome = { kind: "done" };

/** Carries out one step as far as it goes now. Each may be looked at many times, and again after a restart. */
export function createSteps(parts: {
  readonly cloud: Cloud;
  readonly book: Book;
  readonly tasks: RevisionTasks;
  readonly hooks: HookSteps;
}): (at: Underway, step: Step, startedAtMs: number) => Promise<Outcome> {
  const { cloud, book, tasks, hooks } = parts;

  const reconcile = async (at: Underway, startedAtMs: number): Promise<Outcome> => {
    for (const { routes } of at.progress.takenOver) {
      for (const lane of ["production", "test"] as const) {
        const failed = await shiftTraffic(cloud, at.state.place, routes, { lane, percent: 0 });
        if (failed !== undefined) return { kind: "failed", reason: failed.failure };
      }
    }
    tasks.runBoth(at, "none");
    const isOver = at.progress.takenOver.every(({ groupId }) => tasks.isGone(at, groupId));
    return isOver ? DONE : waitForTasks(startedAtMs);
  };

  const prepare = async (at: Underway): Promise<Outcome> => {
    const { loadBalancers = [] } =
      at.state.serviceRevisions.get(at.row.targetRevisionArn)?.workload ?? {};
    const found = await findRoutes(cloud, at.state.place, loadBalancers);
    if ("failure" in found) return { kind: "failed", reason: found.failure };
    book.change(at, { progress: { routes: found.routes } });
    tasks.runBoth({ ...at, progress: { ...at.progress, routes: found.routes } }, "none");
    return DONE;
  };

  const scaleUp = (at: Underway, startedAtMs: number): Outcome => {
    tasks.runBoth(at, "all");
    const { isHealthy, failedCount } = tasks.look(at);
    if (isHealthy) return DONE;
    if (at.progress.turned !== undefined) return waitForTasks(startedAtMs);
    if (failedCount !== at.row.failedTaskCount) {
      book.change(at, { row: { failedTaskCount: failedCount } });
    }
    const breaker = at.row.configuration.deploymentCircuitBreaker;
    if (
      breaker?.enable === true &&
      failedCount >= breakerThreshold(breaker, at.service.desiredCount)
    ) {
      return breaker.rollback === true
        ? { kind: "failed", reason: BREAKER_TRIPPED }
        : { kind: "failed", reason: BREAKER_STOPPED, staysHere: true };
    }
    return waitForTasks(startedAtMs);
  };

  const waitForTasks = (startedAtMs: number): Outcome => {
    const untilMs = startedAtMs + SCALE_UP_MAX_MS;
    return cloud.clock.nowMs() < untilMs
      ? { kind: "wait", untilMs }
      : { kind: "failed", reason: NEVER_HEALTHY };
  };

  const shift = async (
    at: Underway,
    to: { readonly lane: Lane; readonly percent: number },
  ): Promise<Outcome> => {
    const { routes = [] } = at.progress;
    const hasRule = routes.some(
      (route) => to.lane === "production" || route.testRule !== undefined,
    );
    if (!hasRule) return DONE;
    // Asked for first: what is half done when the cloud stops is turned back, too.
    book.change(at, {
      row: to.lane === "production" ? { productionWeight: to.percent } : { testWeight: to.percent },
    });
    const failed = await shiftTraffic(cloud, at.state.place, routes, to);
    return failed === undefined ? DONE : { kind: "failed", reason: failed.failure };
  };

  const cleanUp = (at: Underway, startedAtMs: number): Outcome => {
    tasks.runOne(at);
    const { turned, blueId, greenId } = at.progress;
    const isOver = tasks.isGone(at, turned === undefined ? blueId : greenId);
    return isOver ? DONE : waitForTasks(startedAtMs);
  };

  return async (at, step, startedAtMs) => {
    switch (step.kind) {
      case "reconcile":
        return reconcile(at, startedAtMs);
      case "prepare":
        return prepare(at);
      case "scaleUp":
        return scaleUp(at, startedAtMs);
      case "hooks":
        return hooks.look(at, step.at);
      case "shift":
        return shift(at, step);
      case "wait": {
        const untilMs = startedAtMs + step.minutes * MINUTE_MS;
        return cloud.clock.nowMs() >= untilMs ? DONE : { kind: "wait", untilMs };
      }
      case "cleanUp":
        return cleanUp(at, startedAtMs);
      default:
        return step satisfies never;
    }
  };
}

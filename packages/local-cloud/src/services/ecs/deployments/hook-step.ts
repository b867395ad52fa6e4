import type { DeploymentLifecycleHookStage } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../service.ts";
import type { PlaceState } from "../state.ts";
import type { Book, Underway } from "./book.ts";
import { tellHook } from "./events.ts";
import { callHook, detailsOf, type ExecutionDetails, type HookAnswer } from "./hook-function.ts";
import { hookRunsAt, isOpen, sendsBack, timedOut } from "./hook-runs.ts";
import type { HookRun } from "./progress.ts";
import { hooksFailed, pauseRolledBack, pauseTimedOut } from "./reasons.ts";
import type { Outcome } from "./steps.ts";

export interface HookSteps {
  /** Begins the hooks of a stage. */
  enter(at: Underway, stage: DeploymentLifecycleHookStage): void;
  /** Calls what is due, ends what is too late, and tells whether the stage may be left. */
  look(at: Underway, stage: DeploymentLifecycleHookStage): Outcome;
  /** ContinueServiceDeployment. @returns false when the hook does not wait for it. */
  proceed(at: Underway, hookId: string, action: "CONTINUE" | "ROLLBACK"): boolean;
}

export function createHookSteps(parts: {
  readonly cloud: Cloud;
  readonly book: Book;
  wake(state: PlaceState, arn: string): void;
}): HookSteps {
  const { cloud, book, wake } = parts;
  const { clock } = cloud;
  /** By hook id: a call that has not ended. */
  const calling = new Set<string>();

  const store = (at: Underway, changed: readonly HookRun[]) => {
    if (changed.length === 0) return;
    const { hooks } = book.progress(at.state, at.row.arn) ?? at.progress;
    const merged = hooks.map((run) => changed.find(({ id }) => id === run.id) ?? run);
    book.change(at, { progress: { hooks: merged } });
    for (const run of changed) tellHook(cloud, at.state, at.row, run);
  };

  /** The call runs beside the deployment, which may be stopped meanwhile. */
  const call = (at: Underway, run: HookRun) => {
    const { state, row, progress } = at;
    calling.add(run.id);
    const hook = row.configuration.lifecycleHooks?.[run.index];
    const given = detailsOf(hook);
    const kept = progress.hookData[String(run.index)];
    const event = {
      deploymentArn: row.arn,
      executionDetails: executionDetails(at, run.at),
      hookDetails: given === undefined && kept === undefined ? undefined : { ...given, ...kept },
    };
    clock.schedule(clock.nowMs(), async () => {
      try {
        const answer = await callHook(cloud, state.place, run, event);
        record(state, row.arn, run.id, answer);
      } finally {
        calling.delete(run.id);
      }
      wake(state, row.arn);
    });
  };

  /** An answer that comes when nobody waits for it any more changes nothing. */
  const record = (state: PlaceState, arn: string, hookId: string, answer: HookAnswer) => {
    const at = book.open(state, arn);
    const run = at?.progress.hooks.find(({ id }) => id === hookId);
    if (at === undefined || run?.status !== "IN_PROGRESS") return;
    switch (answer.kind) {
      case "succeeded":
        return store(at, [{ ...run, status: "SUCCEEDED" }]);
      case "failed":
        return store(at, [{ ...run, status: "FAILED", failure: hooksFailed(run.at, answer.why) }]);
      case "inProgress": {
        const again = { ...run, callAtMs: clock.nowMs() + answer.callBackMs };
        const { hooks, hookData } = at.progress;
        const key = String(run.index);
        return book.change(at, {
          progress: {
            hooks: hooks.map((other) => (other.id === run.id ? again : other)),
            hookData: { ...hookData, [key]: { ...hookData[key], ...answer.hookDetails } },
          },
        });
      }
      default:
        return answer satisfies never;
    }
  };

  return {
    enter(at, stage) {
      const hooks = at.row.configuration.lifecycleHooks ?? [];
      const runs = hookRunsAt(hooks, stage, { nowMs: clock.nowMs(), random: cloud.random });
      if (runs.length === 0) return;
      book.change(at, { progress: { hooks: runs } });
      for (const run of runs) tellHook(cloud, at.state, at.row, run);
    },

    look(at, stage) {
      const nowMs = clock.nowMs();
      const before = at.progress.hooks.filter((run) => run.at === stage);
      const runs = before.map((run) => timedOut(run, nowMs));
      store(
        at,
        runs.filter((run, index) => run !== before[index]),
      );
      const bad = runs.find(sendsBack);
      if (bad !== undefined) return { kind: "failed", reason: reasonOf(bad) };
      const open = runs.filter(isOpen);
      if (open.length === 0) return { kind: "done" };
      const idle = open.filter((run) => run.targetType === "AWS_LAMBDA" && !calling.has(run.id));
      for (const run of idle) if (run.callAtMs <= nowMs) call(at, run);
      const times = [
        ...open.map(({ expiresAtMs }) => expiresAtMs),
        ...idle.map(({ callAtMs }) => callAtMs).filter((atMs) => atMs > nowMs),
      ];
      return { kind: "wait", untilMs: Math.min(...times) };
    },

    proceed(at, hookId, action) {
      const run = at.progress.hooks.find(({ id }) => id === hookId);
      if (run?.status !== "AWAITING_ACTION" || run.expiresAtMs <= clock.nowMs()) return false;
      const isBack = action === "ROLLBACK";
      store(at, [
        {
          ...run,
          status: isBack ? "FAILED" : "SUCCEEDED",
          failure: isBack ? pauseRolledBack(run.at) : undefined,
        },
      ]);
      wake(at.state, at.row.arn);
      return true;
    },
  };
}

function reasonOf(run: HookRun): string {
  if (run.failure !== undefined) return run.failure;
  // Unverified: the words for a function.
  return run.targetType === "PAUSE"
    ? pauseTimedOut(run.at)
    : hooksFailed(run.at, `Lifecycle hook target ${run.targetArn ?? ""} timed out.`);
}

/**
 * Only the stages that move traffic tell weights. Source: AWS docs, "Lambda hooks for Amazon ECS service deployments".
 * Unverified: those of RECONCILE_SERVICE.
 */
function executionDetails(
  { row, progress, service }: Underway,
  stage: DeploymentLifecycleHookStage,
): ExecutionDetails {
  const { routes = [] } = progress;
  const hasTest = routes.some(({ testRule }) => testRule !== undefined);
  const weights = (isTold: boolean, percent: number): Readonly<Record<string, number>> => {
    if (!isTold) return {};
    const target = { [row.targetRevisionArn]: percent };
    const { sourceRevisionArn: source } = row;
    return source === undefined ? target : { ...target, [source]: (1000 - percent * 10) / 10 };
  };
  const isReconciling = stage === "RECONCILE_SERVICE";
  const movesTest = isReconciling || (stage === "TEST_TRAFFIC_SHIFT" && hasTest);
  const movesProduction =
    isReconciling ||
    (routes.length > 0 &&
      (stage === "PRE_PRODUCTION_TRAFFIC_SHIFT" || stage === "PRODUCTION_TRAFFIC_SHIFT"));
  return {
    serviceArn: service.arn,
    targetServiceRevisionArn: row.targetRevisionArn,
    testTrafficWeights: weights(movesTest, row.testWeight),
    productionTrafficWeights: weights(movesProduction, row.productionWeight),
  };
}

import type { DeploymentLifecycleHook, DeploymentLifecycleHookStage } from "@aws-sdk/client-ecs";
import type { Random } from "../../../random.ts";
import type { HookRun } from "./progress.ts";

const MINUTE_MS = 60_000;
/** Source: botocore ecs model and AWS docs, "Pause hooks": 24 hours, then back. */
const TIMEOUT_MINUTES = 1440;
const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/** The runs that begin when a stage is reached: all hooks of the stage, side by side. */
export function hookRunsAt(
  hooks: readonly DeploymentLifecycleHook[],
  at: DeploymentLifecycleHookStage,
  now: { readonly nowMs: number; readonly random: Random },
): readonly HookRun[] {
  const { nowMs, random } = now;
  return hooks.flatMap((hook, index): HookRun[] => {
    if (hook.lifecycleStages?.includes(at) !== true) return [];
    const { targetType = "AWS_LAMBDA", timeoutConfiguration } = hook;
    const isPause = targetType === "PAUSE";
    const { timeoutInMinutes = TIMEOUT_MINUTES, action = "ROLLBACK" } = timeoutConfiguration ?? {};
    return [
      {
        // Source of the form: AWS docs ("ecs-{hookType}-{id}"). Unverified: the word for functions.
        id: `ecs-${isPause ? "pause" : "lambda"}-${random.string(43, ID_ALPHABET)}`,
        executionId: random.uuid(),
        index,
        at,
        targetType,
        targetArn: isPause ? undefined : hook.hookTargetArn,
        roleArn: isPause ? undefined : hook.roleArn,
        status: isPause ? "AWAITING_ACTION" : "IN_PROGRESS",
        expiresAtMs: nowMs + timeoutInMinutes * MINUTE_MS,
        timeoutAction: action,
        callAtMs: nowMs,
        failure: undefined,
      },
    ];
  });
}

export function isOpen({ status }: HookRun): boolean {
  return status === "AWAITING_ACTION" || status === "IN_PROGRESS";
}

/** Ends the open run when its time is over. */
export function timedOut(run: HookRun, nowMs: number): HookRun {
  return isOpen(run) && run.expiresAtMs <= nowMs ? { ...run, status: "TIMED_OUT" } : run;
}

/** Whether a run of a stage sends the deployment back: one is enough, whatever the others say. */
export function sendsBack({ status, timeoutAction }: HookRun): boolean {
  return status === "FAILED" || (status === "TIMED_OUT" && timeoutAction === "ROLLBACK");
}

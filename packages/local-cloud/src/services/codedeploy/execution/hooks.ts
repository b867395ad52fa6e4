import type { HookRow } from "../state.ts";
import { HOOK_REPORT_MS, HOOK_RETRY_MS, HOOK_START_MS } from "../limits.ts";
import { refusedTo } from "./service-role.ts";
import { DONE, failed, type Run, type Stage, type StageResult } from "./stage.ts";

/**
 * A lifecycle event whose function, if it has one, is invoked and has to report with
 * PutLifecycleEventHookExecutionStatus. Its payload is the deployment's id and that of the execution, nothing else.
 * The managed policies let the service role invoke CodeDeployHook_* alone (that for ECS any function); another one fails
 * at once.
 *
 * Source: AWS docs, "AppSpec 'hooks' section", and troubleshooting for ECS deployments (the texts); terraform-aws-modules/terraform-aws-lambda#77 (refusals).
 */
export function hookStage(event: string): Stage {
  return {
    event,
    async look(run) {
      const functionName = run.row().hooks[event];
      if (functionName === undefined) return DONE;
      const hook = executionOf(run, event);
      if (hook.report === "Succeeded") return DONE;
      if (hook.report === "Failed") {
        return failed(
          "HOOK_EXECUTION_FAILURE",
          "The deployment failed because one or more of the lifecycle event validation functions failed.",
        );
      }
      if (hook.invokedAtMs === undefined) return invoke(run, hook, functionName);
      const untilMs = hook.invokedAtMs + HOOK_REPORT_MS;
      if (run.nowMs() < untilMs) return { kind: "wait", untilMs };
      return failed(
        "TIMEOUT",
        "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within one hour after a deployment hook is invoked.",
      );
    },
  };
}

function executionOf(run: Run, event: string): HookRow {
  const { hookRuns } = run.row();
  const found = hookRuns.find((hook) => hook.event === event);
  if (found !== undefined) return found;
  const executionId = Buffer.from(run.codedeploy.cloud.random.hex(96)).toString("base64");
  const hook: HookRow = { event, executionId, startedAtMs: run.nowMs() };
  run.save({ hookRuns: [...hookRuns, hook] });
  return hook;
}

async function invoke(run: Run, hook: HookRow, functionName: string): Promise<StageResult> {
  const { codedeploy, state } = run;
  const problem = await refusedTo(run, {
    service: "lambda",
    operation: "Invoke",
    input: { FunctionName: functionName },
  });
  if (problem !== undefined) return problem;
  const functions = await codedeploy.cloud.port("functions");
  const payload = { DeploymentId: run.row().id, LifecycleEventHookExecutionId: hook.executionId };
  const result = await functions.invoke({
    ...state.place,
    functionName,
    invocationType: "Event",
    payload: Buffer.from(JSON.stringify(payload)),
  });
  if (result.kind !== "refused") {
    markInvoked(run, hook.event);
    return { kind: "wait", untilMs: run.nowMs() + HOOK_REPORT_MS };
  }
  const givesUpAtMs = hook.startedAtMs + HOOK_START_MS;
  if (run.nowMs() < givesUpAtMs) {
    return { kind: "wait", untilMs: Math.min(run.nowMs() + HOOK_RETRY_MS, givesUpAtMs) };
  }
  // Unverified: the text.
  return failed(
    "HOOK_EXECUTION_FAILURE",
    `The function ${functionName} of the hook ${hook.event} could not be invoked within 5 minutes: ${result.code} ${result.message}`,
  );
}

/** The function may have reported by the time that its invocation was accepted: the row as it is now is changed. */
function markInvoked(run: Run, event: string): void {
  const { hookRuns } = run.row();
  const others = hookRuns.filter((hook) => hook.event !== event);
  const mine = hookRuns.filter((hook) => hook.event === event);
  const invokedAtMs = run.nowMs();
  run.save({ hookRuns: others.concat(mine.map((hook) => invoked(hook, invokedAtMs))) });
}

function invoked(hook: HookRow, invokedAtMs: number): HookRow {
  return { ...hook, invokedAtMs };
}

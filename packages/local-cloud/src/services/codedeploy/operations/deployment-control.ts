import { alreadyCompleted, notStarted, refused, unsupportedAction } from "../errors.ts";
import type { Engine } from "../execution/engine.ts";
import { requireDeployment } from "../lookups.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import { type CodeDeploy, type DeploymentRow, isCompleted, type PlaceState } from "../state.ts";

export function deploymentControlOperations(codedeploy: CodeDeploy, engine: Engine) {
  const continueWait = async (
    state: PlaceState,
    row: DeploymentRow,
    wait: "READY_WAIT" | "TERMINATION_WAIT",
  ) => {
    if (isCompleted(row)) throw alreadyCompleted(row.id);
    if (row.computePlatform !== "ECS") throw unsupportedAction(row.id, row.computePlatform);
    if (row.startedAtMs === undefined) throw notStarted(row.id);
    const isWaiting =
      wait === "READY_WAIT" ? row.status === "Ready" : row.progress.isTerminationWaiting;
    if (!isWaiting) {
      // Unverified: the text.
      throw refused(
        "DeploymentIsNotInReadyStateException",
        `Deployment ${row.id} is not in its ${wait}: its status is ${row.status}`,
      );
    }
    state.deployments.set(row.id, { ...row, progress: { ...row.progress, isContinued: true } });
    await engine.settle(state, row.id);
    return {};
  };

  return {
    /** Source of the messages: AWS docs, stop-deployment (the second). Unverified: the first. */
    async StopDeployment(input, context) {
      const state = codedeploy.in(context);
      const row = requireDeployment(state, input.deploymentId);
      if (isCompleted(row)) throw alreadyCompleted(row.id);
      // Unverified: the text of the error.
      const error = {
        code: "MANUAL_STOP" as const,
        message: "The deployment was stopped by a user.",
      };
      state.deployments.set(row.id, {
        ...row,
        stop: row.stop ?? { by: "user", error, autoRollbackEnabled: input.autoRollbackEnabled },
      });
      if (engine.isBusy(state, row.id)) {
        engine.wake(state, row.id);
        return {
          status: "Pending",
          statusMessage: "The stop is pending: a step of the deployment runs.",
        };
      }
      await engine.settle(state, row.id);
      return {
        status: "Succeeded",
        statusMessage:
          "No more commands will be scheduled for execution in the deployment instances",
      };
    },

    ContinueDeployment(input, context) {
      const state = codedeploy.in(context);
      const row = requireDeployment(state, input.deploymentId);
      return continueWait(state, row, input.deploymentWaitType ?? "READY_WAIT");
    },

    /** The older way to say ContinueDeployment with TERMINATION_WAIT. */
    SkipWaitTimeForInstanceTermination(input, context) {
      const state = codedeploy.in(context);
      const row = requireDeployment(state, input.deploymentId);
      return continueWait(state, row, "TERMINATION_WAIT");
    },

    PutLifecycleEventHookExecutionStatus(input, context) {
      const state = codedeploy.in(context);
      const row = requireDeployment(state, input.deploymentId);
      const { lifecycleEventHookExecutionId: executionId, status } = input;
      if (row.computePlatform === "Server") throw unsupportedAction(row.id, row.computePlatform);
      // Unverified: the three texts.
      if (status !== "Succeeded" && status !== "Failed") {
        throw refused(
          "InvalidLifecycleEventHookExecutionStatusException",
          `The status of a lifecycle event hook must be Succeeded or Failed, got ${status ?? "none"}`,
        );
      }
      const hook = row.hookRuns.find((each) => each.executionId === executionId);
      if (hook === undefined) {
        throw refused(
          "InvalidLifecycleEventHookExecutionIdException",
          `Deployment ${row.id} has no lifecycle event hook execution ${executionId ?? ""}`,
        );
      }
      const event = row.events.find(({ name }) => name === hook.event);
      if (hook.report !== undefined || event?.status !== "InProgress") {
        throw refused(
          "LifecycleEventAlreadyCompletedException",
          `The lifecycle event ${hook.event} of deployment ${row.id} is already completed`,
        );
      }
      const hookRuns = row.hookRuns.map((each) =>
        each === hook ? { ...each, report: status } : each,
      );
      state.deployments.set(row.id, { ...row, hookRuns });
      engine.wake(state, row.id);
      return { lifecycleEventHookExecutionId: executionId };
    },
  } satisfies CodeDeployHandlers;
}

import { AwsError } from "../../../aws-error.ts";
import { MINUTE_MS } from "../limits.ts";
import { deleteTaskSetCall, serviceCall } from "./ecs-calls.ts";
import { remember, serviceOf, targetOf } from "./ecs-target.ts";
import { refusedTo } from "./service-role.ts";
import { DONE, type Run, type Stage, type StageResult } from "./stage.ts";

/**
 * Waits until somebody lets the traffic move, with ContinueDeployment. The deployment is Ready meanwhile, and is
 * stopped when nobody does. Source of the text: AWS docs, "Troubleshoot Amazon ECS deployment issues".
 */
export const readyWait: Stage = {
  look(run) {
    const { settings, progress, status } = run.row();
    const option = settings.blueGreenDeploymentConfiguration?.deploymentReadyOption;
    const minutes = option?.waitTimeInMinutes ?? 0;
    if (option?.actionOnTimeout !== "STOP_DEPLOYMENT" || minutes === 0) return DONE;
    if (progress.isContinued) {
      run.save({ status: "InProgress" });
      return DONE;
    }
    if (status !== "Ready") run.save({ status: "Ready" });
    const untilMs = run.stageStartedAtMs() + minutes * MINUTE_MS;
    if (run.nowMs() < untilMs) return { kind: "wait", untilMs };
    return {
      kind: "stopped",
      code: "TIMEOUT",
      message: `The deployment timed out while waiting for a notification to continue. This time out period is ${minutes} minutes.`,
    };
  },
};

/** Keeps the original task set for as long as the group says, then takes it away. A rollback keeps nothing. */
export const terminationWait: Stage = {
  async look(run) {
    const { settings, progress, creator } = run.row();
    const termination =
      settings.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess;
    const isRollback = creator === "codeDeployRollback";
    const minutes = isRollback ? 0 : (termination?.terminationWaitTimeInMinutes ?? 0);
    const untilMs = run.stageStartedAtMs() + minutes * MINUTE_MS;
    if (!progress.isTerminationWaiting) {
      run.save({ progress: { ...progress, isTerminationWaiting: true } });
    }
    if (run.nowMs() < untilMs && !progress.isContinued) return { kind: "wait", untilMs };
    return removeOriginal(run);
  },
};

async function removeOriginal(run: Run): Promise<StageResult> {
  const target = targetOf(run.row());
  const { original } = target;
  if (original.id === "") return DONE;
  // Unverified: that a deployment fails when all but this is done.
  const problem = await refusedTo(
    run,
    serviceCall("DescribeServices", target),
    deleteTaskSetCall(target, original.id),
  );
  if (problem !== undefined) return problem;
  const services = await run.codedeploy.cloud.port("containerServices");
  const view = services.find(serviceOf(run));
  if (view?.taskSets.some(({ id }) => id === original.id) !== true) return DONE;
  try {
    services.deleteTaskSet(serviceOf(run), original.id);
  } catch (error) {
    // Somebody was faster: gone is gone.
    if (!(error instanceof AwsError)) throw error;
  }
  await remember(run);
  return DONE;
}

import { AwsError } from "../../../aws-error.ts";
import { MINUTE_MS } from "../limits.ts";
import { remember, serviceOf, targetOf } from "./ecs-target.ts";
import { DONE, type Run, type Stage } from "./stage.ts";

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
    await removeOriginal(run);
    return DONE;
  },
};

async function removeOriginal(run: Run): Promise<void> {
  const { original } = targetOf(run.row());
  if (original.id === "") return;
  const services = await run.codedeploy.cloud.port("containerServices");
  const view = services.find(serviceOf(run));
  if (view?.taskSets.some(({ id }) => id === original.id) !== true) return;
  try {
    services.deleteTaskSet(serviceOf(run), original.id);
  } catch (error) {
    // Somebody was faster: gone is gone.
    if (!(error instanceof AwsError)) throw error;
  }
  await remember(run);
}

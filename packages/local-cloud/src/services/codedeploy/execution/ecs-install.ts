import { AwsError } from "../../../aws-error.ts";
import type {
  ContainerServicePort,
  TaskSetView,
} from "../../../data-plane/ports/container-services.ts";
import { INSTALL_MS, INSTALL_POLL_MS } from "../limits.ts";
import { createTaskSetCall, deleteTaskSetCall, serviceCall } from "./ecs-calls.ts";
import { forwardProd } from "./ecs-traffic.ts";
import { remember, serviceOf, targetOf } from "./ecs-target.ts";
import { refusedTo } from "./service-role.ts";
import { DONE, failed, type Run, type Stage, type StageResult } from "./stage.ts";

/**
 * Install: makes the replacement task set and waits until it is steady. The production listener names its target
 * group before, with no weight, so that its tasks are looked at by health checks.
 */
export const installStage: Stage = {
  event: "Install",
  async look(run) {
    const target = targetOf(run.row());
    const problem = await refusedTo(run, serviceCall("DescribeServices", target));
    if (problem !== undefined) return problem;
    const services = await run.codedeploy.cloud.port("containerServices");
    const view = services.find(serviceOf(run));
    if (view === undefined || view.status !== "ACTIVE") {
      return failed(
        "INVALID_ECS_SERVICE",
        `The ECS service ${target.cluster}:${target.service} does not exist any more.`,
      );
    }
    if (target.replacement.id === "") {
      // Made before the cloud was stopped, perhaps, and not yet written down.
      const mine = view.taskSets.find(({ externalId }) => externalId === run.row().id);
      return mine === undefined ? make(run) : found(run, mine);
    }
    const set = view.taskSets.find(({ id }) => id === target.replacement.id);
    if (set === undefined) {
      return failed("ECS_UPDATE_ERROR", "The replacement task set does not exist any more.");
    }
    return found(run, set);
  },
};

async function make(run: Run): Promise<StageResult> {
  const target = targetOf(run.row());
  const forwarded = await forwardProd(run, 0);
  if (forwarded.kind !== "done") return forwarded;
  const services = await run.codedeploy.cloud.port("containerServices");
  const gone = leftOvers(run, services);
  const problem = await refusedTo(
    run,
    ...gone.map(({ id }) => deleteTaskSetCall(target, id)),
    createTaskSetCall(target),
  );
  if (problem !== undefined) return problem;
  try {
    for (const { id } of gone) services.deleteTaskSet(serviceOf(run), id);
    const set = await services.createTaskSet(serviceOf(run), {
      externalId: run.row().id,
      startedBy: "CODE_DEPLOY",
      taskDefinition: target.taskDefinition,
      targetGroupArn: target.replacement.targetGroupArn,
      containerName: target.containerName,
      containerPort: target.containerPort,
      scalePercent: 100,
      network: target.network,
      platformVersion: target.platformVersion,
      capacityProviders: target.capacityProviders,
    });
    return await found(run, set);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    // Unverified: the text before AWS's own.
    return failed(
      "ECS_UPDATE_ERROR",
      `The ECS service cannot be updated due to an unexpected error: ${error.message} (Error code: ${error.code})`,
    );
  }
}

/**
 * What a deployment that was stopped without a rollback left behind the replacement's target group must not get
 * traffic again. Unverified: when AWS takes such task sets away.
 */
function leftOvers(run: Run, services: ContainerServicePort): readonly TaskSetView[] {
  const { targetGroupArn } = targetOf(run.row()).replacement;
  return (services.find(serviceOf(run))?.taskSets ?? []).filter(
    (set) => set.status === "ACTIVE" && set.targetGroupArns.includes(targetGroupArn),
  );
}

/** Source of the text: AWS docs, "Troubleshoot Amazon ECS deployment issues". */
async function found(run: Run, set: TaskSetView): Promise<StageResult> {
  const target = targetOf(run.row());
  if (target.replacement.id !== set.id) {
    run.save({ target: { ...target, replacement: { ...target.replacement, id: set.id } } });
  }
  await remember(run);
  if (set.isSteady) return DONE;
  const nowMs = run.nowMs();
  const endsAtMs = run.stageStartedAtMs() + INSTALL_MS;
  if (nowMs < endsAtMs) {
    return { kind: "wait", untilMs: Math.min(nowMs + INSTALL_POLL_MS, endsAtMs) };
  }
  return failed(
    "TIMEOUT",
    "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.",
  );
}

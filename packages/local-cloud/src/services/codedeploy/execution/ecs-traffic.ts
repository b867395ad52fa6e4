import { AwsError } from "../../../aws-error.ts";
import type { ForwardShare } from "../../../data-plane/ports/listeners.ts";
import { changeRouteCall, readRouteCall, serviceCall } from "./ecs-calls.ts";
import { remember, serviceOf, targetOf } from "./ecs-target.ts";
import { refusedTo } from "./service-role.ts";
import { DONE, failed, type Run, SKIPPED, type Stage, type StageResult } from "./stage.ts";

/** AllowTestTraffic: the test listener leads to the replacement alone. Skipped when the group has none. */
export const testTrafficStage: Stage = {
  event: "AllowTestTraffic",
  async look(run) {
    const { testListenerArn, replacement } = targetOf(run.row());
    if (testListenerArn === undefined) return SKIPPED;
    return forward(run, testListenerArn, [
      { targetGroupArn: replacement.targetGroupArn, weight: 100 },
    ]);
  },
};

/** A shift of the production listener; with the last one the replacement becomes the service's primary task set. */
export async function shiftTraffic(run: Run, percent: number): Promise<StageResult> {
  const target = targetOf(run.row());
  const { cluster, service, replacement } = target;
  const problem = await refusedTo(run, serviceCall("DescribeServices", target));
  if (problem !== undefined) return problem;
  const services = await run.codedeploy.cloud.port("containerServices");
  const view = services.find(serviceOf(run));
  if (view === undefined || !view.taskSets.some(({ id }) => id === replacement.id)) {
    return failed(
      "INVALID_ECS_SERVICE",
      `The ECS service ${cluster}:${service} or its replacement task set does not exist any more.`,
    );
  }
  const forwarded = await forwardProd(run, percent);
  if (forwarded.kind !== "done") return forwarded;
  if (percent === 100) {
    const refused = await refusedTo(run, serviceCall("UpdateServicePrimaryTaskSet", target));
    if (refused !== undefined) return refused;
    try {
      services.makePrimary(serviceOf(run), replacement.id);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return failed("ECS_UPDATE_ERROR", `${error.code}: ${error.message}`);
    }
  }
  const { progress } = run.row();
  run.save({ progress: { ...progress, weightPercent: percent } });
  await remember(run);
  return DONE;
}

/** Both target groups stay behind the listener. Source: observed answers of AWS. */
export function forwardProd(run: Run, percent: number): Promise<StageResult> {
  const { prodListenerArn, original, replacement } = targetOf(run.row());
  return forward(run, prodListenerArn, [
    { targetGroupArn: original.targetGroupArn, weight: 100 - percent },
    { targetGroupArn: replacement.targetGroupArn, weight: percent },
  ]);
}

async function forward(
  run: Run,
  listenerArn: string,
  shares: readonly ForwardShare[],
): Promise<StageResult> {
  const refused = await refusedTo(run, readRouteCall(listenerArn), changeRouteCall(listenerArn));
  if (refused !== undefined) return refused;
  const listeners = await run.codedeploy.cloud.port("listeners");
  const problem = "The ELB could not be updated due to the following error:";
  try {
    if (await listeners.forward(run.state.place, listenerArn, shares)) return DONE;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return failed("ELASTIC_LOAD_BALANCING_INVALID", `${problem} ${error.message}`);
  }
  return failed(
    "ELASTIC_LOAD_BALANCING_INVALID",
    `${problem} The listener ${listenerArn} does not exist`,
  );
}

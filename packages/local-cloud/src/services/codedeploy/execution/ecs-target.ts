import type { ECSTaskSet, ErrorCode } from "@aws-sdk/client-codedeploy";
import type {
  ContainerServiceView,
  ServiceRef,
} from "../../../data-plane/ports/container-services.ts";
import { targetGroupName } from "../arns.ts";
import type { EcsAppSpec } from "../revisions/ecs-appspec.ts";
import type { DeploymentRow, EcsTargetRow } from "../state.ts";
import { DESCRIBE_TARGET_GROUPS, readRouteCall, serviceCall } from "./ecs-calls.ts";
import { refusedTo } from "./service-role.ts";
import type { Run } from "./stage.ts";

/** The target of a deployment to a service. */
export function targetOf({ id, target }: DeploymentRow): EcsTargetRow {
  if (target?.kind !== "ECS") throw new Error(`deployment ${id} has no service`);
  return target;
}

export function serviceOf(run: Run): ServiceRef {
  const { cluster, service } = targetOf(run.row());
  return { ...run.state.place, cluster, service };
}

/** Writes down how the two task sets are now, for users to see. */
export async function remember(run: Run): Promise<void> {
  const services = await run.codedeploy.cloud.port("containerServices");
  const view = services.find(serviceOf(run));
  const { target, progress } = { target: targetOf(run.row()), progress: run.row().progress };
  const taskSets = taskSetsOf(view, target, progress.weightPercent);
  if (JSON.stringify(taskSets) === JSON.stringify(target.taskSets)) return;
  run.save({ target: { ...target, taskSets } });
}

function taskSetsOf(
  view: ContainerServiceView | undefined,
  { original, replacement }: EcsTargetRow,
  weightPercent: number,
): ECSTaskSet[] {
  const parts = [
    { ref: original, label: "Blue" as const, weight: 100 - weightPercent },
    { ref: replacement, label: "Green" as const, weight: weightPercent },
  ];
  return parts.flatMap(({ ref, label, weight }) => {
    const found = view?.taskSets.find(({ id }) => id === ref.id);
    if (found === undefined) return [];
    return {
      identifer: found.id,
      desiredCount: found.computedDesiredCount,
      pendingCount: found.pendingCount,
      runningCount: found.runningCount,
      status: found.status,
      trafficWeight: weight,
      targetGroup: { name: targetGroupName(ref.targetGroupArn) },
      taskSetLabel: label,
    };
  });
}

export type FoundTarget =
  | { readonly kind: "found"; readonly target: EcsTargetRow }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string };

/**
 * Finds the service, which of the two target groups serves now, and whether the listener leads there.
 *
 * Source of the listener's text: AWS docs, "Troubleshoot Amazon ECS deployment issues". Unverified: the other texts.
 */
export async function findTarget(run: Run, spec: EcsAppSpec): Promise<FoundTarget> {
  const { cloud } = run.codedeploy;
  const { place } = run.state;
  const { settings } = run.row();
  const { clusterName: cluster = "", serviceName: service = "" } = settings.ecsServices?.[0] ?? {};
  const name = `${cluster}:${service}`;
  const pair = settings.loadBalancerInfo?.targetGroupPairInfoList?.[0];
  const prodListenerArn = pair?.prodTrafficRoute?.listenerArns?.[0] ?? "";
  const problem = await refusedTo(
    run,
    serviceCall("DescribeServices", { cluster, service }),
    DESCRIBE_TARGET_GROUPS,
    readRouteCall(prodListenerArn),
  );
  if (problem !== undefined) return refused(problem.code, problem.message);
  const services = await cloud.port("containerServices");
  const view = services.find({ ...place, cluster, service });
  if (view === undefined || view.status !== "ACTIVE") {
    return refused(
      "INVALID_ECS_SERVICE",
      `The ECS service ${name} does not exist or is not active.`,
    );
  }
  if (view.controller !== "CODE_DEPLOY") {
    return refused(
      "INVALID_ECS_SERVICE",
      "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
    );
  }
  const primary = view.taskSets.find(({ status }) => status === "PRIMARY");
  if (primary === undefined) {
    return refused("INVALID_ECS_SERVICE", `The ECS service ${name} has no primary task set.`);
  }
  const groups = await cloud.port("targetGroups");
  const arns = (pair?.targetGroups ?? []).map((group) => groups.arnOf(place, group.name ?? ""));
  const [first, second] = arns;
  if (first === undefined || second === undefined) {
    return refused(
      "ELASTIC_LOAD_BALANCING_INVALID",
      "A target group of the deployment group's pair does not exist.",
    );
  }
  const originalArn = primary.targetGroupArns.find((arn) => arn === first || arn === second);
  const listeners = await cloud.port("listeners");
  const forward = listeners.find(place, prodListenerArn)?.forward ?? [];
  if (originalArn === undefined || !forward.some((share) => share.targetGroupArn === originalArn)) {
    return refused(
      "ELASTIC_LOAD_BALANCING_INVALID",
      `The ELB could not be updated due to the following error: Primary taskset target group must be behind listener ${prodListenerArn}`,
    );
  }
  return {
    kind: "found",
    target: {
      kind: "ECS",
      cluster,
      service,
      serviceArn: view.serviceArn,
      prodListenerArn,
      testListenerArn: pair?.testTrafficRoute?.listenerArns?.[0],
      ...spec,
      original: { id: primary.id, targetGroupArn: originalArn },
      replacement: { id: "", targetGroupArn: originalArn === first ? second : first },
      taskSets: [],
    },
  };
}

function refused(code: ErrorCode, message: string): FoundTarget {
  return { kind: "refused", code, message };
}

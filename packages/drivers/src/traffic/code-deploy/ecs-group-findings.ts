import type { DeploymentGroupInfo } from "@aws-sdk/client-codedeploy";
import { formatDuration, type PreflightFinding } from "@headgate/core";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import { type EcsPlace, lastPart } from "../ecs/place.ts";
import { READY_HINT, readyWaitMinutes } from "./ready-wait.ts";

const MINUTE_MS = 60_000;

/** Whether a deployment group is for this service, and leaves Headgate the time that a rollout takes. */
export function ecsGroupFindings(
  group: DeploymentGroupInfo,
  place: EcsPlace,
  bakeMs: number,
): readonly Promise<PreflightFinding>[] {
  return [
    lookAt("the deployment group is this service's", () => groupLooked(place, group)),
    lookAt("CodeDeploy waits before it shifts traffic", () => readyLooked(group)),
    lookAt("stable's tasks stay while the rollout bakes", () => bakeLooked(group, bakeMs)),
    lookAt("the canary can be tested before it has traffic", () => testLooked(place, group)),
  ];
}

/** The group names everything a second time, and CodeDeploy goes by the group. */
function groupLooked(place: EcsPlace, group: DeploymentGroupInfo): Looked {
  const { clusterName = "", serviceName = "" } = group.ecsServices?.[0] ?? {};
  if (serviceName !== place.serviceName || lastPart(clusterName) !== lastPart(place.clusterArn)) {
    return problem(
      `it is for service ${serviceName} of cluster ${clusterName}; target.ecs is ${place.label}`,
      "Name this service's own deployment group in via.codeDeploy.deploymentGroup.",
    );
  }
  const pair = group.loadBalancerInfo?.targetGroupPairInfoList?.[0];
  const names = (pair?.targetGroups ?? []).map(({ name = "" }) => name);
  if (!place.groups.every(({ name }) => names.includes(name))) {
    const wanted = place.groups.map(({ name }) => name).join(" and ");
    return problem(
      `it shifts between ${names.join(" and ")}; target.ecs.targetGroups are ${wanted}`,
      "Give the two target groups of the deployment group.",
    );
  }
  const [listener] = pair?.prodTrafficRoute?.listenerArns ?? [];
  if (listener === place.action.listenerArn) return `${names.join(" and ")} behind ${listener}`;
  return problem(
    `it shifts listener ${listener ?? "none"}; target.ecs.listener is ${place.action.listenerArn}`,
    "Give the production listener of the deployment group.",
  );
}

function readyLooked(group: DeploymentGroupInfo): Looked {
  const minutes = readyWaitMinutes(group);
  if (minutes > 0) return `up to ${minutes} minutes; Headgate continues it, after its hooks`;
  return problem(
    "its deploymentReadyOption is not STOP_DEPLOYMENT with a wait: CodeDeploy would shift traffic before any hook of Headgate's was asked",
    READY_HINT,
  );
}

function bakeLooked(group: DeploymentGroupInfo, bakeMs: number): Looked {
  const { terminationWaitTimeInMinutes: minutes = 0 } =
    group.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess ?? {};
  const text = `CodeDeploy keeps them for ${minutes} minutes`;
  if (minutes * MINUTE_MS >= bakeMs) return text;
  return warning(
    `${text}, and the bake takes ${formatDuration(bakeMs)}: after that, turning back takes a new deployment, with tasks that have to start`,
    `Set terminateBlueInstancesOnDeploymentSuccess's terminationWaitTimeInMinutes to at least ${Math.ceil(bakeMs / MINUTE_MS)}; clean-up ends the wait early.`,
  );
}

function testLooked({ testListener }: EcsPlace, { loadBalancerInfo }: DeploymentGroupInfo): Looked {
  const pair = loadBalancerInfo?.targetGroupPairInfoList?.[0];
  const [listener] = pair?.testTrafficRoute?.listenerArns ?? [];
  const wanted = testListener?.listenerArn;
  if (wanted !== undefined && wanted !== listener) {
    return problem(
      `target.ecs.testListener is ${wanted}, and the deployment group's is ${listener ?? "none"}: CodeDeploy leads testers there alone`,
      "Give the deployment group's test listener, or leave testListener out.",
    );
  }
  return listener === undefined ? "the deployment group has no test listener" : `by ${listener}`;
}

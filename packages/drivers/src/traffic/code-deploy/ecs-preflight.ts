import type { DeploymentGroupInfo } from "@aws-sdk/client-codedeploy";
import { formatDuration, type PreflightFinding } from "@headgate/core";
import { lookAt, type Looked, ok, problem, warning } from "../../preflight.ts";
import { stableSet } from "../ecs-task-sets/prepare.ts";
import type { EcsRoute } from "../ecs-task-sets/route.ts";
import { forwardFindings, revisionFinding, serviceFinding } from "../ecs/findings.ts";
import { groupFindings, healthFinding } from "../ecs/group-findings.ts";
import { type EcsPlace, lastPart } from "../ecs/place.ts";
import type { ServiceView } from "../ecs/service.ts";
import { readTaskDefinition } from "../ecs/task-definition.ts";
import type { DeployApi } from "./deploy-api.ts";
import type { CodeDeployEcsOptions, EcsDeployment } from "./ecs-deployment.ts";
import { deployFindings } from "./findings.ts";
import { READY_HINT, readyWaitMinutes } from "./ready-wait.ts";

const MINUTE_MS = 60_000;

/** Looks at everything that a release by CodeDeploy would meet, and changes nothing. */
export async function ecsPreflight(
  options: CodeDeployEcsOptions,
  api: DeployApi,
  located: () => Promise<EcsDeployment>,
): Promise<readonly PreflightFinding[]> {
  const { clients, run, schedule, hooks, target, bakeMs } = options;
  let deployment: EcsDeployment | undefined;
  const found = await lookAt(
    `service ${target.service} and its load balancer can be found`,
    async () => {
      deployment = await located();
      return `${deployment.place.label}, ${deployment.place.action.label}`;
    },
  );
  if (deployment === undefined) return [found];
  const { place } = deployment;
  const ofGroup = (group: DeploymentGroupInfo) => [
    lookAt("the deployment group is this service's", () => groupLooked(place, group)),
    lookAt("CodeDeploy waits before it shifts traffic", () => readyLooked(group)),
    lookAt("stable's tasks stay while the rollout bakes", () => bakeLooked(group, bakeMs)),
    lookAt("the canary can be tested before it has traffic", () => testLooked(group)),
  ];
  const parts = { api, clients, run, schedule, hooks, platform: "ECS" } as const;
  return [found, ...(await serviceFindings(deployment)), ...(await deployFindings(parts, ofGroup))];
}

async function serviceFindings(deployment: EcsDeployment): Promise<readonly PreflightFinding[]> {
  const { calls, place, options, readRoute } = deployment;
  let route: EcsRoute | undefined;
  const read = await lookAt("the weights can be read", async () => {
    route = await readRoute();
    return route.forward.token;
  });
  if (route === undefined) return [read];
  const live: EcsRoute = route;
  const first = [controllerFinding(live.service), serviceFinding(live.service)];
  const weights = forwardFindings(place, live.forward);
  const isBad = [...first, ...weights].some(({ outcome }) => outcome === "problem");
  if (isBad) return [...first, ...weights];
  const findings: PreflightFinding[] = [...first, ...weights];
  let current = "";
  let networkMode: string | undefined;
  findings.push(
    await lookAt("a task set serves", async () => {
      const set = stableSet(place, live);
      current = set.taskDefinitionArn;
      ({ networkMode } = (await readTaskDefinition(calls, current)).definition);
      return `task set ${set.id} of ${set.version}: ${set.status}, ${set.runningCount} of ${set.desiredCount} tasks run`;
    }),
  );
  const serving = place.groups.find(({ arn }) => arn === live.stableGroupArn);
  if (current === "" || serving === undefined) return findings;
  const { revision } = options;
  findings.push(
    ...(await groupFindings(calls, place, networkMode)),
    await healthFinding(calls, serving, live.stable),
    await revisionFinding(calls, place, { current, revision, serving: live.stable }),
  );
  return findings;
}

function controllerFinding({ controller }: ServiceView): PreflightFinding {
  const check = "CodeDeploy may change the service";
  if (controller === "CODE_DEPLOY") return ok(check, "its deployment controller is CODE_DEPLOY");
  const found = problem(
    `the service's deployment controller is ${controller}; via.codeDeploy needs CODE_DEPLOY`,
    "Leave out target.ecs.via: Headgate releases services with the controllers ECS and EXTERNAL itself.",
  );
  return { check, ...found };
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

function testLooked({ loadBalancerInfo }: DeploymentGroupInfo): Looked {
  const pair = loadBalancerInfo?.targetGroupPairInfoList?.[0];
  const [listener] = pair?.testTrafficRoute?.listenerArns ?? [];
  return listener === undefined ? "the deployment group has no test listener" : `by ${listener}`;
}

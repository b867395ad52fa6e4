import type { DeploymentGroupInfo } from "@aws-sdk/client-codedeploy";
import type { AwsVpcConfiguration } from "@aws-sdk/client-ecs";
import type { PreflightFinding } from "@headgate/core";
import { lookAt, ok, problem } from "../../preflight.ts";
import { stableSet } from "../ecs-task-sets/prepare.ts";
import type { EcsRoute } from "../ecs-task-sets/route.ts";
import { forwardFindings, revisionFinding, serviceFinding } from "../ecs/findings.ts";
import { groupFindings, healthFinding } from "../ecs/group-findings.ts";
import { networkFinding } from "../ecs/network-finding.ts";
import { preventionFor } from "../ecs/prevention.ts";
import type { ServiceView } from "../ecs/service.ts";
import { servingLooked } from "../ecs/serving-set.ts";
import { readTaskDefinition } from "../ecs/task-definition.ts";
import type { DeployApi } from "./deploy-api.ts";
import type { CodeDeployEcsOptions, EcsDeployment } from "./ecs-deployment.ts";
import { ecsGroupFindings } from "./ecs-group-findings.ts";
import { deployFindings } from "./findings.ts";

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
  const ofGroup = (group: DeploymentGroupInfo) => ecsGroupFindings(group, place, bakeMs);
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
  // Nothing tells whether they are kept out already; so it is said to all.
  findings.push(
    await lookAt("other tools keep out of the weights, with this", () =>
      preventionFor(calls, place),
    ),
  );
  let current = "";
  let network: AwsVpcConfiguration | undefined;
  let networkMode: string | undefined;
  findings.push(
    await lookAt("a task set serves", async () => {
      const set = stableSet(place, live);
      current = set.taskDefinitionArn;
      network = set.raw.networkConfiguration?.awsvpcConfiguration;
      ({ networkMode } = (await readTaskDefinition(calls, current)).definition);
      return servingLooked(set, primaryHint);
    }),
  );
  const serving = place.groups.find(({ arn }) => arn === live.stableGroupArn);
  if (current === "" || serving === undefined) return findings;
  const { revision } = options;
  findings.push(
    ...(await groupFindings(calls, place, networkMode)),
    // CodeDeploy gives the new tasks the network of those that serve.
    await networkFinding(calls, place, { networkMode, network, count: live.service.desiredCount }),
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

function primaryHint(): string {
  return "Somebody moved the traffic past CodeDeploy: let CodeDeploy deploy once what is to serve, then release again.";
}

import { type CodeDeployHook, type LiveRoute, RolloutError } from "@headgate/core";
import type { CallLimits } from "../../aws/runner.ts";
import { groupOf, liveRoute, routeOf, type EcsRoute } from "../ecs-task-sets/route.ts";
import { ecsCalls, type EcsCalls } from "../ecs/calls.ts";
import { forwardApi } from "../ecs/forward.ts";
import { type EcsDriver, PROPAGATION_MS } from "../ecs/options.ts";
import { type EcsPlace, locate } from "../ecs/place.ts";
import { preventionFor } from "../ecs/prevention.ts";
import { readService } from "../ecs/service.ts";
import { portOf, readTaskDefinition } from "../ecs/task-definition.ts";
import { findOnce } from "../find-once.ts";
import { deployApi } from "./deploy-api.ts";
import type { CodeDeployEcsOptions, EcsDeployment } from "./ecs-deployment.ts";
import { ecsPreflight } from "./ecs-preflight.ts";
import { prepareCanary } from "./ecs-prepare.ts";
import { hooksSection } from "./hook-events.ts";
import type { AskedByCodeDeploy } from "./hook-outcome.ts";
import { allAtOnceConfig, configFor } from "./schedule.ts";
import { createDeployShifter } from "./shift.ts";

/** CodeDeploy's weights are whole percents. */
const RESOLUTION_BPS = 100;
/** Of the five minutes that a clean-up has. */
const REST_MS = 280_000;

/**
 * Releases an ECS service with the deployment controller CODE_DEPLOY. The deployment begins with the preparation: its
 * tasks stand without traffic in CodeDeploy's ready wait, which the first weight continues. The termination wait keeps
 * stable's tasks while the rollout bakes; clean-up ends it.
 */
export function codeDeployEcsDriver(options: CodeDeployEcsOptions): EcsDriver & AskedByCodeDeploy {
  const { clients, run, clock, target, deploy } = options;
  const calls = ecsCalls(options);
  const config = configFor(options.schedule, "ECS", deploy.config);
  const api = deployApi({ clients, run, clock, place: { ...deploy, config } });

  const at = (place: EcsPlace): EcsDeployment => {
    const forward = forwardApi(calls, place.action);
    const name = { cluster: place.clusterArn, service: place.serviceName };
    const readRoute = async (limits?: CallLimits) => {
      // The service first: what its primary task set has become is in the weights then.
      const service = await readService(calls, name, limits);
      return routeOf(place, await forward.read(limits), service);
    };
    const shifter = createDeployShifter(
      api,
      {
        subject: place.label,
        label: place.action.label,
        startsEarly: true,
        readRoute: async (limits) => liveRoute(await readRoute(limits)),
        hooks: options.hooks ?? [],
        appSpec: ({ to, hooks }) => appSpec(calls, place, { to, hooks }),
        moveBack: async (change, limits) =>
          liveRoute(await moveBack(deployment, change.stable, change.canary, limits)),
      },
      clock,
    );
    const deployment: EcsDeployment = { options, calls, api, place, forward, shifter, readRoute };
    return deployment;
  };

  const located = findOnce(() => locate(calls, target).then(at));

  return {
    place: async () => (await located()).place,
    async groupOf(version) {
      const { place, readRoute } = await located();
      return groupOf(place, (await readRoute()).service, version);
    },
    async describe() {
      const { place, shifter } = await located();
      const ecs = await clients.ecs();
      return {
        id: place.serviceArn,
        label: `ecs ${place.label} by CodeDeploy ${deploy.application}/${deploy.deploymentGroup} (${await ecs.config.region()})`,
        route: await shifter.readRoute(),
        resolutionBps: RESOLUTION_BPS,
        propagationMs: options.propagationMs ?? PROPAGATION_MS,
        prevention: await preventionFor(calls, place),
      };
    },
    preflight: () => ecsPreflight(options, api, located),
    prepare: async () => prepareCanary(await located()),
    readRoute: async () => (await located()).shifter.readRoute(),
    setWeight: async (change) => (await located()).shifter.setWeight(change),
    promote: async (change) => (await located()).shifter.promote(change),
    restore: async (change) => (await located()).shifter.restore(change),
    hookOutcome: async (call) => (await located()).shifter.hookOutcome(call),
    async cleanUp({ live }) {
      await (await located()).shifter.rest(live, REST_MS);
    },
  };
}

/** Source: AWS docs, "AppSpec 'resources' section for Amazon ECS deployments". JSON is YAML. */
async function appSpec(
  calls: EcsCalls,
  place: EcsPlace,
  { to, hooks }: { readonly to: string; readonly hooks: readonly CodeDeployHook[] },
): Promise<string> {
  const { definition } = await readTaskDefinition(calls, to);
  const LoadBalancerInfo = {
    ContainerName: place.container,
    ContainerPort: portOf(definition, place.container, place.port),
  };
  const Properties = { TaskDefinition: definition.taskDefinitionArn, LoadBalancerInfo };
  const resource = { Type: "AWS::ECS::Service", Properties };
  const Resources = [{ TargetService: resource }];
  return JSON.stringify({ version: 0.0, Resources, ...hooksSection(hooks) });
}

/**
 * Nothing of CodeDeploy's is under way. While stable is still the service's primary task set its weight is enough;
 * after that CodeDeploy has to deploy it again, since nobody else may.
 */
async function moveBack(
  { api, place, forward, shifter, readRoute }: EcsDeployment,
  stable: string,
  canary: string,
  limits: CallLimits,
): Promise<LiveRoute & EcsRoute> {
  const route = await readRoute(limits);
  const primary = route.service.taskSets.find(({ status }) => status === "PRIMARY");
  const group = groupOf(place, route.service, stable);
  if (primary?.version !== stable) {
    const back = { stable: canary, canary: stable, token: route.token };
    await shifter.startBack(back, limits, allAtOnceConfig("ECS"));
    return route;
  }
  if (group === undefined) {
    throw new RolloutError(
      "STABLE_UNUSABLE",
      `the tasks of ${stable} are in neither target group of ${place.label}`,
      { hint: `Look at the service and at deployment group ${api.place.deploymentGroup}.` },
    );
  }
  const weights = route.forward.groups.map(({ arn }) => ({
    arn,
    weight: arn === group.arn ? 100 : 0,
  }));
  await forward.replace(weights, route.forward.token, limits);
  return readRoute(limits);
}

import { ecsCalls } from "../traffic/ecs/calls.ts";
import type { EcsDriver } from "../traffic/ecs/options.ts";
import type { EcsPlace } from "../traffic/ecs/place.ts";
import { readService, type ServiceView } from "../traffic/ecs/service.ts";
import { nativeApi } from "../traffic/ecs-native/native-api.ts";
import { revisionWith } from "../traffic/ecs-native/route.ts";
import { taskSetOf } from "../traffic/ecs-task-sets/route.ts";
import type { EcsDeploymentFacts, EcsDeploymentLook } from "./ecs-function.ts";

/**
 * What a function made for lifecycle hooks of ECS is told of the release of a service. Where ECS itself deploys, the
 * ARNs are those that it would tell. Task sets, ours or CodeDeploy's, have neither a service deployment nor revisions:
 * the task set's ARN stands for both. Before there is any, the service's stands for the deployment.
 */
export function ecsDeploymentLook(
  parts: Parameters<typeof ecsCalls>[0] & { readonly driver: Pick<EcsDriver, "place"> },
): EcsDeploymentLook {
  const calls = ecsCalls(parts);
  return async ({ stable, canary }) => {
    const place = await parts.driver.place();
    const { clusterArn: cluster, serviceArn: name } = place;
    const service = await readService(calls, { cluster, service: name });
    const versions = { stable, canary };
    return service.controller === "ECS"
      ? ofDeployment(calls, place, versions)
      : ofTaskSets(service, versions);
  };
}

interface Versions {
  readonly stable: string;
  /** Undefined before it is made. */
  readonly canary: string | undefined;
}

async function ofDeployment(
  calls: ReturnType<typeof ecsCalls>,
  place: EcsPlace,
  { stable, canary }: Versions,
): Promise<EcsDeploymentFacts> {
  const sight = await nativeApi(calls, place).look();
  const { serviceArn } = place;
  const arnOf = (version: string | undefined) =>
    version === undefined ? undefined : revisionWith(sight, version)?.arn;
  return {
    serviceArn,
    resourceArn: sight.deployment?.arn ?? serviceArn,
    stableArn: arnOf(stable),
    targetArn: arnOf(canary),
  };
}

function ofTaskSets(service: ServiceView, { stable, canary }: Versions): EcsDeploymentFacts {
  const arnOf = (version: string | undefined) =>
    version === undefined ? undefined : taskSetOf(service, version)?.raw.taskSetArn;
  const targetArn = arnOf(canary);
  return {
    serviceArn: service.arn,
    resourceArn: targetArn ?? service.arn,
    stableArn: arnOf(stable),
    targetArn,
  };
}

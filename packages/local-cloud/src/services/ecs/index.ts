import {
  chooseTaskRuntime,
  type TaskRuntimeChoice,
} from "../../data-plane/tasks/choose-task-runtime.ts";
import type { Cloud, Service } from "../../service.ts";
import { createContainerServicePort } from "./container-service-port.ts";
import { createServiceDeployments } from "./deployments/deployments.ts";
import { ecsFacts } from "./facts.ts";
import { attributeOperations } from "./operations/attributes.ts";
import { capacityProviderOperations } from "./operations/capacity-providers.ts";
import { clusterOperations } from "./operations/clusters.ts";
import { containerInstanceOperations } from "./operations/container-instances.ts";
import { serviceDeploymentOperations } from "./operations/service-deployments.ts";
import { serviceOperations } from "./operations/services.ts";
import { settingOperations } from "./operations/settings.ts";
import { tagOperations } from "./operations/tags.ts";
import { taskDefinitionOperations } from "./operations/task-definitions.ts";
import { taskProtectionOperations } from "./operations/task-protection.ts";
import { taskSetOperations } from "./operations/task-sets.ts";
import { taskOperations } from "./operations/tasks.ts";
import type { Ecs } from "./parts.ts";
import type { EcsHandlers } from "./sdk.ts";
import { createServiceScheduler } from "./services/scheduler.ts";
import type { ServiceParts } from "./services/service-parts.ts";
import { createTaskSets } from "./services/task-sets.ts";
import { SERVICE, stateOpener } from "./state.ts";
import { createTasks } from "./tasks/engine.ts";
import { createTaskGroups } from "./tasks/groups/keeper.ts";
import { serveMetadata } from "./tasks/metadata.ts";
import { createTaskMetrics } from "./tasks/task-metrics.ts";

/** Amazon ECS: clusters, task definitions, tasks that run on this machine, and services of them. */
export function createEcs(cloud: Cloud): Service {
  const open = stateOpener(cloud.store);
  const runtimes = runtimeChoice(cloud);
  const tasks = createTasks(cloud, () => runtimes.runtime());
  const groups = createTaskGroups({ cloud, in: open, tasks });
  const metrics = createTaskMetrics({
    cloud,
    tasks,
    places: () => cloud.store.scopes(SERVICE).map((place) => open(place)),
  });
  const ecs: Ecs = { cloud, in: open, tasks, groups };
  // Services and their deployments know each other, so one of them is asked for late.
  const services: ServiceParts = { ...ecs, deployments: () => deployments };
  const scheduler = createServiceScheduler(services);
  const deployments = createServiceDeployments({ ...ecs, steering: scheduler.steering });
  const taskSets = createTaskSets(services, scheduler);
  const handlers = {
    ...clusterOperations(ecs),
    ...capacityProviderOperations(),
    ...containerInstanceOperations(ecs),
    ...attributeOperations(ecs),
    ...taskDefinitionOperations(ecs),
    ...taskOperations(ecs),
    ...taskProtectionOperations(ecs),
    ...serviceOperations(services, scheduler),
    ...serviceDeploymentOperations(ecs, deployments),
    ...taskSetOperations(services, taskSets),
    ...tagOperations(ecs),
    ...settingOperations(ecs),
  } satisfies EcsHandlers;
  return {
    handlers,
    ports: { containerServices: createContainerServicePort(services, taskSets) },
    facts: ecsFacts(open),
    async resume() {
      const places = cloud.store.scopes(SERVICE);
      for (const place of places) await tasks.resume(open(place));
      scheduler.resume();
      metrics.start();
      for (const place of places) deployments.resume(open(place));
    },
    async serve(_request, response, { id, path }) {
      serveMetadata(open, id, path, response);
    },
    async close() {
      deployments.close();
      scheduler.close();
      metrics.close();
      await groups.close();
      await tasks.close();
      await runtimes.close();
    },
  };
}

function runtimeChoice({ options, endpointUrl, notice }: Cloud): TaskRuntimeChoice {
  const { taskRuntime, scratchDirectory } = options;
  if (typeof taskRuntime === "object") {
    return { runtime: async () => taskRuntime, close: async () => {} };
  }
  const choice = chooseTaskRuntime({
    setting: taskRuntime ?? process.env["HEADGATE_TASKS"],
    scratchDirectory,
    endpointUrl,
  });
  let isTold = false;
  return {
    async runtime() {
      const runtime = await choice.runtime();
      if (!isTold) notice(`tasks run as ${runtime.description}`);
      isTold = true;
      return runtime;
    },
    close: () => choice.close(),
  };
}

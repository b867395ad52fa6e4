import type { TaskRuntime } from "../../data-plane/tasks/task-runtime.ts";
import type { Cloud, Service } from "../../service.ts";
import { attributeOperations } from "./operations/attributes.ts";
import { capacityProviderOperations } from "./operations/capacity-providers.ts";
import { clusterOperations } from "./operations/clusters.ts";
import { containerInstanceOperations } from "./operations/container-instances.ts";
import { settingOperations } from "./operations/settings.ts";
import { tagOperations } from "./operations/tags.ts";
import { taskDefinitionOperations } from "./operations/task-definitions.ts";
import { taskProtectionOperations } from "./operations/task-protection.ts";
import { taskOperations } from "./operations/tasks.ts";
import type { Ecs } from "./parts.ts";
import type { EcsHandlers } from "./sdk.ts";
import { SERVICE, stateOpener } from "./state.ts";
import { createTasks } from "./tasks/engine.ts";
import { createTaskGroups } from "./tasks/groups/keeper.ts";
import { serveMetadata } from "./tasks/metadata.ts";

/** Amazon ECS: clusters, task definitions, tasks that run on this machine, and services of them. */
export function createEcs(cloud: Cloud): Service {
  const open = stateOpener(cloud.store);
  const tasks = createTasks(cloud, () => runtimeOf(cloud));
  const groups = createTaskGroups({ cloud, in: open, tasks });
  const ecs: Ecs = { cloud, in: open, tasks, groups };
  const handlers = {
    ...clusterOperations(ecs),
    ...capacityProviderOperations(),
    ...containerInstanceOperations(ecs),
    ...attributeOperations(ecs),
    ...taskDefinitionOperations(ecs),
    ...taskOperations(ecs),
    ...taskProtectionOperations(ecs),
    ...tagOperations(ecs),
    ...settingOperations(ecs),
  } satisfies EcsHandlers;
  return {
    handlers,
    async resume() {
      for (const place of cloud.store.scopes(SERVICE)) await tasks.resume(open(place));
    },
    async serve(_request, response, { id, path }) {
      serveMetadata(open, id, path, response);
    },
    async close() {
      await groups.close();
      await tasks.close();
    },
  };
}

async function runtimeOf({ options }: Cloud): Promise<TaskRuntime> {
  if (options.taskRuntime !== undefined) return options.taskRuntime;
  throw new Error("no task runtime was handed to the cloud");
}

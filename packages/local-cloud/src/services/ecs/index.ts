import type { Cloud, Service } from "../../service.ts";
import type { EcsHandlers } from "./sdk.ts";

/** Amazon ECS: clusters, task definitions, tasks that run on this machine, and services of them. */
export function createEcs(_cloud: Cloud): Service {
  const handlers = {} satisfies EcsHandlers;
  return { handlers };
}

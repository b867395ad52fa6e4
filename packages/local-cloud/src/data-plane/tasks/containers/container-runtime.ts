import type { TaskRuntime } from "../task-runtime.ts";
import type { Engine } from "./engine.ts";

/** Runs tasks in containers of an engine. */
export function openContainerRuntime(_options: {
  readonly engine: Engine;
  readonly version: string;
  readonly endpointUrl: () => string;
}): Promise<TaskRuntime> {
  return Promise.reject(new Error("containers are not run yet: set HEADGATE_TASKS=processes"));
}

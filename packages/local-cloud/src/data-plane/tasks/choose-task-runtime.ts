import type { FoundEngine } from "./containers/find-engine.ts";
import type { TaskRuntime } from "./task-runtime.ts";

export interface TaskRuntimeOptions {
  /** HEADGATE_TASKS: "containers", "processes", or undefined for whatever there is. */
  readonly setting: string | undefined;
  readonly scratchDirectory: string;
  /** The cloud's own, for containers that must reach it. */
  readonly endpointUrl: () => string;
  /** Says where an engine is. Default: that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What runs tasks here, found out at the first. */
export interface TaskRuntimeChoice {
  /**
   * The same one every time. What could not be had is looked for again at the next call.
   * @throws {TaskRuntimeUnavailableError}
   */
  runtime(): Promise<TaskRuntime>;
  /** Ends everything that was started. */
  close(): Promise<void>;
}

/** HEADGATE_TASKS asks for what this machine does not have. */
export class TaskRuntimeUnavailableError extends Error {
  override readonly name = "TaskRuntimeUnavailableError";
}

/** Containers when an engine answers, local processes otherwise; HEADGATE_TASKS decides over it. */
export function chooseTaskRuntime(options: TaskRuntimeOptions): TaskRuntimeChoice {
  let chosen: Promise<TaskRuntime> | undefined;
  let isClosed = false;
  return {
    runtime() {
      if (isClosed) {
        return Promise.reject(new TaskRuntimeUnavailableError("the cloud is stopping"));
      }
      if (chosen === undefined) {
        chosen = choose(options);
        chosen.catch(() => {
          chosen = undefined;
        });
      }
      return chosen;
    },
    async close() {
      isClosed = true;
      const runtime = await chosen?.catch(() => undefined);
      await runtime?.close();
    },
  };
}

async function choose(options: TaskRuntimeOptions): Promise<TaskRuntime> {
  const { setting, environment = process.env } = options;
  switch (setting) {
    case "processes":
      return processes(options, "HEADGATE_TASKS asks for them");
    case undefined:
    case "":
    case "containers":
      break;
    default:
      throw new TaskRuntimeUnavailableError(
        `HEADGATE_TASKS is ${JSON.stringify(setting)}; it can be containers or processes, or be left out for whatever this machine has`,
      );
  }
  const { findEngine } = await import("./containers/find-engine.ts");
  const found = await findEngine(environment);
  if ("engine" in found) return containers(options, found);
  if (setting !== "containers") return processes(options, "no container engine answered");
  throw new TaskRuntimeUnavailableError(
    `HEADGATE_TASKS asks for containers, and no container engine answered at ${found.tried.join(", ")}; start Docker or Podman, set DOCKER_HOST, or leave HEADGATE_TASKS out`,
  );
}

async function processes(
  { scratchDirectory }: TaskRuntimeOptions,
  reason: string,
): Promise<TaskRuntime> {
  const { ProcessRuntime } = await import("./processes/process-runtime.ts");
  return new ProcessRuntime({ scratchDirectory, reason });
}

async function containers(
  { endpointUrl }: TaskRuntimeOptions,
  { engine, version }: FoundEngine,
): Promise<TaskRuntime> {
  const { openContainerRuntime } = await import("./containers/container-runtime.ts");
  return openContainerRuntime({ engine, version, endpointUrl });
}

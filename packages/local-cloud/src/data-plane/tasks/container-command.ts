import type { ImageConfig } from "./images/image-config.ts";
import type { ContainerLaunch } from "./task-runtime.ts";

/**
 * The program and its arguments. An entry point of the task's own leaves the image's command out, as engines
 * do it; an empty list counts as none.
 */
export function containerCommand(
  config: Pick<ImageConfig, "entrypoint" | "command">,
  { entryPoint, command }: Pick<ContainerLaunch, "entryPoint" | "command">,
): readonly string[] {
  const own = filled(entryPoint);
  const entry = own ?? config.entrypoint;
  return [...entry, ...(filled(command) ?? (own === undefined ? config.command : []))];
}

/** What a task definition's health check runs: `CMD-SHELL` gives its text to the shell. */
export function healthCommand(command: readonly string[]): readonly string[] {
  const [kind, ...rest] = command;
  if (kind === "CMD-SHELL") return ["/bin/sh", "-c", rest.join(" ")];
  return kind === "CMD" ? rest : command;
}

function filled(list: readonly string[] | undefined): readonly string[] | undefined {
  return list !== undefined && list.length > 0 ? list : undefined;
}

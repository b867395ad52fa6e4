import { constants } from "node:os";
import { healthCommand } from "../container-command.ts";
import { type ContainerExit, LaunchError, type RunningContainer } from "../task-runtime.ts";
import { machineCommand } from "./container-arguments.ts";
import { groupUsage } from "./group-usage.ts";
import { ProcessGroup } from "./process-group.ts";
import type { ProgramPlace } from "./programs.ts";
import type { TaskNetwork } from "./task-network.ts";

/** Of a command's output; health checks keep less. */
const OUTPUT_CHARS_MAX = 64 * 1024;
/** What a shell answers for a command that it cannot find, and an engine for a container that has ended. */
const NOT_FOUND = 127;
const NOT_RUNNING = 126;

/** What a container's own commands run with. */
export interface ContainerParts {
  readonly group: ProcessGroup;
  readonly programs: ProgramPlace;
  readonly environment: Readonly<Record<string, string>>;
  readonly network: TaskNetwork;
  readonly ports: readonly number[];
  /** "SIGTERM", or a number. */
  readonly stopSignal: string;
}

/** A container that is a process of this machine. `ended` is when nothing of it is left. */
export function processContainer(
  { group, programs, environment, network, ports, stopSignal }: ContainerParts,
  ended: Promise<ContainerExit>,
): RunningContainer {
  const checks = new Set<ProcessGroup>();
  let isRunning = true;
  void group.exited.then(() => {
    isRunning = false;
    for (const check of checks) check.kill();
  });
  return {
    runtimeId: String(group.id),
    addresses: network.addresses(ports),
    exited: ended,
    async stop(graceMs) {
      await group.stop(signalNumber(stopSignal), graceMs);
      return ended;
    },
    async execute(command, timeoutMs) {
      if (!isRunning) return { exitCode: NOT_RUNNING, output: "the container is not running" };
      let output = "";
      const check = await startCheck(programs, {
        command: healthCommand(command).map((text) => network.led(text)),
        directory: programs.workingDirectory,
        environment,
        onLine(line) {
          if (output.length < OUTPUT_CHARS_MAX) output += `${line}\n`;
        },
      });
      if (check instanceof LaunchError) return { exitCode: NOT_FOUND, output: check.message };
      checks.add(check);
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        check.kill();
      }, timeoutMs);
      const { exitCode } = await check.exited;
      clearTimeout(timer);
      checks.delete(check);
      return {
        exitCode: isLate ? undefined : exitCode,
        output: output.slice(0, OUTPUT_CHARS_MAX),
      };
    },
    usage: () => (isRunning ? groupUsage(group.id) : Promise.resolve(undefined)),
  };
}

/** A command that cannot be started is an outcome of the check, not an error. */
async function startCheck(
  programs: ProgramPlace,
  launch: Parameters<typeof ProcessGroup.start>[0],
): Promise<ProcessGroup | LaunchError> {
  try {
    const command = await machineCommand(programs, launch.command);
    return await ProcessGroup.start({ ...launch, command });
  } catch (error) {
    if (error instanceof LaunchError) return error;
    throw error;
  }
}

/** Source: OCI image spec 1.1, "StopSignal": a name or a number. What this machine does not know ends politely. */
function signalNumber(stopSignal: string): number {
  if (/^\d+$/.test(stopSignal)) return Number(stopSignal);
  const found = Object.entries(constants.signals).find(([name]) => name === stopSignal);
  return found?.[1] ?? constants.signals.SIGTERM;
}

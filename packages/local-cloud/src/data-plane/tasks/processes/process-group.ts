import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { endWithThisProcess } from "../../function-workers/orphan-guard.ts";
import { OutputLines } from "../output-lines.ts";
import { type ContainerExit, LaunchError } from "../task-runtime.ts";

/** How long output may go on coming after the end: a process that left the group may hold the pipe for ever. */
const OUTPUT_WAIT_MS = 1000;

export interface ProcessLaunch {
  /** The program on this machine, and its arguments. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  onLine(line: string, stream: "stdout" | "stderr"): void;
}

/** One program and everything it starts: they form a process group and end together. */
export class ProcessGroup {
  readonly id: number;
  readonly exited: Promise<ContainerExit>;
  #hasEnded = false;

  private constructor(child: ChildProcess, id: number, onLine: ProcessLaunch["onLine"]) {
    this.id = id;
    this.exited = this.#follow(child, onLine);
  }

  /** @throws {LaunchError} CannotStartContainerError */
  static async start(launch: ProcessLaunch): Promise<ProcessGroup> {
    const [program = "", ...rest] = launch.command;
    const child = spawn(program, rest, {
      cwd: launch.directory,
      env: { ...launch.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    // Told before anything else can happen to it: the guard must know of it even if this process dies now.
    const group =
      child.pid === undefined ? undefined : new ProcessGroup(child, child.pid, launch.onLine);
    if (group !== undefined) return group;
    const error = await new Promise<Error>((resolve) => void child.once("error", resolve));
    throw new LaunchError("CannotStartContainerError", `${program}: ${error.message}`, {
      cause: error,
    });
  }

  /** To the program alone, as an engine signals a container's first process. */
  signal(number: number): void {
    if (!this.#hasEnded) send(this.id, number);
  }

  /** Ends the whole group at once. */
  kill(): void {
    if (!this.#hasEnded) send(-this.id, constants.signals.SIGKILL);
  }

  async stop(signal: number, graceMs: number): Promise<ContainerExit> {
    this.signal(signal);
    const timer = setTimeout(() => this.kill(), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  async #follow(child: ChildProcess, onLine: ProcessLaunch["onLine"]): Promise<ContainerExit> {
    const ended = endWithThisProcess(this.id);
    const out = new OutputLines((line) => onLine(line, "stdout"));
    const err = new OutputLines((line) => onLine(line, "stderr"));
    child.stdout?.on("data", (chunk: Buffer) => out.write(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.write(chunk));
    const closed = new Promise<void>((resolve) => void child.once("close", () => resolve()));
    const exitCode = await new Promise<number>((resolve) => {
      child.once("exit", (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
    });
    // Whatever it has started ends with it, as in a container.
    this.kill();
    this.#hasEnded = true;
    ended();
    await within(closed, OUTPUT_WAIT_MS);
    child.stdout?.destroy();
    child.stderr?.destroy();
    out.end();
    err.end();
    return { exitCode, isOutOfMemory: false };
  }
}

function send(to: number, signal: number): void {
  try {
    process.kill(to, signal);
  } catch {
    // Nobody is left.
  }
}

async function within(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

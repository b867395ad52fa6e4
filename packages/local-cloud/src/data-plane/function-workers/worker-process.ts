import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { LaunchError } from "./error-documents.ts";
import { endWithThisProcess } from "./orphan-guard.ts";

export interface ProcessOptions {
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error, in the order the function wrote them. */
  readonly onOutput: (chunk: Buffer) => void;
  /** Called once. `how` is Go's text for the exit as AWS shows it, undefined for exit status 0. */
  readonly onExit: (how: string | undefined) => void;
}

/** Makes error output share standard output's pipe, so that lines keep their order. */
const MERGE_OUTPUT = 'exec "$@" 2>&1';

/** One runtime process and everything it starts: they form a process group and end together. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  /** The child's descriptors 3 (it reads events) and 4 (it writes answers). */
  readonly events: Duplex;
  readonly answers: Duplex;

  /** @throws {LaunchError} when the machine is out of processes or descriptors. */
  constructor(options: ProcessOptions) {
    this.#child = spawn("/bin/sh", ["-c", MERGE_OUTPUT, "sh", ...options.command], {
      cwd: options.directory,
      env: { ...options.environment },
      stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
      detached: true,
    });
    // Without a descriptor or a process to spare, Node reports by event and leaves `stdio` unset.
    this.#child.on("error", () => {});
    const stdio: readonly unknown[] | undefined = this.#child.stdio;
    if (stdio === undefined)
      throw new LaunchError("the machine has no process or descriptor to spare");
    const { pid } = this.#child;
    const ended = pid === undefined ? () => {} : endWithThisProcess(pid);
    this.events = stdio[3] as Duplex;
    this.answers = stdio[4] as Duplex;
    // A write to a process that has just died fails; its exit is what gets reported.
    this.events.on("error", () => {});
    this.answers.on("error", () => {});
    this.#child.stdout?.on("data", options.onOutput);
    this.#exited = new Promise((resolve) => {
      const end = (how: string | undefined) => {
        this.kill();
        ended();
        options.onExit(how);
        // What is readable is read before this; a process that left the group may hold the pipe for ever.
        setImmediate(() => this.#closePipes());
        resolve();
      };
      this.#child.once("exit", (code, signal) => end(exitDescription(code, signal)));
      this.#child.once("error", (error) => {
        if (this.#child.pid === undefined) end(error.message);
      });
    });
  }

  /** Ends the whole process group at once, as AWS ends a sandbox. */
  kill(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // Nobody of the group is left.
    }
  }

  #closePipes(): void {
    for (const pipe of [this.#child.stdout, this.events, this.answers]) pipe?.destroy();
  }

  /** Resolves when the process has ended. */
  exited(): Promise<void> {
    return this.#exited;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Peak resident memory so far, MB, rounded up. 0 where the machine has no /proc. */
  peakMemoryMb(): number {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, "latin1");
      return Math.ceil(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      return 0;
    }
  }
}

/** Go's names for signals, which AWS's texts carry. */
const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
};

function exitDescription(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `signal: ${SIGNAL_NAMES[signal] ?? signal}`;
  return code === 0 ? undefined : `exit status ${code}`;
}

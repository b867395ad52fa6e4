import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const HEADGATE = join(import.meta.dirname, "../../bin/headgate.mjs");
/** A command that hangs fails its test with its output, not the whole run. */
const COMMAND_TIMEOUT_MS = 60_000;

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the command reads from its standard input; nothing when not given. */
  readonly input?: string;
  /** For what takes longer than other commands. */
  readonly timeoutMs?: number;
}

/** Runs the real command line in a process of its own and waits for its end. */
export async function headgate(
  argv: readonly string[],
  around: Surroundings = {},
): Promise<Finished> {
  const running = startHeadgate(argv, around);
  return running.finished;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the first line of standard output that matches; rejects when the process ends first. */
  line(pattern: RegExp): Promise<string>;
}

export function startHeadgate(argv: readonly string[], around: Surroundings = {}): Running {
  const child = spawn(process.execPath, [HEADGATE, ...argv], {
    cwd: around.cwd ?? tmpdir(),
    // Nothing of the machine's own AWS settings may reach a test.
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...around.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { timeoutMs = COMMAND_TIMEOUT_MS } = around;
  let isLate = false;
  // Asked to end, a command may say so with an exit code of its own: that would be taken for its answer.
  const limit = setTimeout(() => {
    isLate = true;
    child.kill();
  }, timeoutMs);
  // A command that has ended, or never reads, closes its end first.
  child.stdin.on("error", () => undefined);
  child.stdin.end(around.input ?? "");
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const look of waiting) look();
  });
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      clearTimeout(limit);
      if (!isLate) return resolve({ exitCode, stdout, stderr });
      const said = `${stdout}${stderr}`;
      reject(new Error(`headgate ${argv.join(" ")} did not end in ${timeoutMs} ms:\n${said}`));
    });
  });
  return {
    child,
    finished,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = stdout.split("\n").find((text) => pattern.test(text));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        finished.then(
          () => reject(new Error(`ended without ${pattern}:\n${stdout}${stderr}`)),
          reject,
        );
        look();
      }),
  };
}

/** A list for commands that the tests of a file start: what still runs when a test is over is killed. */
export function killedAfterEach(): Running[] {
  const running: Running[] = [];
  afterEach(async () => {
    for (const { child, finished } of running.splice(0)) {
      child.kill("SIGKILL");
      await finished;
    }
  });
  return running;
}

/** An empty folder, and the way to remove it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "headgate-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

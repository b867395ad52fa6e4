import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, resolve } from "node:path";
import type { HookCall, HookOutcome, PreflightFinding } from "@headgate/core";
import { lookAt, problem } from "../preflight.ts";
import type { HooksOptions } from "./index.ts";
import { tail } from "./verdict.ts";

/** How long a command may take to end once told to, and its output once it has ended. */
const GRACE_MS = 500;
/** How much of what a command prints is kept, from the end. */
const OUTPUT_MAX_CHARACTERS = 4096;

/**
 * Runs a program, without a shell, with the call's input as HEADGATE_* variables. Exit code 0 is a
 * pass and any other a fail; a program that cannot be started, is ended by a signal or does not end in
 * time is an error. At the deadline it is ended together with all it started.
 */
export async function runCommand(
  options: HooksOptions,
  call: HookCall,
  argv: readonly string[],
): Promise<HookOutcome> {
  const [program, ...words] = argv;
  if (program === undefined) return { verdict: "error", detail: "no command was given" };
  const child = spawn(program, words, {
    cwd: options.workingDirectory,
    env: { ...(options.environment ?? process.env), ...variablesFor(call) },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group, so that the deadline reaches what it started too.
    detached: true,
  });
  const output = keepOutput(child);
  const deadline = Promise.withResolvers<"tooLate">();
  const timer = setTimeout(() => deadline.resolve("tooLate"), call.timeoutMs);
  const end = await Promise.race([endOf(child), deadline.promise]);
  clearTimeout(timer);
  if (end !== "tooLate") return outcomeOf(program, end, output());
  await endGroup(child);
  const detail = `${program} did not end within ${call.timeoutMs} ms and was ended${said(output())}`;
  return { verdict: "error", detail };
}

/** How a program ended by itself. */
type End =
  | { readonly kind: "unstartable"; readonly error: Error }
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string };

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ kind: "unstartable", error }));
    child.once("exit", (code, signal) => {
      const end: End =
        code === null ? { kind: "killed", signal: signal ?? "a signal" } : { kind: "exited", code };
      child.once("close", () => resolve(end));
      // Something it left running may hold its output open for ever: its own word is out already.
      setTimeout(() => resolve(end), GRACE_MS).unref();
    });
  });
}

function variablesFor({ input }: HookCall): Record<string, string> {
  return {
    HEADGATE_ROLLOUT: input.rollout,
    HEADGATE_HOOK: input.hook,
    HEADGATE_STABLE: input.stable,
    HEADGATE_CANARY: input.canary ?? "",
    HEADGATE_WHEN: input.when,
    HEADGATE_WEIGHT_BPS: String(input.weightBps),
  };
}

function keepOutput(child: ChildProcess): () => string {
  let text = "";
  const keep = (chunk: string) => {
    text = (text + chunk).slice(-OUTPUT_MAX_CHARACTERS);
  };
  child.stdout?.setEncoding("utf8").on("data", keep);
  child.stderr?.setEncoding("utf8").on("data", keep);
  return () => tail(text);
}

function outcomeOf(program: string, end: End, output: string): HookOutcome {
  switch (end.kind) {
    case "exited":
      return end.code === 0
        ? { verdict: "pass", detail: output }
        : { verdict: "fail", detail: `exit code ${end.code}${said(output)}` };
    case "killed":
      return { verdict: "error", detail: `${program} was ended by ${end.signal}${said(output)}` };
    case "unstartable":
      return { verdict: "error", detail: `${program} could not be started: ${end.error.message}` };
    default:
      return end satisfies never;
  }
}

function said(output: string): string {
  return output === "" ? "; it printed nothing" : `: ${output}`;
}

/** Asks the whole group to end, then kills what is left of it. Resolves when the program is gone. */
async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const gone = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  signalGroup(pid, "SIGTERM");
  const grace = new Promise<void>((resolve) => void setTimeout(resolve, GRACE_MS));
  await Promise.race([gone, grace]);
  signalGroup(pid, "SIGKILL");
  // A grandchild in a group of its own may still hold the pipes open: nothing more is read from them.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Already gone, which is what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

export function lookAtCommand(
  { workingDirectory = ".", environment = process.env }: HooksOptions,
  check: string,
  argv: readonly string[],
): Promise<PreflightFinding> {
  return lookAt(check, () => {
    const [program = ""] = argv;
    const folders = (environment["PATH"] ?? "").split(delimiter);
    const candidates = program.includes("/")
      ? [resolve(workingDirectory, program)]
      : folders.map((folder) => resolve(folder, program));
    const found = candidates.find(isExecutable);
    if (found !== undefined) return found;
    return problem(
      `no program "${program}" that can be run was found`,
      "Check the name and its x permission; a command runs without a shell, so name a program.",
    );
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

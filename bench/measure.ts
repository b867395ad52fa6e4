// What the benchmarks share: medians, child processes and their memory, a table on standard output.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** "41 (38 to 55)": the median and the range, so that a reader sees how noisy the machine was. */
export function spread(values: readonly number[], digits = 0): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** Milliseconds that `work` took, and what it gave. */
export async function timed<Result>(work: () => Promise<Result>): Promise<[number, Result]> {
  const startMs = performance.now();
  const result = await work();
  return [performance.now() - startMs, result];
}

/** A child whose standard output said `ready`. It must be ended with {@link end}. */
export interface Server {
  readonly child: ChildProcess;
  /** The line that matched. */
  readonly line: string;
}

/** @throws {Error} when the process ends, or 20 seconds pass, before it says `ready`. */
export function startServer(argv: readonly string[], ready: RegExp): Promise<Server> {
  const [command = "", ...rest] = argv;
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${argv.join(" ")} was not ready in 20 s: ${text}`));
    }, 20_000);
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split("\n").find((candidate) => ready.test(candidate));
      if (line === undefined) return;
      clearTimeout(timer);
      resolve({ child, line });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`${argv.join(" ")} ended: ${text}`));
    });
  });
}

export function end({ child }: Server): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

/** Resident memory in MB. Linux only. */
export function residentMb(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1] ?? Number.NaN) / 1024;
}

/** User and system time that a process has used, milliseconds. Linux, where a tick is 10 ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  process.stdout.write(`\n${title}\n\n`);
  const [head = [], ...body] = rows;
  const lines = [head, head.map(() => "---"), ...body];
  for (const line of lines) process.stdout.write(`| ${line.join(" | ")} |\n`);
}

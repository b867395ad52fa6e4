import { readdir, readFile } from "node:fs/promises";

/** A tick of /proc's times: user space always sees 100 a second on the processors that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;
/**
 * One look at all processes serves whoever asks in this time: all tasks are measured together, and on a virtual clock
 * days of measurements pass in a minute.
 */
const LOOK_MS = 250;

interface ProcessUse {
  readonly group: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

let last: { readonly atMs: number; readonly processes: Promise<readonly ProcessUse[]> } | undefined;

/**
 * What the processes of a group have used. Undefined when nobody of it is left, and on systems without /proc.
 * Source: proc(5), /proc/pid/stat.
 */
export async function groupUsage(
  group: number,
): Promise<{ cpuMs: number; memoryBytes: number } | undefined> {
  // A group that is not in the last look may have begun since.
  return usedBy(group, await lastLook()) ?? usedBy(group, await look());
}

function lastLook(): Promise<readonly ProcessUse[]> | undefined {
  return last !== undefined && performance.now() - last.atMs <= LOOK_MS
    ? last.processes
    : undefined;
}

function look(): Promise<readonly ProcessUse[]> {
  last = { atMs: performance.now(), processes: allProcesses() };
  return last.processes;
}

function usedBy(group: number, processes: readonly ProcessUse[] = []) {
  const used = processes.filter((one) => one.group === group);
  if (used.length === 0) return undefined;
  return {
    cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: used.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

async function allProcesses(): Promise<readonly ProcessUse[]> {
  const names = await readdir("/proc").catch(() => []);
  return Promise.all(names.filter((name) => /^\d+$/.test(name)).map(useOf));
}

async function useOf(pid: string): Promise<ProcessUse> {
  // One that has just ended belongs to the group NaN, which nobody asks for.
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name is in brackets and may hold anything, spaces and brackets included.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // Times of its own and of the children it has waited for.
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return {
    group: Number(fields[2]),
    cpuMs: ticks * MS_PER_TICK,
    memoryBytes: Number(fields[21]) * PAGE_BYTES,
  };
}

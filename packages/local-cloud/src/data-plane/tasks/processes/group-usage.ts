import { readdir, readFile } from "node:fs/promises";

/** A tick of /proc's times: user space always sees 100 a second on the processors that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;

/**
 * What the processes of a group have used. Undefined when nobody of it is left, and on systems without /proc.
 * Source: proc(5), /proc/pid/stat.
 */
export async function groupUsage(
  group: number,
): Promise<{ cpuMs: number; memoryBytes: number } | undefined> {
  const names = await readdir("/proc").catch(() => []);
  const found = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((pid) => usageOf(pid, group)),
  );
  const used = found.filter((one) => one !== undefined);
  if (used.length === 0) return undefined;
  return {
    cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: used.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

async function usageOf(pid: string, group: number) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name is in brackets and may hold anything, spaces and brackets included.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (Number(fields[2]) !== group) return undefined;
  // Times of its own and of the children it has waited for.
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { cpuMs: ticks * MS_PER_TICK, memoryBytes: Number(fields[21]) * PAGE_BYTES };
}

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OURS = /^headgate-cloud-(\d+)-/;

/**
 * An empty folder for what can be made again, unpacked functions above all. Inside the data directory
 * when there is one, where the next start clears it; else among the machine's temporary files, with this
 * process's id in its name.
 */
export function openScratch(dataDirectory: string | undefined): string {
  if (dataDirectory === undefined) {
    return mkdtempSync(join(tmpdir(), `headgate-cloud-${process.pid}-`));
  }
  const directory = join(dataDirectory, "scratch");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  return directory;
}

/**
 * Removes the folders of clouds that were killed before they could do it themselves. Returns their
 * paths. What another user's cloud left, or one that still runs, stays.
 */
export async function sweepScratch(parent = tmpdir()): Promise<string[]> {
  const names = await readdir(parent);
  const abandoned = names.filter((name) => {
    const pid = OURS.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  const removals = abandoned.map(async (name) => {
    const path = join(parent, name);
    await rm(path, { recursive: true, force: true });
    return path;
  });
  const results = await Promise.allSettled(removals);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process that is not ours to signal is alive all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

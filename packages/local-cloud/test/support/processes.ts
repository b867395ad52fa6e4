import { existsSync, readFileSync } from "node:fs";
import { expect, vi } from "vitest";

/** A zombie counts as gone: it has ended, and only its parent has yet to look. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      !existsSync("/proc/self/status") ||
      !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
    );
  } catch {
    return false;
  }
}

/** Waits until this process, the parent, has heard of the end of a child. */
export async function reaped(pid: number): Promise<void> {
  const look = () => expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  await vi.waitFor(look, { timeout: 5000, interval: 10 });
}

/** Waits for the end of a process. */
export async function gone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000, interval: 10 });
}

/** Longest wait before another try. Ours: AWS says only that it waits longer each time. */
const WAIT_MAX_MS = 60_000;
/** A task that ended sooner than this after it had started has failed as well. Ours. */
const SHORT_LIFE_MS = 60_000;

/** How long a group waits before it replaces a task: 0, 1, 2, 4 ... seconds after failures in a row. */
export function waitAfterMs(failuresInARow: number): number {
  return failuresInARow <= 1 ? 0 : Math.min(WAIT_MAX_MS, 1000 * 2 ** (failuresInARow - 2));
}

/** Whether a task that had been healthy ended so soon that its replacement must wait too. */
export function wasShort(startedAtMs: number | undefined, endedAtMs: number): boolean {
  return startedAtMs === undefined || endedAtMs - startedAtMs < SHORT_LIFE_MS;
}

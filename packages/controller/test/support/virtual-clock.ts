import { setImmediate } from "node:timers/promises";

import type { Clock } from "../../src/index.ts";

export const START_MS = 1_800_000_000_000;

/** Time that stands still while there is work, and leaps to the next timer when there is none. */
export class VirtualClock implements Clock {
  #nowMs = START_MS;
  readonly #timers = new Set<{ readonly atMs: number; readonly task: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass until `work` has ended; calls `each` whenever nothing but time can go on. */
  async drive<Result>(work: Promise<Result>, each: () => void = () => {}): Promise<Result> {
    let isOver = false;
    const watched = work.finally(() => {
      isOver = true;
    });
    // Its own handler, so that a failure before the end of the loop is not an unhandled one.
    watched.catch(() => {});
    for (;;) {
      await setImmediate();
      if (isOver) return watched;
      each();
      this.#leap();
    }
  }

  #leap(): void {
    const due = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
    if (due === undefined || !Number.isFinite(due.atMs)) return;
    this.#timers.delete(due);
    this.#nowMs = Math.max(this.#nowMs, due.atMs);
    due.task();
  }
}

export const steadyRandom = { next: () => 0.5 };

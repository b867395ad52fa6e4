/** The controller's only source of time; handed in, so that a test's hours take no time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs `task` once after `ms`, never inside this call. Returns what cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** The controller's only source of chance: jitter and the ends of ids. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Node's timers overflow above this delay and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    after(ms, task) {
      // A timer cut short only wakes the loop early: it looks, and sleeps again.
      const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
  };
}

export function systemRandom(): Random {
  return { next: () => Math.random() };
}

import type { Clock, Random } from "../../src/clock.ts";

export interface TestClock extends Clock {
  /** What was slept, in order. Milliseconds. */
  readonly slept: readonly number[];
}

/** A clock on which sleeping takes no time: it only moves the clock. */
export function testClock(startMs = 1_800_000_000_000): TestClock {
  let nowMs = startMs;
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => nowMs,
    sleep(ms) {
      nowMs += ms;
      slept.push(ms);
      return Promise.resolve();
    },
  };
}

/** Always the same draw. */
export function constantRandom(value: number): Random {
  return { next: () => value };
}

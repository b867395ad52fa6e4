/** A task that {@link Clock.schedule} will run once. */
export interface Scheduled {
  cancel(): void;
}

/** The cloud's only source of time. Nothing in the cloud calls `Date.now()` itself. */
export interface Clock {
  readonly kind: "real" | "virtual";
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs `task` once at `atMs` (at once, but never inside this call, when that has passed). */
  schedule(atMs: number, task: () => void | Promise<void>): Scheduled;
  /** Cancels every task that has not run. */
  close(): void;
}

/** What a scheduled task threw: always our bug, so it goes to the process edge. */
export type OnTaskError = (error: unknown) => void;

/** Node's timers overflow above this delay and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function realClock(onError: OnTaskError): Clock {
  const timers = new Set<NodeJS.Timeout>();
  const arm = (
    atMs: number,
    task: () => void | Promise<void>,
    slot: { timer?: NodeJS.Timeout },
  ) => {
    const delayMs = Math.max(0, atMs - Date.now());
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (delayMs > LONGEST_TIMER_MS) arm(atMs, task, slot);
        else void runTask(task, onError);
      },
      Math.min(delayMs, LONGEST_TIMER_MS),
    );
    timers.add(timer);
    slot.timer = timer;
  };
  return {
    kind: "real",
    nowMs: () => Date.now(),
    schedule(atMs, task) {
      const slot: { timer?: NodeJS.Timeout } = {};
      arm(atMs, task, slot);
      return {
        cancel() {
          clearTimeout(slot.timer);
          if (slot.timer !== undefined) timers.delete(slot.timer);
        },
      };
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

export interface VirtualClock extends Clock {
  /**
   * Moves time forward by `byMs`, running every task that falls due on the way, in order of time and
   * then of scheduling, each awaited before the next. What is running when it is called ends first:
   * it began before. Calls queue behind one another.
   * @throws {RangeError} when `byMs` is negative or not finite.
   */
  advance(byMs: number): Promise<void>;
}

interface Entry {
  readonly atMs: number;
  readonly task: () => void | Promise<void>;
}

export function virtualClock(startMs: number, onError: OnTaskError): VirtualClock {
  let nowMs = startMs;
  let queue: Promise<void> = Promise.resolve();
  const entries = new Set<Entry>();
  const running = new Set<Promise<void>>();
  const start = (task: Entry["task"]) => {
    const run = runTask(task, onError).finally(() => running.delete(run));
    running.add(run);
  };
  const earliest = (untilMs: number): Entry | undefined => {
    let first: Entry | undefined;
    for (const entry of entries) {
      if (entry.atMs <= untilMs && (first === undefined || entry.atMs < first.atMs)) first = entry;
    }
    return first;
  };
  const ended = async () => {
    while (running.size > 0) await Promise.all(running);
  };
  const runUntil = async (byMs: number) => {
    await ended();
    const untilMs = nowMs + byMs;
    for (let entry = earliest(untilMs); entry !== undefined; entry = earliest(untilMs)) {
      entries.delete(entry);
      nowMs = Math.max(nowMs, entry.atMs);
      await runTask(entry.task, onError);
      // What it has started at once belongs to the same moment.
      await ended();
    }
    nowMs = untilMs;
  };
  return {
    kind: "virtual",
    nowMs: () => nowMs,
    schedule(atMs, task) {
      const entry = { atMs, task };
      entries.add(entry);
      // A task already due must not wait for the next `advance`: time stands still, work does not.
      if (atMs <= nowMs) {
        queueMicrotask(() => {
          if (entries.delete(entry)) start(task);
        });
      }
      return { cancel: () => void entries.delete(entry) };
    },
    advance(byMs) {
      if (!Number.isFinite(byMs) || byMs < 0) {
        throw new RangeError(`advance: expected a time of 0 ms or more, got ${byMs}`);
      }
      queue = queue.then(() => runUntil(byMs));
      return queue;
    },
    close: () => entries.clear(),
  };
}

async function runTask(task: () => void | Promise<void>, onError: OnTaskError): Promise<void> {
  try {
    await task();
  } catch (error) {
    onError(error);
  }
}

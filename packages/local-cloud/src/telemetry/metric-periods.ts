import { Distribution, type Samples } from "./metric-distribution.ts";

/** Periods of `periodMs` counted from `startMs`, up to and without `endMs`. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
  readonly periodMs: number;
}

/** What one period holds. */
export interface Period {
  readonly startMs: number;
  readonly samples: Samples;
}

/** Gathers buckets into periods. Copies only when a second bucket falls into one: most never do. */
export class Periods {
  readonly window: Window;
  readonly #held = new Map<number, Distribution>();
  readonly #copies = new Set<Distribution>();

  constructor(window: Window) {
    this.window = window;
  }

  add(atMs: number, data: Distribution): void {
    const { startMs, periodMs } = this.window;
    const periodStartMs = startMs + Math.floor((atMs - startMs) / periodMs) * periodMs;
    const held = this.#held.get(periodStartMs);
    if (held === undefined) {
      this.#held.set(periodStartMs, data);
      return;
    }
    this.#ownCopy(periodStartMs, held).merge(data);
  }

  /** Oldest first; periods without samples are not there. */
  list(): Period[] {
    return [...this.#held]
      .map(([startMs, samples]) => ({ startMs, samples }))
      .sort((left, right) => left.startMs - right.startMs);
  }

  #ownCopy(periodStartMs: number, held: Distribution): Distribution {
    if (this.#copies.has(held)) return held;
    const copy = new Distribution();
    copy.merge(held);
    this.#copies.add(copy);
    this.#held.set(periodStartMs, copy);
    return copy;
  }
}

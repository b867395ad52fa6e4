/** The drivers' only source of time for waiting and polling; handed in, so tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** The drivers' only source of chance: jitter between retries. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  };
}

export function systemRandom(): Random {
  return { next: () => Math.random() };
}

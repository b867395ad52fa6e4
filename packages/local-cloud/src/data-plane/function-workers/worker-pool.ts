import type { Clock } from "../../clock.ts";
import type { Execution, ExecutionResult, WarmUp } from "./function-workers.ts";
import type { Worker } from "./worker.ts";

/** A worker is not given an event that its credentials might not outlive. Longest function timeout. */
const CREDENTIALS_LEFT_MS = 900 * 1000;

export interface PoolOptions {
  readonly clock: Clock;
  /**
   * Makes a worker whose process has not been started.
   * @throws {LaunchError} when this machine cannot run the version.
   */
  readonly create: (onGone: (worker: Worker) => void, isProvisioned: boolean) => Promise<Worker>;
}

/**
 * The workers of one key. An execution takes the idle worker that was used last, or a new one; so N
 * executions at once have at most N workers, and a worker that load no longer needs grows old and is reaped.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  /** Every worker whose process may live. */
  readonly #workers = new Set<Worker>();
  /** The last one was used last. */
  readonly #idle: Worker[] = [];
  #startingCount = 0;
  #warmCount = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#workers.size + this.#startingCount + this.#warmCount === 0;
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const worker = this.#takeIdle() ?? (await this.#start(false));
    const result = await worker.run(execution);
    this.#release(worker);
    return result;
  }

  async keepWarm(count: number): Promise<WarmUp> {
    this.#warmCount = count;
    const missing = Math.max(0, count - this.#workers.size);
    const started = await Promise.all(Array.from({ length: missing }, () => this.#warmUp()));
    const failure = started.find((payload) => payload !== undefined);
    if (failure !== undefined) this.#warmCount = 0;
    return { ready: Math.min(this.#workers.size, count), failure };
  }

  /** Ends what has been idle since before `beforeMs` (by `performance.now()`), oldest first. */
  reap(beforeMs: number): void {
    while (this.#workers.size > this.#warmCount) {
      const oldest = this.#idle[0];
      if (oldest === undefined || oldest.idleSinceMs > beforeMs) return;
      this.#idle.shift();
      this.#discard(oldest);
    }
  }

  /** Ends idle workers now and each busy one after its answer. */
  retire(): void {
    this.#isRetired = true;
    this.#warmCount = 0;
    for (const worker of this.#idle.splice(0)) this.#discard(worker);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isRetired = true;
    this.#warmCount = 0;
    this.#idle.length = 0;
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
  }

  /** For the end of our own process, when nothing can be awaited. */
  kill(): void {
    for (const worker of this.#workers) worker.kill();
  }

  #takeIdle(): Worker | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      const leftMs = worker.credentialsExpireAtMs - this.#options.clock.nowMs();
      if (leftMs > CREDENTIALS_LEFT_MS) return worker;
      this.#discard(worker);
    }
    return undefined;
  }

  async #start(isProvisioned: boolean): Promise<Worker> {
    this.#startingCount++;
    let worker: Worker | undefined;
    try {
      worker = await this.#options.create((gone) => this.#forget(gone), isProvisioned);
      if (this.#isClosed) throw new Error("the function workers are closed");
      this.#workers.add(worker);
      await worker.initialise();
      return worker;
    } catch (error) {
      if (worker !== undefined) this.#workers.delete(worker);
      throw error;
    } finally {
      this.#startingCount--;
    }
  }

  /** The error document when the function could not be loaded. */
  async #warmUp(): Promise<Uint8Array | undefined> {
    const worker = await this.#start(true);
    const failure = worker.initFailure("");
    if (failure === undefined) this.#release(worker);
    else await worker.stop();
    return failure?.payload;
  }

  #release(worker: Worker): void {
    if (!worker.isUsable) return;
    if (this.#isRetired) return this.#discard(worker);
    worker.idleSinceMs = performance.now();
    this.#idle.push(worker);
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index !== -1) this.#idle.splice(index, 1);
    // A provisioned worker that crashed or timed out is replaced, until a new one cannot load.
    if (!worker.isLoaded || this.#workers.size >= this.#warmCount) return;
    this.keepWarm(this.#warmCount).catch(() => {
      this.#warmCount = 0;
    });
  }

  #discard(worker: Worker): void {
    void worker.stop();
  }
}

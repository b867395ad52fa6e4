import type { Clock } from "../../clock.ts";
import { LaunchError } from "./error-documents.ts";
import type { Execution, ExecutionResult, WarmUp } from "./function-workers.ts";
import { INIT_TIMEOUT_MS } from "./limits.ts";
import type { Place, PlaceWaiter, ProcessPlaces } from "./process-places.ts";
import type { Worker } from "./worker.ts";

/** A worker is not given an event that its credentials might not outlive. Longest function timeout. */
const CREDENTIALS_LEFT_MS = 900 * 1000;

export interface PoolOptions {
  readonly clock: Clock;
  /** Shared with the pools of all other keys. */
  readonly places: ProcessPlaces;
  /** How long an execution may wait for a worker when all places are taken. Real time. */
  readonly waitMs: number;
  /**
   * Makes a worker whose process has not been started.
   * @throws {LaunchError} when this machine cannot run the version.
   */
  readonly create: (onGone: (worker: Worker) => void, isProvisioned: boolean) => Promise<Worker>;
}

/** Somebody for whom there was neither an idle worker nor a place for a new one. */
interface Waiter extends PlaceWaiter {
  /** It is to be a provisioned worker: one more process, so a worker that comes free does not serve it. */
  readonly isProvisioned: boolean;
  hand(worker: Worker): void;
  fail(error: Error): void;
}

/**
 * The workers of one key. An execution takes the idle worker that was used last, or a new one; so N
 * executions at once have at most N workers, and a worker that load no longer needs grows old and is reaped.
 * When all places are taken, or too many workers are starting, it waits: for a worker of this key or for a place,
 * whichever comes first.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  /** Every worker whose process may live, with the place it takes. */
  readonly #workers = new Map<Worker, Place>();
  /** Of these, the ones that have been told to end. */
  readonly #ending = new Set<Worker>();
  /** The last one was used last. */
  readonly #idle: Worker[] = [];
  /** Who came first is first, as in the line for places. */
  readonly #waiting = new Set<Waiter>();
  #startingCount = 0;
  #warmCount = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#workers.size + this.#startingCount + this.#warmCount + this.#waiting.size === 0;
  }

  /** Since when the worker is idle that `evict` would end, by `performance.now()`. */
  get idleSinceMs(): number | undefined {
    return this.#keptCount > this.#warmCount ? this.#idle[0]?.idleSinceMs : undefined;
  }

  /** @throws {LaunchError} when the version cannot run here, or no worker came free in time. */
  async execute(execution: Execution): Promise<ExecutionResult> {
    const worker = this.#takeIdle() ?? (await this.#obtain(false));
    const result = await worker.run(execution);
    this.#release(worker);
    return result;
  }

  /** @throws {LaunchError} as `execute` does: then nothing is kept warm. */
  async keepWarm(count: number): Promise<WarmUp> {
    this.#warmCount = count;
    try {
      const missing = Math.max(0, count - this.#keptCount);
      const started = await Promise.all(Array.from({ length: missing }, () => this.#warmUp()));
      const failure = started.find((payload) => payload !== undefined);
      if (failure !== undefined) this.#warmCount = 0;
      return { ready: Math.min(this.#keptCount, count), failure };
    } catch (error) {
      this.#warmCount = 0;
      throw error;
    }
  }

  /** Ends what has been idle since before `beforeMs` (by `performance.now()`), oldest first. */
  reap(beforeMs: number): void {
    for (let since = this.idleSinceMs; since !== undefined; since = this.idleSinceMs) {
      if (since > beforeMs) return;
      this.evict();
    }
  }

  /** Ends the worker that has been idle longest, unless it is kept warm. */
  evict(): boolean {
    if (this.idleSinceMs === undefined) return false;
    const oldest = this.#idle.shift();
    if (oldest !== undefined) this.#discard(oldest);
    return oldest !== undefined;
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
    for (const waiter of this.#waiting) waiter.fail(closedError());
    await Promise.all([...this.#workers.keys()].map((worker) => worker.stop()));
  }

  /** For the end of our own process, when nothing can be awaited. */
  kill(): void {
    for (const worker of this.#workers.keys()) worker.kill();
  }

  get #keptCount(): number {
    return this.#workers.size - this.#ending.size;
  }

  #takeIdle(): Worker | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      const leftMs = worker.credentialsExpireAtMs - this.#options.clock.nowMs();
      if (leftMs > CREDENTIALS_LEFT_MS) return worker;
      this.#discard(worker);
    }
    return undefined;
  }

  /** A new worker; where there is no place for one, whatever comes first. */
  #obtain(isProvisioned: boolean): Promise<Worker> {
    const place = this.#options.places.take();
    if (place !== undefined) return this.#start(place, isProvisioned);
    return new Promise((resolve, reject) => {
      const { places, waitMs } = this.#options;
      const leave = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        places.leave(waiter);
      };
      const waiter: Waiter = {
        isProvisioned,
        give: (free) => {
          leave();
          resolve(this.#start(free, isProvisioned));
        },
        hand: (worker) => {
          leave();
          resolve(worker);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      // Where others are starting, the wait is for them; where all places are taken, for those that run.
      const mostMs = places.isFull ? waitMs : waitMs + INIT_TIMEOUT_MS;
      const timer = setTimeout(() => waiter.fail(noFreeWorker(places, mostMs)), mostMs);
      this.#waiting.add(waiter);
      places.queue(waiter);
    });
  }

  async #start(place: Place, isProvisioned: boolean): Promise<Worker> {
    this.#startingCount++;
    let worker: Worker | undefined;
    try {
      worker = await this.#options.create((gone) => this.#forget(gone), isProvisioned);
      if (this.#isClosed) throw closedError();
      this.#workers.set(worker, place);
      await worker.initialise();
      place.started();
      return worker;
    } catch (error) {
      if (worker !== undefined) this.#workers.delete(worker);
      place.free();
      throw error;
    } finally {
      this.#startingCount--;
    }
  }

  /** The error document when the function could not be loaded. */
  async #warmUp(): Promise<Uint8Array | undefined> {
    const worker = await this.#obtain(true);
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
    this.#serveWaiting();
  }

  /** In order of arrival over all keys: a key with many calls must not starve the others. */
  #serveWaiting(): void {
    const { first } = this.#options.places;
    if (first === undefined) return;
    const own = [...this.#waiting].find(({ isProvisioned }) => !isProvisioned);
    if (first !== own && this.#options.places.isFull && this.evict()) return;
    const worker = own === undefined ? undefined : this.#takeIdle();
    if (worker !== undefined) own?.hand(worker);
  }

  #forget(worker: Worker): void {
    this.#workers.get(worker)?.free();
    this.#workers.delete(worker);
    this.#ending.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index !== -1) this.#idle.splice(index, 1);
    // A provisioned worker that crashed or timed out is replaced, until a new one cannot load.
    if (!worker.isLoaded || this.#keptCount >= this.#warmCount) return;
    // Nobody waits for it; what cannot load is given up by `keepWarm` itself.
    this.keepWarm(this.#warmCount).catch(() => {});
  }

  #discard(worker: Worker): void {
    this.#ending.add(worker);
    void worker.stop();
  }
}

function noFreeWorker({ isFull, max }: ProcessPlaces, waitMs: number): LaunchError {
  const start = `no worker process came free in ${waitMs / 1000} s`;
  const why = isFull
    ? `functions that run, or provisioned concurrency, take all ${max} that the local cloud starts at once. ` +
      "Send fewer requests at once, or provision less."
    : "this machine starts them more slowly than requests come. Send fewer requests at once.";
  return new LaunchError(`${start}: ${why}`, "Headgate.NoFreeWorker");
}

function closedError(): Error {
  return new Error("the function workers are closed");
}

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { WorkerCloud } from "./worker-cloud.ts";
import { roleCredentials } from "./environment.ts";
import { LaunchError } from "./error-documents.ts";
import type { FunctionVersion, FunctionWorkers } from "./function-workers.ts";
import { launchFailure } from "./launch-failure.ts";
import { INIT_TIMEOUT_MS } from "./limits.ts";
import { ProcessPlaces } from "./process-places.ts";
import { launchOf } from "./runtimes.ts";
import { linkSdkModules } from "./sdk-modules.ts";
import { unpackZip } from "./unpack.ts";
import { Worker } from "./worker.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface FunctionWorkersOptions {
  /**
   * How long a worker may be idle before its process is ended. Real time, whatever the cloud's clock is:
   * processes take up the machine's memory in real time. Default 5 minutes.
   */
  readonly reapIdleAfterMs?: number | undefined;
  /** How long a function may load before its timeout begins to run. Real time. Default 10 s, as on AWS. */
  readonly initTimeoutMs?: number | undefined;
  /**
   * Worker processes of all functions that may live at once, provisioned ones included, so that a burst does
   * not take the machine down. Past it an execution waits for a worker, at the longest its function's timeout;
   * idle workers of other functions make room. AWS has no such limit: it throttles by concurrency. Default 100.
   */
  readonly processesMax?: number | undefined;
  /**
   * How many of them may be starting at once; what comes meanwhile waits for one of them, or for one that answers.
   * Default two for each core of the machine, at least four.
   */
  readonly startsMax?: number | undefined;
}

const PROCESSES_MAX = 100;
const STARTS_LEAST = 4;
const REAP_IDLE_AFTER_MS = 5 * 60 * 1000;

/**
 * Runs functions in processes of this machine; their code lands in `cloud.options.scratchDirectory`. The way of
 * an invocation:
 *
 *     execute ─▶ WorkerPool (one per key) ─▶ Worker ─▶ RuntimeChannel ─▶ process
 *                 idle one, a new one,        timeout,    frameChannel:   bootstrap/python-runtime.py
 *                 or wait (ProcessPlaces)     endings,                    bootstrap/node-runtime.mjs
 *                                             log         RuntimeApi:     the zip's own bootstrap
 */
export function createFunctionWorkers(
  cloud: WorkerCloud,
  options: FunctionWorkersOptions = {},
): FunctionWorkers {
  const reapIdleAfterMs = options.reapIdleAfterMs ?? REAP_IDLE_AFTER_MS;
  const scratch = join(cloud.options.scratchDirectory, "functions");
  const pools = new Map<string, WorkerPool>();
  const retired = new Set<WorkerPool>();
  const unpacked = new Map<string, Promise<string>>();
  const places = new ProcessPlaces({
    max: options.processesMax ?? PROCESSES_MAX,
    startsMax: options.startsMax ?? Math.max(STARTS_LEAST, 2 * availableParallelism()),
    evictIdle: () => evictIdle(pools),
  });
  let nodeModules: Promise<string> | undefined;
  let isClosed = false;

  const unpack = async (codeSha256: string): Promise<string> => {
    assertOpen(isClosed);
    let directory = unpacked.get(codeSha256);
    if (directory === undefined) {
      directory = unpackInto(cloud, codeSha256, scratch);
      unpacked.set(codeSha256, directory);
      directory.catch(() => unpacked.delete(codeSha256));
    }
    return directory;
  };

  const createWorker = async (
    version: FunctionVersion,
    onGone: (worker: Worker) => void,
    isProvisioned: boolean,
  ): Promise<Worker> => {
    nodeModules ??= linkSdkModules(join(scratch, "runtime"));
    const [taskRoot, modules] = await Promise.all([unpack(version.codeSha256), nodeModules]);
    const launch = await launchOf(version, taskRoot);
    assertOpen(isClosed);
    return new Worker({
      cloud,
      version,
      launch,
      taskRoot,
      nodeModules: modules,
      credentials: roleCredentials(cloud, version),
      isProvisioned,
      initTimeoutMs: options.initTimeoutMs ?? INIT_TIMEOUT_MS,
      onGone,
    });
  };

  const poolOf = (version: FunctionVersion): WorkerPool => {
    assertOpen(isClosed);
    let pool = pools.get(version.key);
    if (pool === undefined) {
      pool = new WorkerPool({
        clock: cloud.clock,
        places,
        waitMs: version.timeoutSeconds * 1000,
        create: (onGone, isProvisioned) => createWorker(version, onGone, isProvisioned),
      });
      pools.set(version.key, pool);
    }
    return pool;
  };

  const reaper = setInterval(
    () => {
      const beforeMs = performance.now() - reapIdleAfterMs;
      for (const [key, pool] of pools) {
        pool.reap(beforeMs);
        if (pool.isEmpty) pools.delete(key);
      }
      for (const pool of retired) if (pool.isEmpty) retired.delete(pool);
    },
    Math.max(10, reapIdleAfterMs / 4),
  ).unref();

  const killAll = () => {
    for (const pool of [...pools.values(), ...retired]) pool.kill();
  };
  // Workers lead process groups of their own: they would outlive us.
  process.once("exit", killAll);

  return {
    async execute(version, execution) {
      try {
        return await poolOf(version).execute(execution);
      } catch (error) {
        if (error instanceof LaunchError) return launchFailure(cloud, version, execution, error);
        throw error;
      }
    },
    async keepWarm(version, count) {
      if (count === 0 && !pools.has(version.key)) return { ready: 0 };
      try {
        return await poolOf(version).keepWarm(count);
      } catch (error) {
        if (!(error instanceof LaunchError)) throw error;
        const execution = { requestId: "", payload: new Uint8Array(), invokedFunctionArn: "" };
        return { ready: 0, failure: launchFailure(cloud, version, execution, error).payload };
      }
    },
    async unpack(codeSha256) {
      await unpack(codeSha256);
    },
    retire(key) {
      const pool = pools.get(key);
      if (pool === undefined) return;
      pools.delete(key);
      retired.add(pool);
      pool.retire();
    },
    async close() {
      isClosed = true;
      clearInterval(reaper);
      await Promise.all([...pools.values(), ...retired].map((pool) => pool.close()));
      // The next cloud may use the same scratch directory: nothing may still be written into it.
      await Promise.allSettled([...unpacked.values(), nodeModules]);
      process.removeListener("exit", killAll);
    },
  };
}

/** Ends the worker that has been idle longest, of whatever function. */
function evictIdle(pools: ReadonlyMap<string, WorkerPool>): void {
  let longest: WorkerPool | undefined;
  for (const pool of pools.values()) {
    const { idleSinceMs } = pool;
    if (
      idleSinceMs !== undefined &&
      idleSinceMs < (longest?.idleSinceMs ?? Number.POSITIVE_INFINITY)
    ) {
      longest = pool;
    }
  }
  longest?.evict();
}

async function unpackInto(
  cloud: WorkerCloud,
  codeSha256: string,
  scratch: string,
): Promise<string> {
  const directory = join(scratch, codeSha256);
  // Left by an earlier cloud on the same scratch directory: it appears only when it is whole.
  if (existsSync(directory)) return directory;
  await unpackZip(cloud.store.blobs.get(codeSha256), directory);
  return directory;
}

function assertOpen(isClosed: boolean): void {
  if (isClosed) throw new Error("the function workers are closed");
}

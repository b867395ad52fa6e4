import { afterEach } from "vitest";
import { type WorkerBench, type WorkerBenchOptions, workerBench } from "./worker-cloud.ts";

/** Starts benches that are closed after the test that started them. Call it once, at the top of a test file. */
export function openBenches(): (options?: WorkerBenchOptions) => WorkerBench {
  const open: WorkerBench[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bench) => bench.close()));
  });
  return (options) => {
    const bench = workerBench(options);
    open.push(bench);
    return bench;
  };
}

/** A Python handler that answers the id of its process. */
export const PID = "import os\ndef handler(event, context):\n  return os.getpid()\n";

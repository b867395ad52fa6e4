// Runs cells on as many threads as the machine has cores.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Cell, CellResult } from "./cell.ts";

/** Results in the order of `cells`. `tell` hears after each how many are done. */
export async function runCells(
  cells: readonly Cell[],
  seed: number,
  tell: (done: number) => void,
): Promise<readonly CellResult[]> {
  const results: (CellResult | undefined)[] = cells.map(() => undefined);
  // Long cells first: the last one to begin is then a short one.
  const order = cells
    .map((_, index) => index)
    .toSorted((left, right) => costOf(cells[right]) - costOf(cells[left]));
  let done = 0;
  const work = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      let current = -1;
      const next = () => {
        const index = order.shift();
        if (index === undefined) return resolve();
        current = index;
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
        worker.postMessage(cells[index]);
      };
      worker.on("error", reject);
      worker.on("message", (result: CellResult) => {
        results[current] = result;
        done += 1;
        tell(done);
        next();
      });
      next();
    });
  const workers = Array.from({ length: availableParallelism() }, () => {
    return new Worker(new URL("./worker.ts", import.meta.url), { workerData: seed });
  });
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results.filter((result) => result !== undefined);
}

/** A rough order, no more. */
function costOf(cell: Cell | undefined): number {
  if (cell === undefined) return 0;
  const looks = cell.schedule === "bake" ? 40 : cell.p1 === cell.p0 ? 1 : 0.2;
  return cell.runs * looks * (cell.feed === "1 s" ? 10 : 1) * (cell.latency === undefined ? 1 : 3);
}

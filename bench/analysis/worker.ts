// Takes cells from the main thread and gives their results back.
import { parentPort, workerData } from "node:worker_threads";
import type { Cell } from "./cell.ts";
import { runCell } from "./run-cell.ts";

const seed = Number(workerData);

parentPort?.on("message", (cell: Cell) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
  parentPort?.postMessage(runCell(cell, seed));
});

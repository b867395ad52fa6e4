// Takes cells from the main thread and gives their results back.
import { parentPort, workerData } from "node:worker_threads";
import type { Cell } from "./cell.ts";
import { runCell } from "./run-cell.ts";

const seed = Number(workerData);

parentPort?.on("message", (cell: Cell) => {
  parentPort?.postMessage(runCell(cell, seed));
});

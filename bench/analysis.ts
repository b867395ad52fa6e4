// `npm run bench:analysis`: false rollbacks, failed requests and time, of our analysis and of other tools' rules, on
// generated traffic; against Wald's bound and against the floor of each feed. `--quick` is for CI, `--seed N` repeats,
// `--scale 2` runs twice as much, `--gate G1,G2` lets only these goals decide about the exit code.
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { cellsOf, FULL, QUICK } from "./analysis/cells.ts";
import type { Sizes } from "./analysis/cells.ts";
import { costRows } from "./analysis/cost.ts";
import { goalsOf } from "./analysis/goals.ts";
import { runCells } from "./analysis/pool.ts";
import { finder, printAll } from "./analysis/tables.ts";
import { printTable } from "./measure.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    scale: { type: "string", default: "1" },
    gate: { type: "string", default: "" },
  },
});
const seed = Number(values.seed);
if (!Number.isInteger(seed)) throw new Error(`--seed is a whole number, got ${values.seed}`);

const scale = Number(values.scale);
if (!(scale > 0)) throw new Error(`--scale is a number above 0, got ${values.scale}`);

const sizes = scaled(values.quick ? QUICK : FULL, scale);
const cells = cellsOf(sizes);
const startMs = performance.now();
const results = await runCells(cells, seed, (done) => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${cells.length} cells`);
});
const find = finder(results);
const seconds = Math.round((performance.now() - startMs) / 1000);
process.stdout.write(
  `seed ${seed}, ${cells.length} cells, ${seconds} s; runs: ${JSON.stringify(sizes)}\n`,
);
printAll(find);
const goals = goalsOf(results, find);
printTable("Goals", [
  ["goal", "figure", ""],
  ...goals.map(({ name, figure, state }) => [name, figure, state]),
]);
printTable("G9 cost", [["what", ""], ...costRows()]);
const gates = values.gate === "" ? [] : values.gate.split(",");
const failed = goals.filter(({ state }) => state === "FAIL").length;
const isGated = (name: string) =>
  gates.length === 0 || gates.some((gate) => name.startsWith(`${gate} `));
const stopping = goals.filter(({ name, state }) => state === "FAIL" && isGated(name)).length;
const atFloor = goals.filter(({ state }) => state === "floor").length;
process.stdout.write(
  `\n${goals.length} goals: ${failed} failed, ${atFloor} at the floor of their feed\n`,
);
process.exitCode = stopping === 0 ? 0 : 1;

function scaled(sizes: Sizes, times: number): Sizes {
  const { same, bad, outage, bake, latency, peer } = sizes;
  const runs = (count: number) => Math.ceil(count * times);
  return {
    same: runs(same),
    bad: runs(bad),
    outage: runs(outage),
    bake: runs(bake),
    latency: runs(latency),
    peer: runs(peer),
  };
}

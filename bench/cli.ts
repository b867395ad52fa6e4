// `npm run bench:cli`: what the command line adds to Node's own start, interleaved so that a slow moment
// of the machine meets all alike.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { median, printTable, spread } from "./measure.ts";

const RUNS = 25;
const HEADGATE = join(import.meta.dirname, "../packages/cli/bin/headgate.mjs");

const CASES: Readonly<Record<string, readonly string[]>> = {
  "node -e 0": ["-e", "0"],
  "headgate --version": [HEADGATE, "--version"],
  "headgate --help": [HEADGATE, "--help"],
  "headgate deploy --help": [HEADGATE, "deploy", "--help"],
};

const times = Object.fromEntries(Object.keys(CASES).map((name) => [name, [] as number[]]));
for (let run = 0; run <= RUNS; run++) {
  for (const [name, argv] of Object.entries(CASES)) {
    const startMs = performance.now();
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    const ms = performance.now() - startMs;
    if (status !== 0) throw new Error(`${name} exited with ${status}: ${stderr}`);
    // The first round fills the compile cache, which a user pays once.
    if (run > 0) times[name]?.push(ms);
  }
}

const bareMs = median(times["node -e 0"] ?? []);
const runsFrom = existsSync(join(import.meta.dirname, "../packages/cli/src")) ? "source" : "bundle";
printTable(`Cold start from ${runsFrom}, ms, median and range of ${RUNS}`, [
  ["command", "ms", "over bare node", "times bare node"],
  ...Object.entries(times).map(([name, measured]) => [
    name,
    spread(measured),
    `${(median(measured) - bareMs).toFixed(0)} ms`,
    (median(measured) / bareMs).toFixed(2),
  ]),
]);

// Protects the machine's disk: a killed cloud's files go with the next start, nobody else's do.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openScratch, sweepScratch } from "../src/scratch.ts";

it("sweeps the folders of dead clouds and leaves all others", async () => {
  const parent = mkdtempSync(join(tmpdir(), "headgate-sweep-"));
  // A process that has ended and was waited for: its id names nobody.
  const deadPid = spawnSync(process.execPath, ["-e", "0"]).pid;
  const dead = join(parent, `headgate-cloud-${deadPid}-abc`);
  const alive = join(parent, `headgate-cloud-${process.pid}-abc`);
  const others = join(parent, "headgate-demo-abc");
  for (const path of [dead, alive, others]) mkdirSync(path);
  writeFileSync(join(dead, "function.py"), "");
  expect(await sweepScratch(parent)).toEqual([dead]);
  expect([dead, alive, others].map((path) => existsSync(path))).toEqual([false, true, true]);
  rmSync(parent, { recursive: true });
});

it("clears what an earlier cloud left in the data directory", () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-scratch-"));
  const left = join(openScratch(dataDirectory), "left.py");
  writeFileSync(left, "");
  expect(openScratch(dataDirectory)).toBe(join(dataDirectory, "scratch"));
  expect(existsSync(left)).toBe(false);
  rmSync(dataDirectory, { recursive: true });
});

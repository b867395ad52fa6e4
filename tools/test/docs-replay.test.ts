// Protects docs/replay.md: its example prints what the page says, and its tables name the flags and rules that there are.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { replay } from "../../packages/cli/src/commands/replay.ts";
import { flagOf } from "../../packages/cli/src/program.ts";
import { PEER_RULES, REPLAY_DEFAULTS } from "../../packages/core/src/index.ts";
import { codeOf, fencedBlocks, tableRows } from "./support/markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/replay.md"), "utf8");
const FIRST_CELLS = tableRows(PAGE).map(([cell]) => codeOf(cell));

it("prints what the page shows", () => {
  const [recording] = fencedBlocks(PAGE, "jsonl");
  const [shown] = fencedBlocks(PAGE, "text");
  const headgate = join(ROOT, "packages/cli/bin/headgate.mjs");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [headgate, "replay", "-", "--rules", "all"],
    { input: recording, encoding: "utf8", env: { PATH: process.env["PATH"] } },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toBe(shown);
});

it("has a row for every rule and every flag", () => {
  for (const rule of Object.keys(PEER_RULES)) expect(FIRST_CELLS).toContain(rule);
  for (const option of Object.keys(replay.options)) expect(FIRST_CELLS).toContain(flagOf(option));
});

it("says the defaults", () => {
  const { alpha, beta, tolerance, margin, minTimeMs } = REPLAY_DEFAULTS;
  const defaults = new Map(tableRows(PAGE).map(([flag, value]) => [codeOf(flag), value]));
  expect(defaults.get("--rho")).toBe(String(tolerance.ratio));
  expect(defaults.get("--delta")).toBe(String(tolerance.rate));
  expect(defaults.get("--alpha")).toBe(String(alpha));
  expect(defaults.get("--beta")).toBe(String(beta));
  expect(PAGE).toContain(`${minTimeMs / 1000} seconds after the run's first one`);
  expect(PAGE).toContain(`at most ${margin.ratio} times as often\n  plus ${100 * margin.rate}%`);
});

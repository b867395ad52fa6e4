// Protects the journal and its lock against `kill -9`: a real process is killed again and again at no
// moment in particular, and whichever comes last finishes the rollout.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { openJournal, readHistory, readRollouts } from "../src/index.ts";
import { foldedJournal } from "./support/folded.ts";
import { tempFolder } from "./support/folder.ts";

/** Starts the child and kills it `killAfterMs` after it has the journal. Returns what it printed. */
function runChild(
  dataDir: string,
  killAfterMs: number,
  [program, ...argv]: readonly string[] = ["child-rollout.ts"],
): Promise<string> {
  const argument = [join(import.meta.dirname, "support", program ?? ""), dataDir, ...argv];
  const child = spawn(process.execPath, argument, { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on("data", (bytes: Buffer) => {
    printed += bytes.toString();
    timer ??= setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  });
  child.stderr.on("data", (bytes: Buffer) => {
    printed += bytes.toString();
  });
  return new Promise((resolve) => {
    child.on("close", () => {
      clearTimeout(timer);
      resolve(printed);
    });
  });
}

it("finishes a rollout whose process is killed again and again", async () => {
  const dataDir = tempFolder();
  let printed = "";
  let kills = 0;
  // Each life is longer than the one before, so that the last is long enough.
  while (!printed.includes("promoted")) {
    printed = await runChild(dataDir, 5 + kills * 25);
    expect(printed).toMatch(/^open\n(promoted\n)?$/);
    kills += 1;
  }
  expect(kills).toBeGreaterThan(3);
  const platform = JSON.parse(readFileSync(join(dataDir, "platform.json"), "utf8")) as {
    readonly splits: readonly string[];
  };
  expect(platform.splits).toEqual(["1", "1 2@10", "1 2@50", "2"]);
  const { rollout } = await readHistory(dataDir);
  expect(await foldedJournal(dataDir)).toEqual(rollout);
  expect(rollout.finished?.outcome).toBe("promoted");
});

it.each([
  ["promotes all", "", "promoted", ["1", "1 2@20", "2"]],
  ["takes all back", "web", "rolledBack", ["1", "1 2@20", "2", "1"]],
])(
  "%s of a release whose process is killed again and again",
  async (_what, failing, outcome, db) => {
    const dataDir = tempFolder();
    let printed = "";
    let kills = 0;
    while (!printed.includes(outcome)) {
      printed = await runChild(dataDir, 60 + kills * 200, ["child-release.ts", failing]);
      expect(printed).toMatch(new RegExp(`^open\\n(${outcome}\\n)?$`));
      kills += 1;
    }
    expect(kills).toBeGreaterThan(1);
    const splits = (name: string) =>
      JSON.parse(readFileSync(join(dataDir, `${name}.json`), "utf8")) as {
        readonly splits: readonly string[];
      };
    expect(splits("db").splits).toEqual(db);
    const rollouts = await readRollouts(dataDir);
    expect(rollouts.map(({ finished }) => finished?.outcome)).toEqual([outcome, outcome, outcome]);
  },
);

it("gives the journal of a killed process to the next at once", async () => {
  const dataDir = tempFolder();
  await runChild(dataDir, 30);
  const journal = await openJournal(dataDir, Date.now());
  expect((await journal.find())?.rollout.name).toBe("checkout");
  await journal.close();
});

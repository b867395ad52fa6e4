// Protects completions: the script must work in the shell it is for.
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { headgate } from "../support/command-line.ts";

/** What bash offers after these words; the last one is being typed. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const { stdout: script } = await headgate(["completion", "bash"]);
  const quoted = words.map((word) => `"${word}"`).join(" ");
  const typed = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _headgate; echo "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", `${script}\n${typed}`], { encoding: "utf8" })
    .trim()
    .split(" ");
}

it("completes commands, their verbs and their options in bash", async () => {
  expect(await offered("headgate", "lo")).toEqual(["local"]);
  expect(await offered("headgate", "local", "st")).toEqual(["start", "stop", "status"]);
  expect(await offered("headgate", "local", "start", "--da")).toEqual(["--data-dir"]);
  expect(await offered("headgate", "lint", "--js")).toEqual(["--json"]);
});

it.each(["zsh", "fish"])("prints a script for %s that names every verb", async (shell) => {
  const { exitCode, stdout } = await headgate(["completion", shell]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("advance");
});

it("refuses a shell it does not know", async () => {
  const { exitCode, stderr } = await headgate(["completion", "csh"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('"csh" is not a shell we know; there are bash, zsh, fish');
});

// Protects the face of the command line: help, versions, wrong usage and their exit codes.
import { expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { COMMANDS } from "../src/commands/table.ts";
import { headgate } from "./support/command-line.ts";

it("prints its version", async () => {
  expect(await headgate(["--version"])).toEqual({
    exitCode: 0,
    stdout: `${manifest.version}\n`,
    stderr: "",
  });
});

it("lists every command in its help", async () => {
  const { exitCode, stdout } = await headgate(["--help"]);
  expect(exitCode).toBe(0);
  for (const { path } of COMMANDS) expect(stdout).toContain(path.split(" ")[0]);
});

it("shows help when nothing is asked", async () => {
  const { exitCode, stdout } = await headgate([]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("Usage: headgate");
});

it.each([
  [["bogus"], "unknown command 'bogus'"],
  [["local", "bogus"], "unknown command 'bogus'"],
  [["local", "status", "--bogus"], "unknown option '--bogus'"],
  [["local", "status", "--port", "x"], "It must be a number from 1 to 65535"],
  [["local", "status", "--port", "70000"], "It must be a number from 1 to 65535"],
  [["local", "start", "--clock", "sundial"], "Allowed choices are real, virtual"],
  [["local", "start", "--account", "12"], "an account id has twelve digits"],
  [["local", "start", "--clock", "virtual", "--verify-signatures"], "does not go with"],
  [["local", "advance"], "missing required argument 'by'"],
  [["status", "--timeout", "soon"], 'It must be a time such as "90s"'],
])("exits with 2 for wrong usage: %j", async (argv, message) => {
  const { exitCode, stderr } = await headgate(argv);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(2);
});

it("every command loads, says how to use it and gives an example", async () => {
  for (const entry of COMMANDS) {
    const command = await entry.load();
    expect(command.path).toBe(entry.path);
    expect(command.examples.length, entry.path).toBeGreaterThan(0);
    for (const [line] of command.examples) expect(line).toContain(`headgate ${entry.path}`);
  }
});

// Protects the first minutes with a spec: init writes a good one, lint finds what is wrong and where.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { headgate, temporaryFolder } from "../support/command-line.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const INIT = ["init", "--function", "checkout", "--alias", "live", "--folder", "src"];

it("init writes a spec that lint finds fine", async () => {
  expect(await headgate(INIT, { cwd: folder.path })).toMatchObject({ exitCode: 0, stderr: "" });
  const lint = await headgate(["lint"], { cwd: folder.path });
  expect(lint).toEqual({ exitCode: 0, stdout: "headgate.yaml: fine\n", stderr: "" });
});

it.each([
  ["the API as it is", [], "apiAsItIs: true"],
  ["a document", ["--open-api", "api.json"], 'openApi: "api.json"'],
])("init writes a spec for a stage of API Gateway with %s", async (_name, words, said) => {
  const argv = ["init", "--api", "shop", "--stage", "prod", ...words];
  expect(await headgate(argv, { cwd: folder.path })).toMatchObject({ exitCode: 0, stderr: "" });
  expect(readFileSync(join(folder.path, "headgate.yaml"), "utf8")).toContain(said);
  const lint = await headgate(["lint"], { cwd: folder.path });
  expect(lint).toEqual({ exitCode: 0, stdout: "headgate.yaml: fine\n", stderr: "" });
});

it.each([
  [["--api", "shop"], "--stage is missing"],
  [["--stage", "prod"], "--api is missing"],
  [["--api", "shop", "--stage", "prod", "--folder", "src"], "--folder is for a function"],
])("init with %j says what is wrong", async (words, said) => {
  const { exitCode, stderr } = await headgate(["init", ...words], { cwd: folder.path });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(said);
});

it("init never overwrites", async () => {
  const path = join(folder.path, "headgate.yaml");
  writeFileSync(path, "mine");
  const init = await headgate(INIT, { cwd: folder.path });
  expect(init.exitCode).toBe(2);
  expect(init.stderr).toContain("headgate.yaml is there already; nothing was written");
  expect(readFileSync(path, "utf8")).toBe("mine");
});

it("init asks nobody when nobody can answer", async () => {
  const init = await headgate(["init", "--function", "checkout"], { cwd: folder.path });
  expect(init.exitCode).toBe(2);
  expect(init.stderr).toContain("init needs --function, --alias and --folder");
});

it("lint names file, line and column of everything that is wrong", async () => {
  await headgate(INIT, { cwd: folder.path });
  const path = join(folder.path, "headgate.yaml");
  const text = readFileSync(path, "utf8")
    .replace("failures: 5", "failures: -5")
    .replace("alarms:", "alarmz:");
  writeFileSync(path, text);
  const lint = await headgate(["lint"], { cwd: folder.path });
  expect(lint.exitCode).toBe(2);
  const lines = text.split("\n");
  const lineOf = (what: string) => lines.findIndex((line) => line.includes(what)) + 1;
  expect(lint.stdout).toContain(`headgate.yaml:${lineOf("failures: -5")}:15: problem`);
  expect(lint.stdout).toContain(`headgate.yaml:${lineOf("alarmz:")}:1: problem`);
  expect(lint.stdout).toContain("headgate.yaml: 2 problems");
});

it("lint says that YAML is broken, and where", async () => {
  writeFileSync(join(folder.path, "headgate.yaml"), "name: [unclosed\n");
  const lint = await headgate(["lint", "--json"], { cwd: folder.path });
  expect(lint.exitCode).toBe(2);
  expect(JSON.parse(lint.stdout)).toMatchObject({
    valid: false,
    findings: [{ severity: "problem" }],
  });
});

it("lint says that there is no file", async () => {
  const lint = await headgate(["lint"], { cwd: folder.path });
  expect(lint.exitCode).toBe(2);
  expect(lint.stderr).toContain("headgate.yaml: there is no such file");
});

it("schema prints a JSON schema", async () => {
  const { stdout } = await headgate(["schema"]);
  expect(JSON.parse(stdout)).toMatchObject({ type: "object", title: "headgate.yaml" });
});

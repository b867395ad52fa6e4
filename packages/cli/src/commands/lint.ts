import { checkRelease, checkSpec, isReleaseText, type SpecFinding } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";

export const lint = defineCommand({
  path: "lint",
  description: "Asks nobody: no AWS call is made. `headgate plan` also asks AWS.",
  examples: [
    ["headgate lint", "Check headgate.yaml in this folder"],
    ["headgate lint services/checkout.yaml --json", "For an editor or CI"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: {},
  run: async (_options, { arguments: [file] }) => {
    const { shown, text } = await readSpecFile(file);
    const isSet = (name: string) => (process.env[name] ?? "") !== "";
    const checked = isReleaseText(text) ? checkRelease(text, isSet) : checkSpec(text, isSet);
    const valid = "release" in checked || "spec" in checked;
    const value = { file: shown, valid, findings: checked.findings };
    return { value, exitCode: valid ? EXIT.ok : EXIT.usage };
  },
  render: ({ file, valid, findings }, style) => [
    ...findings.map((finding) => findingLine(file, finding, style)),
    valid ? `${file}: ${style.good("fine")}` : `${file}: ${style.bad(countText(findings))}`,
  ],
});

function findingLine(
  file: string,
  { severity, line, column, path, message }: SpecFinding,
  style: { bad(text: string): string; warn(text: string): string },
): string {
  const word = severity === "problem" ? style.bad("problem") : style.warn("warning");
  return `${file}:${line}:${column}: ${word} ${path === "" ? "" : `${path}: `}${message}`;
}

function countText(findings: readonly SpecFinding[]): string {
  const problems = findings.filter(({ severity }) => severity === "problem").length;
  return `${problems} ${problems === 1 ? "problem" : "problems"}`;
}

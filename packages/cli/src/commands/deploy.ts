import { isReleaseText, parseRelease, parseSpec } from "@headgate/core";
import { defineCommand, type Outcome } from "../command.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { release } from "../session/release.ts";
import { releaseTargets } from "../session/release-targets.ts";
import { ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import { type ReleaseView, renderRelease } from "../views/release-view.ts";
import { renderResult, type ResultView } from "../views/result-view.ts";

export const deploy = defineCommand({
  path: "deploy",
  description:
    "Looks first (see `headgate plan`), then shifts traffic step by step while the guards watch. Ctrl-C takes the " +
    "new version out, but not after a hook that cannot be undone. Killed in the middle, `headgate resume` goes on.",
  examples: [
    ["headgate deploy", "Release what headgate.yaml says"],
    [
      "headgate deploy --yes --reason 'release 42'",
      "In CI: exits 0 when promoted, 10 when rolled back",
    ],
    ["headgate deploy --on-interrupt leave", "Ctrl-C leaves the traffic as it is"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    reason: { type: "string", value: "text", help: "Why, for the journal" },
    exitWhenHeld: {
      type: "boolean",
      help: "Exit with 12 where a person must decide, instead of watching and waiting",
    },
    ...ON_INTERRUPT_OPTION,
  },
  run: async (options, invocation): Promise<Outcome<ReleaseView | ResultView>> => {
    const { shown, path, text } = await readSpecFile(invocation.arguments[0]);
    const file = isReleaseText(text) ? parseRelease(text, shown) : parseSpec(text, shown);
    for (const { line, column, message } of file.warnings) {
      invocation.progress.line(
        `${shown}:${line}:${column}: ${invocation.style.warn("warning")} ${message}`,
      );
    }
    const session = await openAwsSession(invocation.globals);
    const wanted = {
      specFile: path,
      dataDir: dataDirOf(options.dataDir, path),
      session,
      invocation,
      reason: options.reason,
      exitWhenHeld: options.exitWhenHeld,
      onInterrupt: options.onInterrupt,
    };
    try {
      if ("release" in file) return await releaseTargets({ ...wanted, release: file.release });
      const { result: value, exitCode } = await release({ ...wanted, spec: file.spec });
      return { value, exitCode };
    } finally {
      session.close();
    }
  },
  render: (view, style) =>
    "targets" in view ? renderRelease(view, style) : renderResult(view, style),
});

import { openJournalBeside, planFor } from "@headgate/controller";
import { parseSpec } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import { planView, renderPlan } from "../views/plan-view.ts";

export const plan = defineCommand({
  path: "plan",
  description: "Asks AWS what a rollout would find and prints what it would do. Changes nothing.",
  examples: [
    ["headgate plan", "What would `headgate deploy` do?"],
    ["headgate plan --json", "For a comment on a pull request"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: DATA_DIR_OPTION,
  run: async ({ dataDir }, { globals, arguments: [file] }) => {
    const { shown, path, text } = await readSpecFile(file);
    const { spec } = parseSpec(text, shown);
    const session = await openAwsSession(globals);
    const journal = await openJournalBeside(dataDirOf(dataDir, path));
    try {
      const found = await planFor(spec, session.drivers(spec, path), journal);
      const value = planView(spec, found);
      return { value, exitCode: value.ready ? EXIT.ok : EXIT.failed };
    } finally {
      await journal?.close();
      session.close();
    }
  },
  render: renderPlan,
});

import { openJournalBeside, planFor, planPower } from "@headgate/controller";
import { parseSpec } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import { planView, renderPlan } from "../views/plan-view.ts";
import { renderPower } from "../views/power-view.ts";

export const plan = defineCommand({
  path: "plan",
  description: "Asks AWS what a rollout would find and prints what it would do. Changes nothing.",
  examples: [
    ["headgate plan", "What would `headgate deploy` do?"],
    ["headgate plan --rate 20 --error-rate 0.1", "What could it find with 20 requests a second?"],
    ["headgate plan --json", "For a comment on a pull request"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    rate: {
      type: "number",
      value: "n",
      help: "Requests a second to reckon with; by default those of the last 14 days",
      min: 0.0001,
      max: 1_000_000,
    },
    errorRate: {
      type: "number",
      value: "percent",
      help: "How many percent of them fail today",
      min: 0,
      max: 99,
    },
  },
  run: async ({ dataDir, rate, errorRate }, { globals, arguments: [file] }) => {
    const { shown, path, text } = await readSpecFile(file);
    const { spec } = parseSpec(text, shown);
    const session = await openAwsSession(globals);
    const journal = await openJournalBeside(dataDirOf(dataDir, path));
    try {
      const drivers = session.drivers(spec, path);
      const found = await planFor(spec, drivers, journal);
      const power = await planPower(spec, drivers, {
        requestsPerSecond: rate,
        errorRate: errorRate === undefined ? undefined : errorRate / 100,
        nowMs: session.clock.nowMs(),
        random: session.random,
      });
      const value = { ...planView(spec, found), power };
      return { value, exitCode: value.ready ? EXIT.ok : EXIT.failed };
    } finally {
      await journal?.close();
      session.close();
    }
  },
  render: ({ power, ...view }, style) => [
    ...renderPlan(view, style),
    "",
    ...renderPower(power, style),
  ],
});

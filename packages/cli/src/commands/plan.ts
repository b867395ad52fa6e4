import { openJournalBeside, planFor, type RolloutPlan } from "@headgate/controller";
import {
  backgroundChecks,
  formatRoute,
  leastMsOf,
  parseSpec,
  planOf,
  type RolloutSpec,
} from "@headgate/core";
import { defineCommand } from "../command.ts";
import { formatDuration } from "@headgate/core/duration";
import { EXIT } from "../exit-codes.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import { renderPlan, type PlanView } from "../views/plan-view.ts";
import { stepText } from "../views/step-text.ts";

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

export function planView(spec: RolloutSpec, { target, steps, findings }: RolloutPlan): PlanView {
  return {
    name: spec.name,
    target: target?.label ?? null,
    before: target === undefined ? null : formatRoute(target.route),
    after: "100% on the new version",
    revision: revisionText(spec),
    steps: steps.map(({ step, times }) => ({ text: stepText(step), startMs: times.startMs })),
    leastMs: leastMsOf(planOf(spec)),
    deadlineMs: spec.deadline,
    watchedBy: watchers(spec),
    findings: [...findings],
    ready: findings.every(({ outcome }) => outcome !== "problem"),
  };
}

function revisionText({ revision }: RolloutSpec): string {
  if (revision.zip !== undefined) return `the zip ${revision.zip}`;
  if (revision.folder !== undefined) return `the folder ${revision.folder}`;
  return `version ${revision.version}`;
}

function watchers(spec: RolloutSpec): string[] {
  const background = new Set(backgroundChecks(spec));
  const checks = spec.checks
    .filter(({ name }) => background.has(name))
    .map(({ name, interval }) => `check ${name} every ${formatDuration(interval)}`);
  return [...spec.alarms.map(({ name }) => `alarm ${name}`), ...checks];
}

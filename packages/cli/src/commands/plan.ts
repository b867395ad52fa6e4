import { openJournalBeside, planFor, type PlanPower, planPower } from "@headgate/controller";
import { barriersOf, isReleaseText, parseRelease, parseSpec } from "@headgate/core";
import { defineCommand, type Outcome } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import type { Style } from "../terminal/style.ts";
import {
  changedPlans,
  type PlanView,
  planView,
  renderPlan,
  renderPlans,
} from "../views/plan-view.ts";
import { renderPower } from "../views/power-view.ts";
import { releaseOrder, type ReleaseOrderView, renderReleaseOrder } from "../views/release-order.ts";

type PlanWithPower = PlanView & { readonly power: PlanPower };

/** Of a release: the plan of each target, those that come first first. */
interface ReleasePlan extends ReleaseOrderView {
  readonly targets: readonly PlanWithPower[];
}

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
  run: async (
    { dataDir, rate, errorRate },
    { globals, arguments: [file] },
  ): Promise<Outcome<PlanWithPower | ReleasePlan>> => {
    const { shown, path, text } = await readSpecFile(file);
    const release = isReleaseText(text) ? parseRelease(text, shown).release : undefined;
    const members = release?.members ?? [{ spec: parseSpec(text, shown).spec }];
    const barriers = release === undefined ? [] : barriersOf(release);
    const session = await openAwsSession(globals);
    const journal = await openJournalBeside(dataDirOf(dataDir, path));
    try {
      const plans: PlanWithPower[] = [];
      for (const { spec } of members) {
        const drivers = session.drivers(spec, path);
        const found = await planFor(spec, drivers, journal, barriers);
        const power = await planPower(spec, drivers, {
          requestsPerSecond: rate,
          errorRate: errorRate === undefined ? undefined : errorRate / 100,
          nowMs: session.clock.nowMs(),
          random: session.random,
        });
        plans.push({ ...planView(spec, found), power });
      }
      const [first] = plans;
      const value: PlanWithPower | ReleasePlan | undefined =
        release === undefined ? first : { ...releaseOrder(release), targets: plans };
      if (value === undefined) throw new Error("a file of no target was read");
      const isReady = changedPlans(plans).every(({ ready }) => ready);
      return { value, exitCode: isReady ? EXIT.ok : EXIT.failed };
    } finally {
      await journal?.close();
      session.close();
    }
  },
  render: (value, style) =>
    "targets" in value
      ? [
          renderReleaseOrder(value, style),
          ...renderPlans(value.targets, (plan) => renderWithPower(plan, style)),
        ]
      : renderWithPower(value, style),
});

function renderWithPower({ power, ...view }: PlanWithPower, style: Style): string[] {
  return [...renderPlan(view, style), "", ...renderPower(power, style)];
}

import type { RolloutPlan } from "@headgate/controller";
import {
  backgroundChecks,
  comparisonOf,
  formatRoute,
  isUnchanged,
  leastMsOf,
  planOf,
  promotesEarly,
  type PreflightFinding,
  type RolloutSpec,
} from "@headgate/core";
import { formatDuration } from "@headgate/core/duration";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { stepText } from "./step-text.ts";

/** What `plan` shows, and `deploy` before it begins. Times in milliseconds. */
export interface PlanView {
  readonly name: string;
  /** Null when the target could not be found. */
  readonly target: string | null;
  readonly before: string | null;
  readonly after: string;
  readonly revision: string;
  /** `startMs` counts from the beginning, if nothing and nobody holds it up. */
  readonly steps: readonly { readonly text: string; readonly startMs: number }[];
  readonly leastMs: number;
  /** Whether proof may end the steps before that. */
  readonly endsEarly: boolean;
  readonly deadlineMs: number;
  readonly watchedBy: readonly string[];
  readonly findings: readonly PreflightFinding[];
  /** Whether nothing stands in the way. */
  readonly ready: boolean;
  /** Whether nothing stands in the way but that the target runs the revision already. */
  readonly unchanged: boolean;
}

export function planView(spec: RolloutSpec, { target, steps, findings }: RolloutPlan): PlanView {
  return {
    name: spec.name,
    target: target?.label ?? null,
    before: target === undefined ? null : formatRoute(target.route),
    after: "100% on the new version",
    revision: revisionText(spec),
    steps: steps.map(({ step, times }) => ({ text: stepText(step), startMs: times.startMs })),
    leastMs: leastMsOf(planOf(spec)),
    endsEarly: promotesEarly(spec) && spec.strategy.budget === undefined,
    deadlineMs: spec.deadline,
    watchedBy: watchers(spec),
    findings: [...findings],
    ready: findings.every(({ outcome }) => outcome !== "problem"),
    unchanged: isUnchanged(findings),
  };
}

/** What a release of these plans is about: those that have changed, or all when none has. */
export function changedPlans<Plan extends PlanView>(plans: readonly Plan[]): readonly Plan[] {
  const changed = plans.filter(({ unchanged }) => !unchanged);
  return changed.length === 0 ? plans : changed;
}

/** The plans of a release's targets, and a line for each that is left out. */
export function renderPlans<Plan extends PlanView>(
  plans: readonly Plan[],
  render: (plan: Plan) => readonly string[],
): string[] {
  const changed = changedPlans(plans);
  const left = plans.filter((plan) => !changed.includes(plan));
  return [
    ...left.map(({ name }) => `${name} is left out, for it has not changed`),
    ...changed.flatMap((plan) => ["", render(plan)].flat()),
  ];
}

function revisionText({ revision }: RolloutSpec): string {
  if (revision.zip !== undefined) return `the zip ${revision.zip}`;
  if (revision.folder !== undefined) return `the folder ${revision.folder}`;
  if (revision.deployment !== undefined) return `deployment ${revision.deployment}`;
  if (revision.openApi !== undefined) return `the OpenAPI document ${revision.openApi}`;
  if (revision.apiAsItIs !== undefined) return "the API as it is now";
  if (revision.targetGroup !== undefined) return `target group ${revision.targetGroup}`;
  if (revision.image !== undefined) return `the image ${revision.image}`;
  if (revision.taskDefinition !== undefined) return `task definition ${revision.taskDefinition}`;
  return `version ${revision.version}`;
}

function watchers(spec: RolloutSpec): string[] {
  const background = new Set(backgroundChecks(spec));
  const checks = spec.checks
    .filter(({ name }) => background.has(name))
    .map(({ name, interval }) => `check ${name} every ${formatDuration(interval)}`);
  const compared = comparisonOf(spec) === undefined ? [] : ["the comparison of both versions"];
  return [...compared, ...spec.alarms.map(({ name }) => `alarm ${name}`), ...checks];
}

export function renderPlan(view: PlanView, style: Style): string[] {
  const steps = view.steps.map(({ text, startMs }, index) => [
    `  ${index + 1}`,
    style.dim(startMs === 0 ? "at once" : `+${formatDuration(startMs)}`),
    text,
  ]);
  const watched =
    view.watchedBy.length === 0
      ? style.warn("nothing: no comparison, no alarm and no check can stop this rollout")
      : view.watchedBy.join(", ");
  return [
    `${style.bold(view.name)}  ${view.target ?? style.bad("no such target")}`,
    `  ${style.dim("before")}   ${view.before ?? "unknown"}`,
    `  ${style.dim("after")}    ${view.after}, from ${view.revision}`,
    `  ${style.dim("takes")}    at least ${formatDuration(view.leastMs)}${view.endsEarly ? " if proof does not end it early" : ""}, at most ${formatDuration(view.deadlineMs)}`,
    `  ${style.dim("watched")}  ${watched}`,
    "",
    ...alignColumns(steps),
    "",
    ...renderFindings(view.findings, style),
    view.ready ? style.good("ready to deploy") : style.bad("not ready: nothing would be changed"),
  ];
}

const ORDER = { ok: 0, warning: 1, problem: 2 } as const;

/** What stands in the way comes last: that is where a reader looks first. */
export function renderFindings(findings: readonly PreflightFinding[], style: Style): string[] {
  const words = {
    ok: style.good("ok"),
    warning: style.warn("warning"),
    problem: style.bad("problem"),
  };
  const sorted = findings.toSorted((left, right) => ORDER[left.outcome] - ORDER[right.outcome]);
  const rows = sorted.flatMap(({ check, outcome, detail, hint }) => {
    const row = [`  ${words[outcome]}`, detail === "" ? check : `${check}: ${detail}`];
    return hint === "" ? [row] : [row, ["", `${style.dim("do:")} ${hint}`]];
  });
  return alignColumns(rows);
}

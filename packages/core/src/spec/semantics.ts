import { alarmSemantics } from "./alarm-semantics.ts";
import type { RolloutSpec } from "./schema.ts";
import { formatDuration } from "../duration.ts";
import { formatWeight } from "../weight.ts";
import { REVISION_SOURCES, REVISIONS_OF } from "./revision.ts";
import { nearest } from "./strict.ts";
import { hookProtocolFindings } from "./hook-semantics.ts";
import { viaFindings } from "./via-semantics.ts";
import { comparisonFindings } from "./comparison-semantics.ts";
import { ecsStrategyOf } from "./ecs-strategy.ts";
import { planOf } from "../plan/plan.ts";
import { leastMsOf } from "../plan/times.ts";

export type SpecPath = readonly (string | number)[];

/** Something that no single value shows: two of them contradict each other, or name what is not there. */
export interface SemanticFinding {
  readonly path: SpecPath;
  readonly severity: "problem" | "warning";
  readonly message: string;
}

/** All that is wrong, or odd, between the parts of a specification whose single values are right. */
export function semanticFindings(spec: RolloutSpec): readonly SemanticFinding[] {
  return [
    ...revisionFindings(spec),
    ...sourceFindings(spec),
    ...duplicates("checks", spec.checks),
    ...duplicates("alarms", spec.alarms),
    ...duplicates("hooks", spec.hooks),
    ...spec.checks.flatMap((_, index) => checkFindings(spec, index)),
    ...alarmSemantics(spec),
    ...stepFindings(spec),
    ...ecsFindings(spec),
    ...comparisonFindings(spec),
    ...viaFindings(spec),
    ...hookProtocolFindings(spec),
    ...unusedHooks(spec),
    ...bakeFindings(spec),
    ...timeFindings(spec),
  ];
}

function problem(path: SpecPath, message: string): SemanticFinding {
  return { path, severity: "problem", message };
}

function warning(path: SpecPath, message: string): SemanticFinding {
  return { path, severity: "warning", message };
}

function duplicates(list: string, items: readonly { readonly name: string }[]): SemanticFinding[] {
  const seen = new Set<string>();
  const found: SemanticFinding[] = [];
  for (const [index, { name }] of items.entries()) {
    if (seen.has(name)) found.push(problem([list, index, "name"], `"${name}" is given twice`));
    seen.add(name);
  }
  return found;
}

/** Each target takes its own kinds of revisions. */
function revisionFindings({ target, revision }: RolloutSpec): SemanticFinding[] {
  const kinds = ["lambda", "apiGateway", "lattice", "ecs"] as const;
  const kind = kinds.find((one) => target[one] !== undefined);
  if (kind === undefined) return [];
  const allowed: readonly string[] = REVISIONS_OF[kind];
  const given = REVISION_SOURCES.find((source) => revision[source] !== undefined);
  if (given === undefined || allowed.includes(given)) return [];
  const message = `a target of kind ${kind} takes no ${given}: give one of ${allowed.join(", ")}`;
  return [problem(["revision", given], message)];
}

/** API Gateway's own metrics mix both versions; and only it has an access log by deployment. */
function sourceFindings({ target, analysis }: RolloutSpec): SemanticFinding[] {
  const source = analysis.kind === "compare" ? analysis.source : undefined;
  if (source === undefined) return [];
  const isStage = target.apiGateway !== undefined;
  const wrong = isStage ? (["platform"] as const) : (["accessLogs", "deploymentMetrics"] as const);
  const given = wrong.find((key) => source[key] !== undefined);
  if (given === undefined) return [];
  const message = isStage
    ? "API Gateway's own metrics do not tell deployments apart: give accessLogs, deploymentMetrics, embedded or prometheus"
    : `only a target of kind apiGateway has ${given}`;
  return [problem(["analysis", "source", given], message)];
}

function checkFindings(spec: RolloutSpec, index: number): SemanticFinding[] {
  const check = spec.checks[index];
  if (check === undefined) return [];
  const { min, max } = check;
  if (min === undefined && max === undefined) {
    return [problem(["checks", index], `"${check.name}" needs a min, a max or both`)];
  }
  if (min !== undefined && max !== undefined && min > max) {
    return [problem(["checks", index, "min"], `min ${min} is above max ${max}: nothing can pass`)];
  }
  return [];
}

function stepFindings(spec: RolloutSpec): SemanticFinding[] {
  const steps = spec.strategy.canary?.steps;
  if (steps === undefined) return [];
  const found: SemanticFinding[] = [];
  let reached = 0;
  for (const [index, step] of steps.entries()) {
    const path = ["strategy", "canary", "steps", index];
    if (step.setWeight !== undefined) {
      if (step.setWeight <= reached) {
        const message = `${formatWeight(step.setWeight)} does not rise above the ${formatWeight(reached as typeof step.setWeight)} before it: weights must go up`;
        found.push(problem([...path, "setWeight"], message));
      }
      reached = Math.max(reached, step.setWeight);
    }
    if (step.hook !== undefined) found.push(...hookStep(spec, [...path, "hook"], step.hook));
    if (step.analysis !== undefined) {
      found.push(...analysisStep(spec, [...path, "analysis"], step.analysis, reached));
    }
  }
  if (reached === 0) {
    const message = "no step sets a weight: add one, or use allAtOnce";
    found.push(problem(["strategy", "canary", "steps"], message));
  }
  return found;
}

function hookStep(spec: RolloutSpec, path: SpecPath, name: string): SemanticFinding[] {
  const hook = spec.hooks.find((candidate) => candidate.name === name);
  if (hook === undefined) return [unknownName(path, "hook", name, spec.hooks)];
  if (hook.when === "step") return [];
  const message = `hook "${name}" runs ${hook.when}: give it "when: step" to use it in a step`;
  return [problem(path, message)];
}

type Analysis = NonNullable<
  NonNullable<RolloutSpec["strategy"]["canary"]>["steps"][number]["analysis"]
>;

function analysisStep(
  spec: RolloutSpec,
  path: SpecPath,
  analysis: Analysis,
  weight: number,
): SemanticFinding[] {
  const found: SemanticFinding[] = [];
  for (const [index, name] of analysis.checks.entries()) {
    const check = spec.checks.find((candidate) => candidate.name === name);
    const at = [...path, "checks", index];
    if (check === undefined) found.push(unknownName(at, "check", name, spec.checks));
    else if (check.count === undefined && analysis.for === undefined) {
      const message = `check "${name}" has no count, so the analysis would never end: give it a count, or the analysis a "for"`;
      found.push(problem(at, message));
    }
    if (analysis.checks.indexOf(name) !== index) {
      found.push(problem(at, `"${name}" is given twice`));
    }
  }
  if (weight === 0) {
    found.push(warning(path, "no weight is set before this analysis: the canary has no traffic"));
  }
  return found;
}

function unknownName(
  path: SpecPath,
  noun: string,
  name: string,
  items: readonly { readonly name: string }[],
): SemanticFinding {
  const names = items.map((item) => item.name);
  const near = nearest(name, names);
  const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
  const known = names.length === 0 ? `There are no ${noun}s.` : `Known: ${names.join(", ")}.`;
  return problem(path, `unknown ${noun} "${name}".${meant} ${known}`);
}

/** Where the mode is not given, the service tells it, and the driver refuses the same. */
function ecsFindings({ target, strategy }: RolloutSpec): SemanticFinding[] {
  if (target.ecs?.mode !== "native") return [];
  const found = ecsStrategyOf(strategy);
  return found.kind === "impossible" ? [problem(["strategy"], found.why)] : [];
}

function unusedHooks(spec: RolloutSpec): SemanticFinding[] {
  const used = new Set(spec.strategy.canary?.steps.map((step) => step.hook));
  return spec.hooks.flatMap((hook, index) =>
    hook.when === "step" && !used.has(hook.name)
      ? [warning(["hooks", index], `no step names hook "${hook.name}": it never runs`)]
      : [],
  );
}

function bakeFindings(spec: RolloutSpec): SemanticFinding[] {
  if (spec.strategy.blueGreen === undefined || spec.bake === undefined) return [];
  return [problem(["bake"], "blueGreen has its own bake: give only one of the two")];
}

function timeFindings(spec: RolloutSpec): SemanticFinding[] {
  const leastMs = leastMsOf(planOf(spec));
  if (leastMs < spec.deadline) return [];
  const message = `the steps take at least ${formatDuration(leastMs)}, which is not less than the deadline of ${formatDuration(spec.deadline)}: the rollout would be aborted`;
  return [warning(["deadline"], message)];
}

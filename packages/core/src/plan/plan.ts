import { POINTS_BEFORE_TRAFFIC } from "../spec/hook.ts";
import type { CompareSpec, HookSpec, RolloutSpec } from "../spec/schema.ts";
import { weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";

/** One thing a rollout does before it does the next. Times in milliseconds. */
export type Step =
  | { readonly kind: "setWeight"; readonly weight: WeightBps }
  | { readonly kind: "pause"; readonly durationMs: number }
  | {
      readonly kind: "approval";
      readonly message: string;
      readonly deadlineMs: number;
      readonly atDeadline: "abort" | "promote";
    }
  | {
      readonly kind: "hook";
      readonly hook: string;
      readonly when: HookSpec["when"];
      readonly deadlineMs: number;
      /** Absent: Headgate. CodeDeploy asks functions at an event of its own deployment. */
      readonly askedBy?: "codeDeploy";
    }
  | {
      readonly kind: "analysis";
      readonly checks: readonly string[];
      /** Absent when the checks end by their own count. */
      readonly forMs?: number;
      /** The least time it takes, from its checks' own delays, intervals and counts. */
      readonly leastMs: number;
    }
  /** Raises the weight as the proven risk allows, until the canary is proved no worse. */
  | {
      readonly kind: "ramp";
      /** Failed requests that one reaction time may cost. */
      readonly failures: number;
      readonly minWeight: WeightBps;
      readonly maxWeight: WeightBps;
      readonly maxTimeMs: number;
      /** The canary serves at least this long before it is promoted. */
      readonly leastMs: number;
    }
  /** Waits at the weight reached until the canary is proved no worse. */
  | { readonly kind: "prove"; readonly maxWaitMs: number }
  | { readonly kind: "promote" }
  | { readonly kind: "bake"; readonly durationMs: number }
  /** Waits for the other targets of the release that the rollout belongs to. */
  | { readonly kind: "barrier"; readonly barrier: Barrier };

/**
 * Where a rollout waits for the rest of its release:
 * - `traffic`: the canary is ready and has no traffic yet.
 * - `promotion`: it has passed its steps, and was proved no worse where versions are compared.
 * - `release`: it has all traffic and its own bake is over; stable is still there to go back to.
 */
export type Barrier = "traffic" | "promotion" | "release";

/** Everything the rollout will do, in order: hooks before traffic, the strategy, promotion, bake. */
export function planOf(spec: RolloutSpec, barriers: readonly Barrier[] = []): readonly Step[] {
  const bakeMs = spec.strategy.blueGreen?.bake ?? spec.bake ?? 0;
  const barrier = (name: Barrier): readonly Step[] =>
    barriers.includes(name) ? [{ kind: "barrier", barrier: name }] : [];
  return [
    ...hooksBeforeTraffic(spec),
    ...barrier("traffic"),
    ...beforeAllTraffic(withProof(spec, strategySteps(spec)), barrier("promotion")),
    { kind: "promote" },
    ...hookSteps(spec, "afterTraffic", "codeDeploy"),
    ...hookSteps(spec, "afterTraffic"),
    ...(bakeMs > 0 ? [{ kind: "bake" as const, durationMs: bakeMs }] : []),
    ...barrier("release"),
  ];
}

/** The checks that watch all the time: those that no analysis step asks for by name. */
export function backgroundChecks(spec: RolloutSpec): readonly string[] {
  const named = new Set(spec.strategy.canary?.steps.flatMap((step) => step.analysis?.checks ?? []));
  return spec.checks.map((check) => check.name).filter((name) => !named.has(name));
}

/**
 * How the versions are compared; undefined when they are not: the spec says so, or the strategy leaves no
 * version to compare with.
 */
export function comparisonOf(spec: RolloutSpec): CompareSpec | undefined {
  const { strategy, analysis } = spec;
  const keepsControl = strategy.allAtOnce === undefined && strategy.blueGreen === undefined;
  return keepsControl && analysis.kind === "compare" ? analysis : undefined;
}

/**
 * The ramp proves by itself; every other comparison is waited for before everything goes to the canary, whether by a
 * step of 100 % or by promotion.
 */
function withProof(spec: RolloutSpec, steps: readonly Step[]): readonly Step[] {
  const comparison = comparisonOf(spec);
  if (comparison === undefined || spec.strategy.budget !== undefined) return steps;
  return beforeAllTraffic(steps, [{ kind: "prove", maxWaitMs: comparison.maxWait }]);
}

/** Puts `added` before the first step of 100 %, or at the end where there is none. */
function beforeAllTraffic(steps: readonly Step[], added: readonly Step[]): readonly Step[] {
  const full = steps.findIndex((step) => step.kind === "setWeight" && step.weight === 10_000);
  return steps.toSpliced(full === -1 ? steps.length : full, 0, ...added);
}

type HookStep = Step & { readonly kind: "hook" };

/**
 * CodeDeploy installs while the canary is prepared, and asks its functions for that in between; the last of them when
 * the first weight is ordered.
 */
function hooksBeforeTraffic(spec: RolloutSpec): readonly Step[] {
  const [install, ...later] = POINTS_BEFORE_TRAFFIC;
  const whileInstalling = POINTS_BEFORE_TRAFFIC.filter((point) => point !== "beforeTraffic");
  return [
    ...hookSteps(spec, install),
    ...whileInstalling.flatMap((point) => hookSteps(spec, point, "codeDeploy")),
    ...later.flatMap((point) => hookSteps(spec, point)),
    ...hookSteps(spec, "beforeTraffic", "codeDeploy"),
  ];
}

function hookSteps(
  spec: RolloutSpec,
  when: HookSpec["when"],
  askedBy?: HookStep["askedBy"],
): readonly Step[] {
  return spec.hooks
    .filter((hook) => hook.when === when)
    .map(hookStep)
    .filter((step) => step.askedBy === askedBy);
}

function hookStep({ name, when, deadline, target }: HookSpec): HookStep {
  const step = { kind: "hook", hook: name, when, deadlineMs: deadline } as const;
  return target.kind === "codeDeployFunction" ? { ...step, askedBy: "codeDeploy" } : step;
}

function strategySteps(spec: RolloutSpec): Step[] {
  const { canary, linear, budget } = spec.strategy;
  if (budget !== undefined) return [rampStep(budget, comparisonOf(spec)?.minTime ?? 0)];
  if (linear !== undefined) return linearSteps(linear.step, linear.every);
  if (canary === undefined) return [];
  return canary.steps.map((step): Step => {
    if (step.setWeight !== undefined) return { kind: "setWeight", weight: step.setWeight };
    if (step.approval !== undefined) {
      const { message, deadline, atDeadline } = step.approval;
      return { kind: "approval", message, deadlineMs: deadline, atDeadline };
    }
    if (step.analysis !== undefined) return analysisStep(spec, step.analysis);
    const hook = spec.hooks.find((candidate) => candidate.name === step.hook);
    if (hook !== undefined) return hookStep(hook);
    const pause = step.pause ?? 0;
    return { kind: "pause", durationMs: typeof pause === "number" ? pause : pause.duration };
  });
}

function rampStep(budget: NonNullable<RolloutSpec["strategy"]["budget"]>, leastMs: number): Step {
  const { failures, minWeight, maxWeight, maxTime } = budget;
  return { kind: "ramp", failures, minWeight, maxWeight, maxTimeMs: maxTime, leastMs };
}

function linearSteps(stepBps: WeightBps, everyMs: number): Step[] {
  const steps: Step[] = [];
  for (let weight = stepBps as number; weight < 10_000; weight += stepBps) {
    steps.push({ kind: "setWeight", weight: weightBps(weight) });
    steps.push({ kind: "pause", durationMs: everyMs });
  }
  return steps;
}

function analysisStep(
  spec: RolloutSpec,
  analysis: { readonly checks: readonly string[]; readonly for?: number | undefined },
): Step {
  const leastOf = spec.checks
    .filter((check) => analysis.checks.includes(check.name))
    .map((check) => check.initialDelay + (check.count ?? 1) * check.interval);
  const leastMs = Math.max(analysis.for ?? 0, ...leastOf);
  const { checks } = analysis;
  return analysis.for === undefined
    ? { kind: "analysis", checks, leastMs }
    : { kind: "analysis", checks, leastMs, forMs: analysis.for };
}

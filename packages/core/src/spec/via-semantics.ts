import { formatDuration } from "../duration.ts";
import { scheduleOfStrategy } from "../plan/schedule.ts";
import type { RolloutSpec } from "./schema.ts";
import type { SemanticFinding, SpecPath } from "./semantics.ts";
import { intervalFindings } from "./via-interval.ts";
import { viaOf } from "./via.ts";

const MINUTE_MS = 60_000;
/** One percent, in basis points: CodeDeploy's weights are whole percents. */
const PERCENT_BPS = 100;
/** Ours: Headgate decides 20 s before each of CodeDeploy's moves, and needs something to decide on. */
const BEFORE_MOVE_MS = 20_000;

/** What CodeDeploy cannot do, or not for Headgate: it moves by its own configuration, and does not wait. */
export function viaFindings(spec: RolloutSpec): readonly SemanticFinding[] {
  if (viaOf(spec.target) === undefined) return [];
  return [
    ...strategyFindings(spec),
    ...analysisFindings(spec),
    ...intervalFindings(spec),
    ...hookFindings(spec),
    ...placeFindings(spec),
    ...(spec.onWeightChangedElsewhere === "reassert"
      ? [
          problem(
            ["onWeightChangedElsewhere"],
            "CodeDeploy sets the weights: nothing can set one back",
          ),
        ]
      : []),
  ];
}

const STRATEGIES =
  "CodeDeploy knows allAtOnce, linear (step and every) and canary with two steps: one setWeight, one pause";

function strategyFindings({ strategy }: RolloutSpec): SemanticFinding[] {
  const { allAtOnce, linear, canary } = strategy;
  if (allAtOnce !== undefined) return [];
  if (linear !== undefined) {
    const path = ["strategy", "linear"];
    return [
      ...percentFinding([...path, "step"], linear.step),
      ...minuteFinding([...path, "every"], linear.every),
    ];
  }
  if (canary === undefined) return [problem(["strategy"], STRATEGIES)];
  const path = ["strategy", "canary", "steps"];
  const [first, second, ...more] = canary.steps;
  const weight = first?.setWeight;
  const pause = second?.pause;
  if (weight === undefined || pause === undefined || more.length > 0) {
    return [problem(path, STRATEGIES)];
  }
  const pauseMs = typeof pause === "number" ? pause : pause.duration;
  return [
    ...percentFinding([...path, 0, "setWeight"], weight),
    ...minuteFinding([...path, 1, "pause"], pauseMs),
  ];
}

function percentFinding(path: SpecPath, weight: number): SemanticFinding[] {
  if (weight % PERCENT_BPS === 0 && weight < 100 * PERCENT_BPS) return [];
  return [problem(path, "a whole number of percent from 1% to 99%: CodeDeploy has no others")];
}

function minuteFinding(path: SpecPath, durationMs: number): SemanticFinding[] {
  if (durationMs > 0 && durationMs % MINUTE_MS === 0) return [];
  return [problem(path, "a whole number of minutes: CodeDeploy has no others")];
}

function analysisFindings({ analysis, strategy }: RolloutSpec): SemanticFinding[] {
  if (analysis.kind !== "compare" || strategy.allAtOnce !== undefined) return [];
  const found: SemanticFinding[] = [];
  if (analysis.promoteEarly === true) {
    found.push(
      problem(
        ["analysis", "promoteEarly"],
        "CodeDeploy keeps its times: nothing can be ended early",
      ),
    );
  }
  const courseMs = scheduleOfStrategy(strategy)?.at(-1)?.afterMs;
  if (courseMs !== undefined && analysis.minTime > courseMs - BEFORE_MOVE_MS) {
    const message = `CodeDeploy has moved everything after ${formatDuration(courseMs)}, and Headgate decides 20 s before: a minTime of ${formatDuration(analysis.minTime)} is never over by then`;
    found.push(problem(["analysis", "minTime"], message));
  }
  return found;
}

/** A rollout that must not turn back has nothing left that it could do about CodeDeploy. */
function hookFindings({ hooks }: RolloutSpec): SemanticFinding[] {
  return hooks.flatMap(({ reversible, when, target }, index) =>
    // Functions that CodeDeploy itself asks have a finding of their own.
    reversible || when === "afterTraffic" || target.kind === "codeDeployFunction"
      ? []
      : [
          problem(
            ["hooks", index, "reversible"],
            "CodeDeploy cannot be held: what cannot be turned back cannot be watched either",
          ),
        ],
  );
}

function placeFindings({ target }: RolloutSpec): SemanticFinding[] {
  const { ecs } = target;
  if (ecs?.via === undefined) return [];
  const message = {
    mode: "CodeDeploy is the mode: leave it out",
    rule: "CodeDeploy shifts a listener's default action, no rule: give the listener of the deployment group",
    testers: "CodeDeploy leads testers by its test listener: give testListener",
  };
  return (["mode", "rule", "testers"] as const).flatMap((key) =>
    ecs[key] === undefined ? [] : [problem(["target", "ecs", key], message[key])],
  );
}

function problem(path: SpecPath, message: string): SemanticFinding {
  return { path, severity: "problem", message };
}

import { formatWeight, weightBps } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import type { RolloutSpec } from "./schema.ts";
import type { SemanticFinding, SpecPath } from "./semantics.ts";

/** Above this the stable version has the fewer requests, and each says less about the canary. */
const HALF = weightBps(5000);

/** Weights that leave the comparison without one of its versions, or with little of it; names that are its own. */
export function comparisonFindings(spec: RolloutSpec): readonly SemanticFinding[] {
  return [...weightFindings(spec), ...nameFindings(spec)];
}

/** The comparison's own words in journals and messages: something else of that name would be taken for it. */
const OWN_METRICS: ReadonlySet<string> = new Set(["errors", "latency", "requests"]);
const OWN_CHECK = "comparison";

function nameFindings({ checks, analysis }: RolloutSpec): SemanticFinding[] {
  const taken = (path: SpecPath, name: string) =>
    problem(path, `"${name}" is a name of the comparison itself: give another`);
  const metrics = analysis.kind === "compare" ? analysis.metrics : [];
  const names = metrics.map(({ name }) => name);
  return [
    ...checks.flatMap(({ name }, index) =>
      name === OWN_CHECK ? [taken(["checks", index, "name"], name)] : [],
    ),
    ...names.flatMap((name, index) => {
      const path = ["analysis", "metrics", index, "name"];
      if (OWN_METRICS.has(name)) return [taken(path, name)];
      return names.indexOf(name) < index ? [problem(path, `"${name}" is given twice`)] : [];
    }),
  ];
}

function weightFindings(spec: RolloutSpec): readonly SemanticFinding[] {
  const { canary, linear, budget } = spec.strategy;
  const isCompared = spec.analysis.kind === "compare";
  if (budget !== undefined) return budgetFindings(budget, isCompared);
  if (!isCompared) return [];
  if (linear !== undefined) {
    const path = ["strategy", "linear", "step"];
    if (linear.step === 10_000) return [problem(path, NOTHING_BEFORE)];
    return linear.step > HALF ? [little(path, linear.step)] : [];
  }
  const weights = (canary?.steps ?? []).flatMap(({ setWeight }, index) =>
    setWeight === undefined
      ? []
      : [{ weight: setWeight, path: ["strategy", "canary", "steps", index, "setWeight"] }],
  );
  const [first] = weights;
  if (first?.weight === 10_000) return [problem(first.path, NOTHING_BEFORE)];
  // While some weight up to the half comes first, that is where the evidence is gathered.
  if (first === undefined || first.weight <= HALF) return [];
  return [little(first.path, first.weight)];
}

/** @param value The file as it was read, before defaults: only what was written can be without effect. */
export function unusedAnalysis(spec: RolloutSpec, value: unknown): readonly SemanticFinding[] {
  const { allAtOnce, blueGreen } = spec.strategy;
  if (allAtOnce === undefined && blueGreen === undefined) return [];
  const given = keyOf(value, "analysis");
  if (typeof given !== "object" || given === null) return [];
  // The source counts for the checks too.
  if (!Object.keys(given).some((key) => key !== "source")) return [];
  const name = allAtOnce === undefined ? "blueGreen" : "allAtOnce";
  const message = `it has no effect: ${name} leaves no version to compare with. Use canary, linear or budget, or leave it out`;
  return [{ path: ["analysis"], severity: "warning", message }];
}

function keyOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

const NOTHING_BEFORE =
  "100% as the first weight leaves no version to compare with: give a smaller weight before it, or use allAtOnce, or analysis: none";

function budgetFindings(
  { minWeight, maxWeight }: NonNullable<RolloutSpec["strategy"]["budget"]>,
  isCompared: boolean,
): SemanticFinding[] {
  const path = ["strategy", "budget"];
  if (!isCompared) {
    const message =
      "budget raises the weight by what the comparison proves: it cannot go with analysis: none";
    return [problem(path, message)];
  }
  if (maxWeight === 10_000) {
    const message =
      "100% leaves no version to compare with: give less, such as 50%; promotion goes to 100%";
    return [problem([...path, "maxWeight"], message)];
  }
  if (minWeight > maxWeight) {
    const message = `${formatWeight(minWeight)} is above maxWeight ${formatWeight(maxWeight)}`;
    return [problem([...path, "minWeight"], message)];
  }
  return maxWeight > HALF ? [little([...path, "maxWeight"], maxWeight)] : [];
}

function little(path: SpecPath, weight: WeightBps): SemanticFinding {
  const message = `at ${formatWeight(weight)} little is left to compare with: a bad version is found sooner, and with fewer failed requests, at up to 50%`;
  return { path, severity: "warning", message };
}

function problem(path: SpecPath, message: string): SemanticFinding {
  return { path, severity: "problem", message };
}

import { formatWeight } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import type { RolloutSpec } from "./schema.ts";

/** A strategy that Amazon ECS itself can carry out, or why it cannot. */
export type EcsStrategy =
  /** Everything at once. */
  | { readonly kind: "blueGreen" }
  /** One weight, and then the rest. */
  | { readonly kind: "canary"; readonly weight: WeightBps }
  /** Equal steps; the last one is what is left. */
  | { readonly kind: "linear"; readonly step: WeightBps }
  | { readonly kind: "impossible"; readonly why: string };

/** Source: botocore ecs model, LinearConfiguration: multiples of 0.1 from 3 percent. */
const LEAST_STEP = 300;
/** Source: botocore ecs model, CanaryConfiguration and LinearConfiguration: multiples of 0.1 percent. */
const GRAIN = 10;

const INSTEAD =
  "Mode taskSets (a service with the deployment controller EXTERNAL) takes every strategy.";

/**
 * How ECS would shift the traffic of a rollout. ECS is told all weights when its deployment begins, and takes three
 * kinds of them: none below 100 %, one, or equal steps.
 */
export function ecsStrategyOf(strategy: RolloutSpec["strategy"]): EcsStrategy {
  if (strategy.budget !== undefined) {
    return impossible("ECS must know all weights beforehand, and a budget finds them on its way");
  }
  const weights = weightsOf(strategy);
  const [first] = weights;
  if (first === undefined) return { kind: "blueGreen" };
  const uneven = weights.find((weight) => weight % GRAIN !== 0);
  if (uneven !== undefined) {
    return impossible(`ECS keeps weights in tenths of a percent, and not ${formatWeight(uneven)}`);
  }
  if (weights.length === 1 && strategy.linear === undefined) {
    return { kind: "canary", weight: first };
  }
  if (!isLadder(weights, first)) {
    const given = weights.map(formatWeight).join(", ");
    return impossible(
      `ECS takes one weight below 100% (CANARY), or all steps of the same size (LINEAR, such as 25%, 50%, 75%), and not ${given}`,
    );
  }
  if (first < LEAST_STEP) {
    return impossible(`ECS takes steps of 3% and more, and not of ${formatWeight(first)}`);
  }
  return { kind: "linear", step: first };
}

/** All below 100 %, in order. */
function weightsOf({ canary, linear }: RolloutSpec["strategy"]): readonly WeightBps[] {
  if (canary !== undefined) {
    return canary.steps.flatMap(({ setWeight }) =>
      setWeight === undefined || setWeight >= 10_000 ? [] : setWeight,
    );
  }
  // Of a linear strategy the first says all.
  return linear === undefined || linear.step >= 10_000 ? [] : [linear.step];
}

function isLadder(weights: readonly WeightBps[], step: WeightBps): boolean {
  if (weights.length === 1) return true;
  const isComplete = weights.length === Math.ceil(10_000 / step) - 1;
  return isComplete && weights.every((weight, index) => weight === step * (index + 1));
}

function impossible(what: string): EcsStrategy {
  return { kind: "impossible", why: `${what}. ${INSTEAD}` };
}

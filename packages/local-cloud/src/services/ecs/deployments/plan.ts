import type {
  DeploymentConfiguration,
  DeploymentLifecycleHookStage,
  ServiceDeploymentLifecycleStage,
} from "@aws-sdk/client-ecs";

/** Which traffic: of the service's users, or of those who test. */
export type Lane = "production" | "test";

/**
 * One thing that a deployment does, and the stage it tells of meanwhile. Each can be begun again after a restart.
 *
 *   reconcile  takes down what a deployment before it had begun
 *   prepare    finds which target groups serve
 *   hooks      runs the hooks of a stage and waits for them
 *   scaleUp    starts the tasks of the revision that is to have the traffic
 *   shift      gives the target revision a share of a lane
 *   wait       bakes
 *   cleanUp    stops the tasks of the other revision
 */
export type Step = { readonly stage: ServiceDeploymentLifecycleStage } & (
  | { readonly kind: "reconcile" | "prepare" | "scaleUp" | "cleanUp" }
  | { readonly kind: "hooks"; readonly at: DeploymentLifecycleHookStage }
  | { readonly kind: "shift"; readonly lane: Lane; readonly percent: number }
  | { readonly kind: "wait"; readonly minutes: number }
);

/**
 * From PRE_SCALE_UP to CLEAN_UP. Of LINEAR and CANARY the hooks before and at the shift of production traffic run at
 * each step; all others once.
 * Source: AWS docs, "Lifecycle hooks for Amazon ECS service deployments" (single and recurring invocation stages).
 */
export function forwardPlan(
  configuration: DeploymentConfiguration,
  options: { readonly reconciles: boolean },
): readonly Step[] {
  return [
    ...(options.reconciles
      ? [{ kind: "reconcile", stage: "RECONCILE_SERVICE" } as const, hooks("RECONCILE_SERVICE")]
      : []),
    { kind: "prepare", stage: "PRE_SCALE_UP" },
    hooks("PRE_SCALE_UP"),
    { kind: "scaleUp", stage: "SCALE_UP" },
    hooks("POST_SCALE_UP"),
    // Unverified: that the listener is changed before the hooks of the stage run, not beside them.
    { kind: "shift", stage: "TEST_TRAFFIC_SHIFT", lane: "test", percent: 100 },
    hooks("TEST_TRAFFIC_SHIFT"),
    hooks("POST_TEST_TRAFFIC_SHIFT"),
    ...productionSteps(configuration),
    hooks("POST_PRODUCTION_TRAFFIC_SHIFT"),
    { kind: "wait", stage: "BAKE_TIME", minutes: configuration.bakeTimeInMinutes ?? 0 },
    { kind: "cleanUp", stage: "CLEAN_UP" },
  ];
}

function productionSteps(configuration: DeploymentConfiguration): readonly Step[] {
  const stage = "PRODUCTION_TRAFFIC_SHIFT";
  const minutes = stepBakeMinutes(configuration);
  const steps: Step[] = [];
  for (const percent of productionShares(configuration)) {
    // No bake time follows the last step. Source: botocore ecs model, LinearConfiguration.
    if (steps.length > 0) steps.push({ kind: "wait", stage, minutes });
    steps.push(
      {
        kind: "hooks",
        at: "PRE_PRODUCTION_TRAFFIC_SHIFT",
        // Unverified: which stage is told meanwhile; the model of answers has none of this name.
        stage: steps.length === 0 ? "POST_TEST_TRAFFIC_SHIFT" : stage,
      },
      { kind: "shift", stage, lane: "production", percent },
      hooks(stage),
    );
  }
  return steps;
}

/** What had been moved when a deployment turned back. */
export interface TurningPoint {
  readonly production: boolean;
  readonly test: boolean;
  /** The revision to go back to has fewer tasks than it should. */
  readonly scalesUp: boolean;
}

/**
 * Back to the source revision. The hooks of both traffic shifts run again, with the weights swapped.
 * Source: AWS docs, "Lambda hooks for Amazon ECS service deployments" (Lifecycle hooks during rollback).
 * Unverified: that hooks of a shift that had not begun do not run.
 */
export function rollbackPlan(from: TurningPoint): readonly Step[] {
  return [
    ...(from.scalesUp ? [{ kind: "scaleUp", stage: "SCALE_UP" } as const] : []),
    ...(from.production ? back("production", "PRODUCTION_TRAFFIC_SHIFT") : []),
    ...(from.test ? back("test", "TEST_TRAFFIC_SHIFT") : []),
    { kind: "cleanUp", stage: "CLEAN_UP" },
  ];
}

function back(lane: Lane, stage: "PRODUCTION_TRAFFIC_SHIFT" | "TEST_TRAFFIC_SHIFT"): Step[] {
  return [{ kind: "shift", stage, lane, percent: 0 }, hooks(stage)];
}

function hooks(stage: DeploymentLifecycleHookStage & ServiceDeploymentLifecycleStage): Step {
  return { kind: "hooks", at: stage, stage };
}

/** Percent of the target revision after each step; the last is 100. Source: botocore ecs model, for the defaults. */
export function productionShares(configuration: DeploymentConfiguration): readonly number[] {
  switch (configuration.strategy) {
    case "CANARY": {
      const { canaryPercent = 5 } = configuration.canaryConfiguration ?? {};
      return canaryPercent < 100 ? [canaryPercent, 100] : [100];
    }
    case "LINEAR": {
      const { stepPercent = 10 } = configuration.linearConfiguration ?? {};
      // In tenths of a percent, so that 3.3 % a step makes 9.9 % of three.
      const step = Math.round(stepPercent * 10);
      const count = Math.ceil(1000 / step);
      return Array.from({ length: count }, (_, index) => Math.min(1000, step * (index + 1)) / 10);
    }
    default:
      return [100];
  }
}

function stepBakeMinutes(configuration: DeploymentConfiguration): number {
  return configuration.strategy === "CANARY"
    ? (configuration.canaryConfiguration?.canaryBakeTimeInMinutes ?? 10)
    : (configuration.linearConfiguration?.stepBakeTimeInMinutes ?? 6);
}

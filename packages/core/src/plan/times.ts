import type { Step } from "./plan.ts";

/** When a step starts and ends if nobody and nothing holds it up, from the rollout's start. Milliseconds. */
export interface StepTimes {
  readonly startMs: number;
  readonly endMs: number;
}

/** The time a step takes at least: people and hooks may answer at once, so they count as 0. */
export function leastMsOfStep(step: Step): number {
  switch (step.kind) {
    case "pause":
    case "bake":
      return step.durationMs;
    case "analysis":
    case "ramp":
      return step.leastMs;
    case "prove":
    case "setWeight":
    case "promote":
    case "approval":
    case "hook":
    case "barrier":
      return 0;
    default:
      return step satisfies never;
  }
}

export function leastMsOf(plan: readonly Step[]): number {
  return plan.reduce((totalMs, step) => totalMs + leastMsOfStep(step), 0);
}

/** One entry per step, in order. */
export function timesOf(plan: readonly Step[]): readonly StepTimes[] {
  let atMs = 0;
  return plan.map((step) => {
    const startMs = atMs;
    atMs += leastMsOfStep(step);
    return { startMs, endMs: atMs };
  });
}

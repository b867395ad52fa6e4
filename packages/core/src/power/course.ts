import type { Step } from "../plan/plan.ts";
import { leastMsOfStep } from "../plan/times.ts";
import type { Stage } from "../simulation/course.ts";

/**
 * What a plan does with the weight, from the canary's first traffic until all of it: people and hooks answer at once,
 * and time at the same weight is one stage.
 */
export function courseOf(plan: readonly Step[]): readonly Stage[] {
  const course: Stage[] = [];
  let weightBps = 0;
  for (const step of plan) {
    switch (step.kind) {
      case "setWeight":
        weightBps = step.weight;
        break;
      case "pause":
      case "analysis":
      case "approval":
      case "hook":
        addHold(course, weightBps, leastMsOfStep(step));
        break;
      case "ramp": {
        const { failures, minWeight, maxWeight, maxTimeMs } = step;
        course.push({
          kind: "ramp",
          failures,
          minWeightBps: minWeight,
          maxWeightBps: maxWeight,
          maxTimeMs,
        });
        break;
      }
      case "prove":
        if (weightBps > 0) course.push({ kind: "prove", weightBps, maxWaitMs: step.maxWaitMs });
        break;
      case "promote":
        return course;
      case "bake":
      case "barrier":
        break;
      default:
        return step satisfies never;
    }
  }
  return course;
}

function addHold(course: Stage[], weightBps: number, forMs: number): void {
  // Before the canary has traffic there is nothing to detect.
  if (weightBps === 0 || forMs === 0) return;
  const last = course.at(-1);
  if (last?.kind === "hold" && last.weightBps === weightBps) {
    course[course.length - 1] = { ...last, forMs: last.forMs + forMs };
  } else {
    course.push({ kind: "hold", weightBps, forMs });
  }
}

import { formatWeight, type Step } from "@headgate/core";
import { formatDuration } from "@headgate/core/duration";

/** One step of a plan in a few words: "weight 10%", "pause 5m". */
export function stepText(step: Step): string {
  switch (step.kind) {
    case "setWeight":
      return `weight ${formatWeight(step.weight)}`;
    case "pause":
      return `pause ${formatDuration(step.durationMs)}`;
    case "approval":
      return `approval "${step.message}", ${step.atDeadline} after ${formatDuration(step.deadlineMs)}`;
    case "hook":
      return `hook ${step.hook}${step.askedBy === undefined ? "" : ", asked by CodeDeploy"}, at most ${formatDuration(step.deadlineMs)}`;
    case "analysis": {
      const time = step.forMs ?? step.leastMs;
      return `analysis ${step.checks.join(", ")}, ${step.forMs === undefined ? "at least " : ""}${formatDuration(time)}`;
    }
    case "ramp": {
      const { failures, minWeight, maxWeight, maxTimeMs } = step;
      return `ramp ${formatWeight(minWeight)} to ${formatWeight(maxWeight)}, at most ${failures} failures at risk, at most ${formatDuration(maxTimeMs)}`;
    }
    case "prove":
      return `wait until proved no worse, at most ${formatDuration(step.maxWaitMs)}`;
    case "promote":
      return "promote to 100%";
    case "bake":
      return `bake ${formatDuration(step.durationMs)}`;
    case "barrier":
      return `wait for the release (${step.barrier})`;
    default:
      return step satisfies never;
  }
}

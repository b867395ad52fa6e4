/** What a simulated rollout does with the weight, one stage after the other. Times in milliseconds. */
export type Stage =
  | { readonly kind: "hold"; readonly weightBps: number; readonly forMs: number }
  /** Rises as the proven risk allows, until the canary is proved no worse. */
  | {
      readonly kind: "ramp";
      readonly failures: number;
      readonly minWeightBps: number;
      readonly maxWeightBps: number;
      readonly maxTimeMs: number;
    }
  | { readonly kind: "prove"; readonly weightBps: number; readonly maxWaitMs: number };

export function longestMs(stage: Stage): number {
  switch (stage.kind) {
    case "hold":
      return stage.forMs;
    case "ramp":
      return stage.maxTimeMs;
    case "prove":
      return stage.maxWaitMs;
    default:
      return stage satisfies never;
  }
}

/** When the course is over at the latest. */
export function courseMs(course: readonly Stage[]): number {
  return course.reduce((totalMs, stage) => totalMs + longestMs(stage), 0);
}

/** Equal steps of the weight up to all of the traffic, which is left out. */
export function linearCourse(stepBps: number, everyMs: number): readonly Stage[] {
  const steps = Math.ceil(10_000 / stepBps) - 1;
  return Array.from({ length: steps }, (_, index) => ({
    kind: "hold",
    weightBps: stepBps * (index + 1),
    forMs: everyMs,
  }));
}

import type { Shift } from "../configs/traffic-plan.ts";
import { DONE, type Run, type Stage, type StageResult } from "./stage.ts";

/**
 * AllowTraffic: moves the shares of a plan, each at its time. A shift is counted when it is made, so that a cloud
 * that starts again goes on with the next one; shifts whose time passed while it was away follow each other at once.
 */
export function shiftingStage(
  plan: readonly Shift[],
  shift: (run: Run, percent: number) => Promise<StageResult>,
): Stage {
  return {
    event: "AllowTraffic",
    async look(run) {
      const { shiftsDone } = run.row().progress;
      const next = plan[shiftsDone];
      if (next === undefined) return DONE;
      const dueAtMs = run.stageStartedAtMs() + next.afterMs;
      if (run.nowMs() < dueAtMs) return { kind: "wait", untilMs: dueAtMs };
      const result = await shift(run, next.percent);
      if (result.kind !== "done") return result;
      const { progress } = run.row();
      run.save({
        progress: { ...progress, shiftsDone: shiftsDone + 1, weightPercent: next.percent },
      });
      const following = plan[shiftsDone + 1];
      if (following === undefined) return DONE;
      return { kind: "wait", untilMs: run.stageStartedAtMs() + following.afterMs };
    },
  };
}

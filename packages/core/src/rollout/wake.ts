import { courseMoments } from "./course.ts";
import { nextGuardPollMs } from "./guard.ts";
import { nextObservationMs } from "./observations.ts";
import { isLive } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { nextProofMs } from "./proving.ts";
import { stepEndMs } from "./step-course.ts";

/**
 * When a tick can next change anything, given that one was handled at `afterMs`: the first moment later
 * than that which means something. Infinity when only an outcome or a person can. Milliseconds.
 */
export function wakeAtMs(rollout: Rollout, afterMs: number): number {
  if (rollout.finished !== undefined) return Infinity;
  if (rollout.phase === "pending") return afterMs;
  const moments = [
    ...momentsOf(rollout, afterMs),
    ...rollout.abandoned.map(({ untilMs }) => untilMs),
  ].filter((atMs) => atMs > afterMs);
  return Math.min(...moments);
}

function momentsOf(rollout: Rollout, afterMs: number): readonly number[] {
  const { pause, abort } = rollout;
  if (abort !== undefined) return [abort.degradedAtMs];
  if (!isLive(rollout.phase)) return [];
  return [
    rollout.deadlineAtMs,
    nextGuardPollMs(rollout),
    nextObservationMs(rollout),
    pause === undefined ? stepEndMs(rollout) : Infinity,
    pause === undefined ? nextProofMs(rollout, afterMs) : Infinity,
    ...courseMoments(rollout),
    rollout.hold?.notBeforeMs ?? Infinity,
    pause?.why === "approval" ? pause.deadlineAtMs : Infinity,
  ];
}

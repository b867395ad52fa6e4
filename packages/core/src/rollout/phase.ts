/** Where a rollout is. The drawing is in SPEC.md. */
export const PHASES = [
  "pending",
  "preparing",
  "progressing",
  "paused",
  "promoting",
  "baking",
  "healthy",
  "aborting",
  "aborted",
  "degraded",
] as const;

export type Phase = (typeof PHASES)[number];

/** On the way to 100%, or waiting to go on: guards watch, and anything may still stop it. */
export type LivePhase = "preparing" | "progressing" | "paused" | "promoting" | "baking";

export function isLive(phase: Phase): phase is LivePhase {
  switch (phase) {
    case "preparing":
    case "progressing":
    case "paused":
    case "promoting":
    case "baking":
      return true;
    case "pending":
    case "healthy":
    case "aborting":
    case "aborted":
    case "degraded":
      return false;
    default:
      return phase satisfies never;
  }
}

import type { Rollout } from "@headgate/core";

/** Waits for a person's word. A route that somebody else changed is first read again. */
export function isHeld({ phase, pause }: Rollout): boolean {
  return phase === "paused" && !(pause?.why === "routeChanged" && pause.reread !== "none");
}

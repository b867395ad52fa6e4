import { decide } from "./decide.ts";
import type { RolloutCreated, RolloutEvent } from "./event.ts";
import { createRollout } from "./rollout.ts";
import type { Rollout } from "./rollout.ts";

/** The state that a journal describes: always the same as the state that was saved beside it. */
export function fold(created: RolloutCreated, events: readonly RolloutEvent[]): Rollout {
  return events.reduce((rollout, event) => decide(rollout, event).next, createRollout(created));
}

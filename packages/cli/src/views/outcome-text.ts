import type { Rollout, RolloutOutcome } from "@headgate/core";
import type { Style } from "../terminal/style.ts";

/** Where a rollout ended, or is, in a person's words: "rolled back", "paused". */
export function outcomeText(
  outcome: RolloutOutcome | null,
  phase: Rollout["phase"],
  style: Style,
): string {
  switch (outcome) {
    case "promoted":
      return style.good("promoted");
    case "rolledBack":
      return style.bad("rolled back");
    case "abortedByPerson":
      return style.warn("aborted");
    case "timedOut":
      return style.bad("timed out");
    case "failed":
    case "degraded":
      return style.bad(outcome);
    case null:
      return style.warn(phase);
    default:
      return outcome satisfies never;
  }
}

import type { Rollout, RolloutOutcome } from "@headgate/core";
import { EXIT } from "../exit-codes.ts";
import { hasTimedOut } from "./take-out.ts";

/**
 * The process's exit code for where a rollout ended, or was left.
 *
 * @param signal of the command: what `--timeout` ended did not end by a verdict.
 */
export function exitCodeOf({ finished }: Rollout, signal?: AbortSignal): number {
  return exitCodeOfOutcome(finished?.outcome, signal);
}

/** @param outcome of a rollout or of a release; undefined when it is not finished. */
export function exitCodeOfOutcome(
  outcome: RolloutOutcome | undefined,
  signal?: AbortSignal,
): number {
  if (signal !== undefined && outcome !== "promoted" && hasTimedOut(signal)) return EXIT.timedOut;
  switch (outcome) {
    case "promoted":
      return EXIT.ok;
    case "rolledBack":
      return EXIT.rolledBack;
    case "abortedByPerson":
      return EXIT.aborted;
    case "timedOut":
      return EXIT.timedOut;
    case "failed":
    case "degraded":
      return EXIT.failed;
    case undefined:
      return EXIT.held;
    default:
      return outcome satisfies never;
  }
}

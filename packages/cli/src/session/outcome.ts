import type { Rollout } from "@headgate/core";
import { EXIT } from "../exit-codes.ts";

/** The process's exit code for where a rollout ended, or was left. */
export function exitCodeOf({ finished }: Rollout): number {
  const outcome = finished?.outcome;
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

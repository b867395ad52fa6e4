import type { ErrorInformation } from "@aws-sdk/client-codedeploy";
import { HOUR_MS, LAMBDA_MAX_HOURS, ECS_MAX_HOURS } from "../limits.ts";
import type { Run } from "./stage.ts";

/** When a deployment is ended, whatever it waits for. */
export function deadlineMs(run: Run): number {
  return (run.row().startedAtMs ?? run.nowMs()) + maxHoursOf(run) * HOUR_MS;
}

/** Why a deployment has to end now, if it has run for too long. Unverified: the text. */
export function overdue(run: Run): ErrorInformation | undefined {
  if (run.nowMs() < deadlineMs(run)) return undefined;
  return {
    code: "TIMEOUT",
    message: `The deployment has run for ${maxHoursOf(run)} hours, the longest that one of compute platform ${run.row().computePlatform} may.`,
  };
}

function maxHoursOf(run: Run): number {
  return run.row().computePlatform === "Lambda" ? LAMBDA_MAX_HOURS : ECS_MAX_HOURS;
}

import {
  ASYNC_ERROR_DELAYS_MS,
  ASYNC_MAX_AGE_DEFAULT_SECONDS,
  ASYNC_RETRIES_DEFAULT,
  ASYNC_THROTTLE_DELAY_MAX_MS,
  ASYNC_THROTTLE_DELAY_MS,
} from "../limits.ts";
import type { AsyncEventRow, EventInvokeConfigRow } from "../state.ts";

/** Why an event ended, in AWS's words. */
export type Condition =
  | "Success"
  | "RetriesExhausted"
  | "EventAgeExceeded"
  | "ZeroReservedConcurrency";

/** What became of one attempt at an event. */
export type Attempt = "succeeded" | "failed" | "throttled" | "stopped";

export type NextStep =
  /** The event is tried again at its `dueAtMs`. */
  | { readonly kind: "again"; readonly event: AsyncEventRow }
  | { readonly kind: "end"; readonly event: AsyncEventRow; readonly condition: Condition };

/**
 * What follows an attempt that ended at `endedAtMs`. "stopped" is a throttle by a reservation of 0: no
 * later attempt could go better.
 * Source: AWS docs, "How Lambda handles errors and retries with asynchronous invocation".
 */
export function nextStep(
  event: AsyncEventRow,
  attempt: Attempt,
  config: EventInvokeConfigRow | undefined,
  endedAtMs: number,
): NextStep {
  switch (attempt) {
    case "succeeded":
      return { kind: "end", event, condition: "Success" };
    case "stopped":
      return { kind: "end", event, condition: "ZeroReservedConcurrency" };
    case "failed": {
      const failures = event.failures + 1;
      const delayMs = ASYNC_ERROR_DELAYS_MS[event.failures];
      const failed = { ...event, failures, throttles: 0 };
      const retries = config?.maximumRetryAttempts ?? ASYNC_RETRIES_DEFAULT;
      if (failures > retries || delayMs === undefined) {
        return { kind: "end", event: failed, condition: "RetriesExhausted" };
      }
      return againAt(failed, endedAtMs + delayMs, config);
    }
    case "throttled": {
      const doubled = ASYNC_THROTTLE_DELAY_MS * 2 ** event.throttles;
      const delayMs = Math.min(doubled, ASYNC_THROTTLE_DELAY_MAX_MS);
      const throttled = { ...event, throttles: event.throttles + 1 };
      return againAt(throttled, endedAtMs + delayMs, config);
    }
  }
}

/** An event that would be too old when it is due is given up at once. */
function againAt(
  event: AsyncEventRow,
  dueAtMs: number,
  config: EventInvokeConfigRow | undefined,
): NextStep {
  const due = { ...event, dueAtMs };
  if (isTooOld(due, config, dueAtMs)) {
    return { kind: "end", event: due, condition: "EventAgeExceeded" };
  }
  return { kind: "again", event: due };
}

export function isTooOld(
  event: AsyncEventRow,
  config: EventInvokeConfigRow | undefined,
  atMs: number,
): boolean {
  const seconds = config?.maximumEventAgeSeconds ?? ASYNC_MAX_AGE_DEFAULT_SECONDS;
  return atMs - event.queuedAtMs > seconds * 1000;
}

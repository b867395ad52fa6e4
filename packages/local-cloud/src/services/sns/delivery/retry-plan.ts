import type { RetryPolicy } from "../delivery-policy.ts";

/** How a delivery ended. A client's own fault is not tried again. */
export type Outcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "failed"; readonly reason: string; readonly isPermanent: boolean };

/** The total time of retries to an HTTP endpoint. Source: AWS docs, "message delivery retries". */
const HTTP_RETRY_MS_MAX = 3_600_000;

/**
 * The delays before each retry to an HTTP endpoint: at once, then the least delay, then growing, then the
 * greatest. Source: AWS docs, "Amazon SNS message delivery retries". Unverified: the curves of the
 * functions other than linear; that there is no jitter, which here would only be in the way.
 */
export function httpDelaysMs(policy: RetryPolicy): number[] {
  const { numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy;
  const backoffs = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries;
  const seconds = [
    ...repeat(0, numNoDelayRetries),
    ...repeat(policy.minDelayTarget, numMinDelayRetries),
    ...Array.from({ length: Math.max(0, backoffs) }, (_, index) =>
      backoffSeconds(policy, backoffs === 1 ? 0 : index / (backoffs - 1)),
    ),
    ...repeat(policy.maxDelayTarget, numMaxDelayRetries),
  ].slice(0, numRetries);
  let totalMs = 0;
  return seconds
    .map((each) => each * 1000)
    .filter((delayMs) => (totalMs += delayMs) <= HTTP_RETRY_MS_MAX);
}

/** @param part how far through the backoff phase, from 0 to 1. */
function backoffSeconds(policy: RetryPolicy, part: number): number {
  const { minDelayTarget: least, maxDelayTarget: most, backoffFunction } = policy;
  if (most === least) return least;
  if (backoffFunction === "linear" || backoffFunction === "arithmetic") {
    return least + (most - least) * part;
  }
  return least * (most / least) ** part;
}

/**
 * The delay before the next retry to a function or a queue, after so many failures; undefined when there
 * is none left. Source: AWS docs, "Amazon SNS message delivery retries", AWS managed endpoints.
 */
export function managedDelayMs(failures: number): number | undefined {
  if (failures <= 3) return 0;
  if (failures <= 5) return 1000;
  if (failures <= 15) return Math.round(1000 * 20 ** ((failures - 6) / 9));
  return failures <= 100_015 ? 20_000 : undefined;
}

function repeat(value: number, times: number): number[] {
  return Array.from({ length: Math.max(0, times) }, () => value);
}

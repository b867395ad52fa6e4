import type { Clock } from "../../clock.ts";

/**
 * A trace header for an invocation whose caller sent none: "Root=1-<seconds>-<24 hex>;Parent=<16 hex>;Sampled=0".
 * Its chance is the request id's, which is random already.
 */
export function traceIdOf(requestId: string, clock: Clock): string {
  const seconds = Math.floor(clock.nowMs() / 1000)
    .toString(16)
    .padStart(8, "0");
  const digits = requestId.replaceAll("-", "").padEnd(32, "0");
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(8, 24)};Sampled=0`;
}

import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import { MINUTE_MS } from "../limits.ts";

/** One shift of traffic: the share of what is new from then on. */
export interface Shift {
  /** After the first shift. */
  readonly afterMs: number;
  /** 1 to 100. */
  readonly percent: number;
}

/**
 * When which share of the traffic moves. The first shift is at once; the last is 100.
 * Source: AWS docs, "Working with deployment configurations in CodeDeploy".
 */
export function trafficPlan({
  type,
  timeBasedCanary,
  timeBasedLinear,
}: TrafficRoutingConfig): Shift[] {
  if (type === "TimeBasedCanary") {
    const { canaryPercentage = 10, canaryInterval = 5 } = timeBasedCanary ?? {};
    return [
      { afterMs: 0, percent: canaryPercentage },
      { afterMs: canaryInterval * MINUTE_MS, percent: 100 },
    ];
  }
  if (type === "TimeBasedLinear") {
    const { linearPercentage = 10, linearInterval = 1 } = timeBasedLinear ?? {};
    const count = Math.ceil(100 / linearPercentage);
    return Array.from({ length: count }, (_, index) => ({
      afterMs: index * linearInterval * MINUTE_MS,
      percent: Math.min(100, (index + 1) * linearPercentage),
    }));
  }
  return [{ afterMs: 0, percent: 100 }];
}

/** How long the plan takes from its first shift to its last. */
export function planMinutes(config: TrafficRoutingConfig): number {
  return (trafficPlan(config).at(-1)?.afterMs ?? 0) / MINUTE_MS;
}

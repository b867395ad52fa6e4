import type { ComparisonSettings } from "../analysis/settings.ts";
import { longestMs } from "../simulation/course.ts";
import type { Stage } from "../simulation/course.ts";

/** The bets of the promotion evidence: how much of its stake one keeps at an error of the canary. */
const KEEPS = [0, 0.25, 0.5, 0.75];

/**
 * About how many requests of a canary as good as stable a proof takes, at this share of the traffic: the evidence
 * needed over what the best bet gains by a request. Infinity when no bet gains anything.
 */
export function requestsToProve(
  errorRate: number,
  share: number,
  { beta, margin, retries }: ComparisonSettings,
): number {
  const odds = share / (1 - share);
  const gains = KEEPS.map((keep) => {
    if (keep === 0 && errorRate > 0) {
      // Lost at the first error: it only wins when a proof is likely to be over before one.
      return 0;
    }
    const lost = keep === 0 ? 0 : errorRate * Math.log(keep);
    const won = (errorRate / odds) * Math.log1p(margin.ratio * odds * (1 - keep));
    return lost + won + margin.rate * (1 - keep);
  });
  const needed = Math.log(KEEPS.length / beta);
  return (needed / Math.max(0, ...gains)) * retries;
}

/** Requests a second that the canary gets on average in the plan's time, and that time. */
export interface CanaryTraffic {
  readonly requests: number;
  readonly forMs: number;
  /** The mean share of the canary over that time. A ramp counts with its highest weight. */
  readonly share: number;
}

export function canaryTraffic(course: readonly Stage[], requestsPerSecond: number): CanaryTraffic {
  let forMs = 0;
  let weighted = 0;
  for (const stage of course) {
    const ms = longestMs(stage);
    const weightBps = stage.kind === "ramp" ? stage.maxWeightBps : stage.weightBps;
    forMs += ms;
    weighted += (ms * weightBps) / 10_000;
  }
  const requests = (requestsPerSecond * weighted) / 1000;
  return { requests, forMs, share: forMs === 0 ? 0 : weighted / forMs };
}

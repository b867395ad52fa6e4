import {
  comparisonOf,
  detectionPower,
  planOf,
  promotesEarly,
  RolloutError,
  settingsOf,
} from "@headgate/core";
import type { PowerReport, RolloutSpec } from "@headgate/core";

import type { Random } from "./clock.ts";
import type { Drivers } from "./drivers.ts";
import { HISTORY_MS, HOUR_MS, usualTraffic } from "./usual-traffic.ts";
import type { ExpectedTraffic } from "./usual-traffic.ts";

/** What the comparison can find with the traffic there is. */
export type PlanPower =
  | {
      readonly kind: "known";
      readonly traffic: ExpectedTraffic;
      readonly feed: { readonly resolutionMs: number; readonly lagMs: number };
      readonly report: PowerReport;
    }
  /** There is nothing to compare with, or no traffic is known; says which. */
  | { readonly kind: "unknown"; readonly why: string };

export interface PowerOptions {
  /** Instead of the history's. */
  readonly requestsPerSecond?: number | undefined;
  /** Fraction, 0 to 1. */
  readonly errorRate?: number | undefined;
  readonly nowMs: number;
  readonly random: Random;
}

export async function planPower(
  spec: RolloutSpec,
  drivers: Drivers,
  options: PowerOptions,
): Promise<PlanPower> {
  const compare = comparisonOf(spec);
  if (compare === undefined) return { kind: "unknown", why: "the versions are not compared" };
  const { resolutionMs, lagMs } = drivers.metrics;
  const traffic = await expectedTraffic(drivers, options);
  if (typeof traffic === "string") return { kind: "unknown", why: traffic };
  const report = detectionPower({
    steps: planOf(spec),
    settings: settingsOf(compare),
    feed: { resolutionMs, lagMs },
    traffic,
    minTimeMs: compare.minTime,
    promotesEarly: promotesEarly(spec),
    random: () => options.random.next(),
  });
  return { kind: "known", traffic, feed: { resolutionMs, lagMs }, report };
}

/** A sentence instead, when nothing is known. */
async function expectedTraffic(
  { metrics }: Drivers,
  { requestsPerSecond, errorRate, nowMs }: PowerOptions,
): Promise<ExpectedTraffic | string> {
  const given = { from: "given", days: 0 } as const;
  if (requestsPerSecond !== undefined && errorRate !== undefined) {
    return { requestsPerSecond, errorRate, ...given };
  }
  try {
    const days = await metrics.history({ fromMs: nowMs - HISTORY_MS, toMs: nowMs });
    // Days come by the hour: what began within this one is seen by the minute only.
    const latest =
      days.length > 0 ? days : await metrics.history({ fromMs: nowMs - HOUR_MS, toMs: nowMs });
    const usual = usualTraffic(latest, nowMs);
    if (requestsPerSecond !== undefined) {
      return {
        requestsPerSecond,
        errorRate: errorRate ?? usual?.errorRate ?? ASSUMED_ERRORS,
        ...given,
      };
    }
    if (usual === undefined) return "there was no traffic in the last 14 days";
    return { ...usual, errorRate: errorRate ?? usual.errorRate };
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    return `the traffic of the last 14 days cannot be read: ${error.message}`;
  }
}

/** When a rate of requests is given, and nothing is known of errors. */
const ASSUMED_ERRORS = 0.001;

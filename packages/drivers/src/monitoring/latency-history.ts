import { latencyBound, type LatencyBound, latencyShape, type MonitoredArm } from "@headgate/core";
import { sharedMetricReader } from "../metrics/metric-reader.ts";
import type { MonitoringAccess } from "./parts.ts";

const HISTORY_MS = 14 * 24 * 3_600_000;

/**
 * How slow the arm's requests may be, by what they were in the last two weeks; a sentence when that cannot be
 * said. Both target groups of a service take turns, so what is known of any of them counts for all.
 */
export async function latencyBounds(
  access: MonitoringAccess,
  arms: readonly MonitoredArm[],
  requestsPerSecond: number,
): Promise<LatencyBound | string | undefined> {
  const shape = latencyShape(requestsPerSecond);
  if (shape === undefined) {
    return "too little traffic: a percentile of fewer than 100 requests in 15 minutes says nothing";
  }
  const periodMs = shape.periodSeconds * 1000;
  const toMs = Math.floor(access.clock.nowMs() / periodMs) * periodMs;
  const span = { fromMs: toMs - HISTORY_MS, toMs, periodMs };
  const reader = sharedMetricReader(access);
  const read = arms.flatMap(({ latency }) => (latency === undefined ? [] : [latency]));
  const answers = await Promise.all(
    read.map(async ({ metric, unitMs }) => {
      const [values, samples] = await reader.read(
        [
          { ...metric, statistic: shape.statistic },
          { ...metric, statistic: "SampleCount" },
        ],
        span,
      );
      return [...(values ?? [])]
        .filter(([atMs]) => (samples?.get(atMs) ?? 0) >= shape.leastRequests)
        .map(([, value]) => value * unitMs);
    }),
  );
  return latencyBound(shape, answers.flat());
}

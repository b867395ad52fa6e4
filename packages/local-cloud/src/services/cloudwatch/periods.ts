const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Periods below a minute that CloudWatch knows, in seconds. */
const SHORT_PERIODS_S = new Set([1, 5, 10, 20, 30]);

export function isPeriod(seconds: number): boolean {
  return SHORT_PERIODS_S.has(seconds) || (seconds > 0 && seconds % 60 === 0);
}

/**
 * StartTime as CloudWatch rounds it: down to the whole minute, five minutes or hour by its age, or to
 * an even division of the minute for sub-minute periods. Periods then count from there.
 * Source: AWS API reference, GetMetricData, StartTime.
 */
export function roundedStart(startMs: number, periodMs: number, nowMs: number): number {
  const ageMs = nowMs - startMs;
  if (periodMs < MINUTE_MS) return floorTo(startMs, periodMs);
  if (ageMs < 15 * DAY_MS) return floorTo(startMs, MINUTE_MS);
  if (ageMs < 63 * DAY_MS) return floorTo(startMs, 5 * MINUTE_MS);
  return floorTo(startMs, 60 * MINUTE_MS);
}

export function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

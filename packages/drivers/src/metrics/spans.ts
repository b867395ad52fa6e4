import type { MetricWindow } from "@headgate/core";

/** A window whose ends are on the grid of its period. Milliseconds. */
export interface Span extends MetricWindow {
  readonly periodMs: number;
}

const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** More periods than this are merged into longer ones: a day of minutes. */
const PERIODS_MAX = 1440;
/** The periods below a minute; above, every whole minute. Source: AWS docs, API_MetricStat. */
const FINE_PERIODS_MS = [1, 5, 10, 30].map((seconds) => seconds * SECOND_MS);

/**
 * CloudWatch gives nothing at all when the start is older than this and the period is shorter.
 * Source: AWS docs, API_GetMetricData, StartTime. A minute is left for the request to get there.
 */
const RETENTION = [
  { olderThanMs: 63 * DAY_MS, leastMs: HOUR_MS },
  { olderThanMs: 15 * DAY_MS, leastMs: 5 * MINUTE_MS },
  { olderThanMs: 3 * HOUR_MS - MINUTE_MS, leastMs: MINUTE_MS },
] as const;

/** The longest period. Source: AWS docs, CloudWatch concepts, "Periods": up to one day. */
const LONGEST_PERIOD_MS = DAY_MS;

/** Whether CloudWatch can count by buckets of this length. */
export function isPeriod(ms: number): boolean {
  return FINE_PERIODS_MS.includes(ms) || (ms > 0 && ms % MINUTE_MS === 0);
}

/** The shortest period that CloudWatch still has for data as old as `fromMs`. */
function leastPeriodMs(fromMs: number, nowMs: number): number {
  return RETENTION.find(({ olderThanMs }) => nowMs - fromMs > olderThanMs)?.leastMs ?? SECOND_MS;
}

/**
 * Both ends moved down to a whole period. So windows that follow one another neither overlap nor leave
 * a gap, and a period that is not over is never read: its count would only seem low.
 */
export function alignWindow(
  { fromMs, toMs }: MetricWindow,
  resolutionMs: number,
  nowMs: number,
): Span {
  const leastMs = Math.max(
    resolutionMs,
    (toMs - fromMs) / PERIODS_MAX,
    leastPeriodMs(fromMs, nowMs),
  );
  const fine = FINE_PERIODS_MS.find((ms) => ms >= leastMs && ms % resolutionMs === 0);
  const periodMs = fine ?? Math.ceil(leastMs / MINUTE_MS) * MINUTE_MS;
  const down = (ms: number) => Math.floor(ms / periodMs) * periodMs;
  return { fromMs: down(fromMs), toMs: down(toMs), periodMs };
}

/**
 * The buckets of `resolutionMs` that lie wholly in the window. What CloudWatch no longer keeps by this
 * resolution is left out: counts by the second are gone after three hours.
 */
export function wholeBuckets(window: MetricWindow, resolutionMs: number, nowMs: number): Span {
  const keptMs = RETENTION.findLast(({ leastMs }) => leastMs > resolutionMs)?.olderThanMs;
  const fromMs = keptMs === undefined ? window.fromMs : Math.max(window.fromMs, nowMs - keptMs);
  return {
    fromMs: Math.ceil(fromMs / resolutionMs) * resolutionMs,
    toMs: Math.floor(window.toMs / resolutionMs) * resolutionMs,
    periodMs: resolutionMs,
  };
}

/** As few periods as CloudWatch allows, on whole minutes (hours where it keeps no minutes). */
export function longPeriods({ fromMs, toMs }: MetricWindow, nowMs: number): Span {
  const gridMs = Math.max(MINUTE_MS, leastPeriodMs(fromMs, nowMs));
  const from = Math.ceil(fromMs / gridMs) * gridMs;
  const to = Math.floor(toMs / gridMs) * gridMs;
  return {
    fromMs: from,
    toMs: to,
    periodMs: Math.min(LONGEST_PERIOD_MS, Math.max(gridMs, to - from)),
  };
}

/** Whole hours; minutes when the window is shorter than two hours. */
export function hourlyPeriods({ fromMs, toMs }: MetricWindow, nowMs: number): Span {
  const isShort = toMs - fromMs < 2 * HOUR_MS;
  const periodMs = isShort ? Math.max(MINUTE_MS, leastPeriodMs(fromMs, nowMs)) : HOUR_MS;
  return {
    fromMs: Math.ceil(fromMs / periodMs) * periodMs,
    toMs: Math.floor(toMs / periodMs) * periodMs,
    periodMs,
  };
}

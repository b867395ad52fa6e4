import type { TrafficSpan } from "@headgate/core";

/** What traffic a rollout can expect, and where that is known from. */
export interface ExpectedTraffic {
  readonly requestsPerSecond: number;
  /** Fraction of requests that fail, 0 to 1. */
  readonly errorRate: number;
  readonly from: "given" | "history";
  /** How many days of history it rests on; 0 when it was given. */
  readonly days: number;
}

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const HISTORY_MS = 14 * DAY_MS;

/**
 * The traffic of this hour of the day, as the days before had it: the median, so that neither a quiet holiday nor
 * one busy day decides. Undefined when there was none at all.
 */
export function usualTraffic(
  spans: readonly TrafficSpan[],
  nowMs: number,
): ExpectedTraffic | undefined {
  const requests = sumOf(spans, (span) => span.requests);
  if (requests === 0) return undefined;
  const firstMs = Math.min(...spans.map(({ fromMs }) => fromMs));
  const days = Math.max(1, Math.ceil((nowMs - firstMs) / DAY_MS));
  const rates = Array.from({ length: days }, (_, day) => {
    const toMs = nowMs - day * DAY_MS;
    return rateIn(spans, { fromMs: Math.max(firstMs, toMs - HOUR_MS), toMs });
  });
  const known = rates.filter((rate) => rate !== undefined);
  return {
    requestsPerSecond: median(known),
    errorRate: sumOf(spans, (span) => span.errors) / requests,
    from: "history",
    days,
  };
}

/** Requests a second of what overlaps the window; hours that are missing had none. */
function rateIn(
  spans: readonly TrafficSpan[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number | undefined {
  if (toMs <= fromMs) return undefined;
  const requests = sumOf(spans, (span) => {
    const overlapMs = Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs);
    return overlapMs <= 0 ? 0 : (span.requests * overlapMs) / (span.toMs - span.fromMs);
  });
  return (requests / (toMs - fromMs)) * 1000;
}

function sumOf(spans: readonly TrafficSpan[], count: (span: TrafficSpan) => number): number {
  return spans.reduce((sum, span) => sum + count(span), 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

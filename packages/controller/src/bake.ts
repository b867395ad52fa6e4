import type { BakeCounts, MetricSource, MetricWindow, RequestCounts } from "@headgate/core";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * All traffic of the window, and of the same hours a day and a week before; absent where there was none. By whole
 * minutes, as sources keep them, and without the end that is not counted yet.
 */
export async function compareBake(
  metrics: MetricSource,
  window: MetricWindow,
): Promise<BakeCounts> {
  const minute = (ms: number) => Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  const fromMs = minute(window.fromMs);
  const toMs = minute(window.toMs - metrics.lagMs);
  if (toMs <= fromMs) return {};
  const earlier = async (days: number) => {
    const backMs = days * DAY_MS;
    return totalOf(await metrics.history({ fromMs: fromMs - backMs, toMs: toMs - backMs }));
  };
  const [now, dayBefore, weekBefore] = await Promise.all([earlier(0), earlier(1), earlier(7)]);
  return {
    ...(now === undefined ? {} : { now }),
    ...(dayBefore === undefined ? {} : { dayBefore }),
    ...(weekBefore === undefined ? {} : { weekBefore }),
  };
}

function totalOf(spans: readonly RequestCounts[]): RequestCounts | undefined {
  const requests = spans.reduce((sum, span) => sum + span.requests, 0);
  if (requests === 0) return undefined;
  return { requests, errors: spans.reduce((sum, span) => sum + span.errors, 0) };
}

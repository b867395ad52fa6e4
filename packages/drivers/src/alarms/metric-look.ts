import type { Metric, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import type { Clock } from "../clock.ts";
import { dimensionNames, dimensionText } from "./watched-metric.ts";
import type { WatchedMetric } from "./watched-metric.ts";

const DAY_MS = 24 * 3_600_000;
const HOUR_SECONDS = 3600;

/** Two weeks tell a quiet night from a metric that never existed. */
export const LOOK_BACK_MS = 14 * DAY_MS;

/** How new an alarm's data is. */
export type Freshness =
  | { readonly kind: "fresh" }
  /** To the hour. */
  | { readonly kind: "old"; readonly newestMs: number }
  | { readonly kind: "never" };

/** What looks at metrics, until a moment after which nothing is sent any more. */
export interface MetricLook {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  readonly untilMs: number;
}

/** When any of the metrics last had data: newer than `freshMs` ago, before that, or never in two weeks. */
export async function freshnessOf(
  look: MetricLook,
  alarm: string,
  watched: readonly WatchedMetric[],
  freshMs: number,
): Promise<Freshness> {
  const nowMs = look.clock.nowMs();
  const recent = await newestMs(look, alarm, watched, { fromMs: nowMs - freshMs, toMs: nowMs });
  if (recent !== undefined) return { kind: "fresh" };
  // By the hour, two weeks are some 340 points; what was published more finely is there by the hour too.
  const byHour = watched.map((one) => ({ ...one, periodSeconds: HOUR_SECONDS }));
  const span = { fromMs: nowMs - LOOK_BACK_MS, toMs: nowMs };
  const newest = await newestMs(look, alarm, byHour, span);
  if (newest === undefined) return { kind: "never" };
  return { kind: "old", newestMs: Math.min(newest + HOUR_SECONDS * 1000, nowMs - freshMs) };
}

async function newestMs(
  { clients, run, clock, untilMs }: MetricLook,
  alarm: string,
  watched: readonly WatchedMetric[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<number | undefined> {
  const MetricDataQueries = watched.map(
    ({ metric, periodSeconds, unit, accountId }, index): MetricDataQuery => ({
      Id: `q${index}`,
      AccountId: accountId,
      // Any statistic would do; this one every metric has.
      MetricStat: { Metric: metric, Period: periodSeconds, Stat: "SampleCount", Unit: unit },
    }),
  );
  const input = { MetricDataQueries, StartTime: new Date(fromMs), EndTime: new Date(toMs) };
  const cloudWatch = await clients.cloudWatch();
  const { MetricDataResults = [] } = await run(
    { action: "cloudwatch:GetMetricData", subject: `alarm ${alarm}` },
    (abortSignal) => cloudWatch.getMetricData(input, { abortSignal }),
    { deadlineMs: untilMs - clock.nowMs() },
  );
  const times = MetricDataResults.flatMap(({ Timestamps = [] }) => Timestamps);
  return times.length === 0 ? undefined : Math.max(...times.map((time) => time.getTime()));
}

/** Under which dimensions a metric has had data, when it has none under those of the alarm. */
export interface Elsewhere {
  /** No data at all has the same names of dimensions: nobody publishes it like this. */
  readonly isOtherNames: boolean;
  /** A few of them, for people. */
  readonly detail: string;
}

/** The metric's name under other dimensions; undefined when nobody publishes it at all. */
export async function elsewhereOf(
  { clients, run, clock, untilMs }: MetricLook,
  alarm: string,
  metric: Metric,
): Promise<Elsewhere | undefined> {
  const { Namespace, MetricName } = metric;
  const cloudWatch = await clients.cloudWatch();
  // The first page, of 500, is enough: what matters is whether there is any.
  const { Metrics = [] } = await run(
    { action: "cloudwatch:ListMetrics", subject: `alarm ${alarm}` },
    (abortSignal) => cloudWatch.listMetrics({ Namespace, MetricName }, { abortSignal }),
    { deadlineMs: untilMs - clock.nowMs() },
  );
  if (Metrics.length === 0) return undefined;
  const own = dimensionNames(metric);
  const shown = Metrics.slice(0, 3).map(dimensionText).join("; ");
  const more = Metrics.length > 3 ? `; and ${Metrics.length - 3} more` : "";
  return {
    isOtherNames: Metrics.every((other) => dimensionNames(other) !== own),
    detail: `${shown}${more}`,
  };
}

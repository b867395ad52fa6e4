import type { Metric, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { PreflightFinding } from "@headgate/core";
import { type Looked, lookAt, ok, problem, warning } from "../preflight.ts";
import type { CloudWatchAlarmsOptions, FoundAlarm } from "./cloudwatch.ts";

const HOUR_MS = 3_600_000;
/**
 * Alarms of a period below a minute read data that CloudWatch keeps for three hours. For the others
 * two weeks tell a quiet night from a metric that never existed. Source: AWS docs, publishingMetrics.
 */
const FINE_LOOK_BACK_MS = 3 * HOUR_MS;
const LOOK_BACK_MS = 14 * 24 * HOUR_MS;

/** What a rollout should know of one alarm before it trusts it. */
export async function alarmFindings(
  options: CloudWatchAlarmsOptions,
  name: string,
  found: FoundAlarm | undefined,
): Promise<readonly PreflightFinding[]> {
  if (found === undefined) {
    const nothing = problem(
      `there is no alarm "${name}" in this account and region`,
      "Create it, or correct the name under alarms.",
    );
    return [{ check: `alarm ${name} exists`, ...nothing }];
  }
  const exists = ok(`alarm ${name} exists`, describeAlarm(found));
  const state = stateFinding(name, found);
  if (found.kind === "composite") return [exists, ...state];
  return [
    exists,
    ...state,
    await lookAt(`alarm ${name} has received data`, () => dataFinding(options, found.alarm)),
    ...(await scopeFindings(options, name, found.alarm)),
  ];
}

/** "2 of 3 periods of 60 s": how long it takes at least until it fires. */
function describeAlarm({ kind, alarm }: FoundAlarm): string {
  if (kind === "composite") return `composite alarm: ${alarm.AlarmRule ?? ""}`;
  const periods = alarm.EvaluationPeriods ?? 1;
  const breaching = alarm.DatapointsToAlarm ?? periods;
  const [watched] = metricsOf(alarm);
  return `${breaching} of ${periods} periods of ${watched?.periodSeconds ?? 60} s`;
}

/**
 * Only what is odd about the state. An alarm that fires already is not our finding: the controller
 * applies the user's rule (atStart) to it.
 */
function stateFinding(name: string, { alarm }: FoundAlarm): readonly PreflightFinding[] {
  if (alarm.StateValue !== "INSUFFICIENT_DATA") return [];
  const state = warning(
    `it has no data now: ${alarm.StateReason ?? ""}`,
    "See noData under alarms for what that does to the rollout.",
  );
  return [{ check: `alarm ${name} has data now`, ...state }];
}

async function dataFinding(
  { clients, run, clock }: CloudWatchAlarmsOptions,
  alarm: MetricAlarm,
): Promise<Looked> {
  const watched = metricsOf(alarm);
  if (watched.length === 0) return "it reads no single metric that could be looked up";
  const isFine = watched.some(({ periodSeconds }) => periodSeconds < 60);
  const toMs = clock.nowMs();
  const fromMs = toMs - (isFine ? FINE_LOOK_BACK_MS : LOOK_BACK_MS);
  const MetricDataQueries = watched.map(({ metric }, index) => ({
    Id: `q${index}`,
    // Any statistic would do; this one every metric has. Long periods: all that counts is whether.
    MetricStat: { Metric: metric, Period: isFine ? 60 : 3600, Stat: "SampleCount" },
  }));
  const cloudWatch = await clients.cloudWatch();
  const request = { action: "cloudwatch:GetMetricData", subject: `alarm ${alarm.AlarmName ?? ""}` };
  const { MetricDataResults = [] } = await run(request, (abortSignal) =>
    cloudWatch.getMetricData(
      { MetricDataQueries, StartTime: new Date(fromMs), EndTime: new Date(toMs) },
      { abortSignal },
    ),
  );
  if (MetricDataResults.some(({ Values = [] }) => Values.length > 0)) return "it has data";
  return warning(
    `its metric had no data in the last ${isFine ? "3 hours" : "2 weeks"}`,
    "Compare its namespace, metric name and dimensions with what the platform sends.",
  );
}

interface WatchedMetric {
  readonly metric: Metric;
  readonly periodSeconds: number;
}

/** The metrics an alarm reads: its own, or those under its expression. */
function metricsOf(alarm: MetricAlarm): readonly WatchedMetric[] {
  const { Namespace, MetricName, Dimensions, Period = 60 } = alarm;
  if (MetricName !== undefined) {
    return [{ metric: { Namespace, MetricName, Dimensions }, periodSeconds: Period }];
  }
  return (alarm.Metrics ?? []).flatMap(({ MetricStat }) =>
    MetricStat?.Metric === undefined
      ? []
      : [{ metric: MetricStat.Metric, periodSeconds: MetricStat.Period ?? 60 }],
  );
}

/** A Lambda metric should be this function's, and if it names a resource, this alias's. */
function scopeFindings(
  { target }: CloudWatchAlarmsOptions,
  name: string,
  alarm: MetricAlarm,
): Promise<readonly PreflightFinding[]> {
  const check = `alarm ${name} watches ${target.functionName}:${target.alias}`;
  const watched = metricsOf(alarm).filter(({ metric }) => metric.Namespace === "AWS/Lambda");
  return Promise.all(watched.map(({ metric }) => lookAt(check, () => scopeOf(metric, target))));
}

function scopeOf(
  metric: Metric,
  { functionName, alias }: CloudWatchAlarmsOptions["target"],
): Looked {
  const valueOf = (dimension: string) =>
    metric.Dimensions?.find(({ Name }) => Name === dimension)?.Value;
  const watched = valueOf("FunctionName");
  if (watched !== functionName) {
    const what = watched === undefined ? "all functions" : `function ${watched}`;
    return warning(`it watches ${what}`, `Give it the dimension FunctionName=${functionName}.`);
  }
  const resource = valueOf("Resource");
  if (resource === undefined) return "the whole function: both versions and every other alias";
  if (resource === `${functionName}:${alias}`) return "this alias";
  return warning(
    `its Resource is ${resource}, not ${functionName}:${alias}`,
    "Traffic through the alias is counted under the alias's own Resource.",
  );
}

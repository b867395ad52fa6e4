import type { MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { RolloutError } from "@headgate/core";
import type { AlarmFinding, AlarmLook } from "@headgate/core";
import { isSparse } from "./lambda-scope.ts";
import { right } from "./scope.ts";
import type { Scope, ScopeOf } from "./scope.ts";
import { elsewhereOf, freshnessOf } from "./metric-look.ts";
import type { Elsewhere, Freshness, MetricLook } from "./metric-look.ts";
import { dimensionText, metricsOf, metricText } from "./watched-metric.ts";
import type { WatchedMetric } from "./watched-metric.ts";

/** What an alarm was found to be, without the canary that it was looked at for. */
export type Found = Omit<AlarmFinding, "canary">;

const MINUTE_MS = 60_000;

/** An alarm's newest data may be this old, however short its periods: metrics arrive late. */
const LATE_MS = 5 * MINUTE_MS;

/** Classifies an alarm on metrics, by what it watches first: the state of a wrong one says nothing. */
export async function classifyMetricAlarm(
  alarm: MetricAlarm,
  look: MetricLook & { readonly scopeOf?: ScopeOf; readonly versions: AlarmLook },
): Promise<Found> {
  const watched = metricsOf(alarm);
  const scopes = watched.map(({ metric }) => look.scopeOf?.(metric, look.versions) ?? right(""));
  const facts = factsOf(alarm, watched, scopes);
  const wrong = scopes.filter(({ kind }) => kind === "wrong");
  const [first] = wrong;
  if (first !== undefined && wrong.length === scopes.length) {
    return found(facts, "wrongDimensions", first.detail, first.hint);
  }
  if (alarm.StateValue === "ALARM") {
    return found(facts, "alarm", `already in ALARM since ${sinceText(alarm, look)}`, "");
  }
  if (watched.length === 0) {
    const warnings = [...facts.warnings, "it reads no single metric that could be looked up"];
    return byState({ ...facts, warnings }, alarm);
  }
  const freshMs = staleAfterMs(alarm, watched);
  const freshness = await freshnessOf(look, nameOf(alarm), watched, freshMs);
  const judged = byData(facts, alarm, { watched, freshness, nowMs: look.clock.nowMs(), freshMs });
  return freshness.kind === "never" ? lookElsewhere(judged, alarm, watched, look) : judged;
}

/** Three times the periods that a state is decided on. Ours: AWS evaluates a few periods more than those. */
function staleAfterMs(alarm: MetricAlarm, watched: readonly WatchedMetric[]): number {
  const longestSeconds = Math.max(...watched.map(({ periodSeconds }) => periodSeconds));
  return Math.max(3 * (alarm.EvaluationPeriods ?? 1) * longestSeconds * 1000, LATE_MS);
}

interface DataFacts {
  readonly watched: readonly WatchedMetric[];
  readonly freshness: Freshness;
  readonly freshMs: number;
  readonly nowMs: number;
}

function byData(facts: Facts, alarm: MetricAlarm, data: DataFacts): Found {
  const { freshness, nowMs } = data;
  const evidence = { ...facts.evidence, data: freshnessText(freshness, nowMs) };
  const known = { ...facts, evidence };
  const never = "its metric had no data in the last 2 weeks";
  if (alarm.StateValue !== "OK") {
    const silent =
      freshness.kind === "never"
        ? never
        : freshness.kind === "old"
          ? `it has had no data since ${timeText(freshness.newestMs, nowMs)}`
          : `it has data, and is not evaluated yet: ${alarm.StateReason ?? ""}`;
    return found(known, "noData", silent, COMPARE);
  }
  if (
    alarm.EvaluationState === "EVALUATION_ERROR" ||
    alarm.EvaluationState === "EVALUATION_FAILURE"
  ) {
    const detail = `CloudWatch does not evaluate it (${alarm.EvaluationState}): its OK is from ${sinceText(alarm, { clock: { nowMs: () => nowMs } })}`;
    return found(known, "stale", detail, "Look at the alarm in the CloudWatch console.");
  }
  if (freshness.kind === "fresh") return byState(known, alarm);
  // Its owner's own word: silence of a count of failures is good.
  const isSilenceFine =
    alarm.TreatMissingData === "notBreaching" &&
    data.watched.every(({ metric }) => isSparse(metric));
  if (isSilenceFine) {
    const silence = freshness.kind === "never" ? [`${never}; it takes silence for OK`] : [];
    return byState({ ...known, warnings: [...known.warnings, ...silence] }, alarm);
  }
  if (freshness.kind === "never") return found(known, "noData", `it is OK, but ${never}`, COMPARE);
  const detail = `it is OK, but its newest data is from ${timeText(freshness.newestMs, nowMs)}, more than ${minutesText(data.freshMs)} ago`;
  return found(
    known,
    "stale",
    `${detail} (missing data: ${alarm.TreatMissingData ?? "missing"})`,
    COMPARE,
  );
}

const COMPARE = "Compare its namespace, metric name, unit and dimensions with what is published.";

/**
 * Without any data it matters whether others of that name have some: then the dimensions are to blame. The
 * list is a permission of its own (cloudwatch:ListMetrics): without it the finding stands as it is.
 */
async function lookElsewhere(
  judged: Found,
  alarm: MetricAlarm,
  watched: readonly WatchedMetric[],
  look: MetricLook,
): Promise<Found> {
  // Lambda's own dimensions have been judged already; other accounts' lists are not ours to read.
  const [only, ...more] = watched;
  if (only === undefined || more.length > 0 || only.accountId !== undefined) return judged;
  if (only.metric.Namespace === "AWS/Lambda") return judged;
  let elsewhere: Elsewhere | undefined;
  try {
    elsewhere = await elsewhereOf(look, nameOf(alarm), only.metric);
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    return warnedOf(judged, `not seen whether other dimensions have data: ${error.message}`);
  }
  if (elsewhere === undefined) return judged;
  const own = dimensionText(only.metric);
  if (!elsewhere.isOtherNames) {
    const text = `under ${own} nothing was published in two weeks, under ${elsewhere.detail} there was`;
    return warnedOf(judged, text);
  }
  const detail = `its metric is published only under ${elsewhere.detail}, never under ${own}`;
  const hint = "Give it dimensions that are published, all of them.";
  return { ...judged, class: "wrongDimensions", detail, hint, warnings: [] };
}

function warnedOf(judged: Found, text: string): Found {
  return { ...judged, warnings: [...judged.warnings, text] };
}

interface Facts {
  readonly summary: string;
  readonly warnings: readonly string[];
  readonly evidence: Found["evidence"];
}

function factsOf(
  alarm: MetricAlarm,
  watched: readonly WatchedMetric[],
  scopes: readonly Scope[],
): Facts {
  const periods = alarm.EvaluationPeriods ?? 1;
  const breaching = alarm.DatapointsToAlarm ?? periods;
  const rule = `${breaching} of ${periods} periods of ${watched[0]?.periodSeconds ?? 60} s`;
  const metrics = watched.map(({ metric }) => metricText(metric));
  const isWholeThere = scopes.some(({ kind }) => kind === "right");
  const odd = scopes
    .filter(({ kind, isOneVersion }) => kind !== "right" && !(isWholeThere && isOneVersion))
    .map(({ detail }) => detail);
  const keeps = alarm.TreatMissingData === "ignore" && alarm.StateValue === "OK";
  return {
    summary: `${rule} of ${metrics.join(" and ") || "an expression"}`,
    warnings: keeps ? [...odd, "it stays OK when its data stops (missing data: ignore)"] : odd,
    evidence: {
      rule,
      metrics,
      missingData: alarm.TreatMissingData ?? "missing",
      stateReason: alarm.StateReason ?? "",
      ...(alarm.StateTransitionedTimestamp === undefined
        ? {}
        : { since: alarm.StateTransitionedTimestamp.toISOString() }),
    },
  };
}

function byState(facts: Facts, alarm: MetricAlarm): Found {
  if (alarm.StateValue === "OK") return found(facts, "ok", `OK: ${facts.summary}`, "");
  return found(facts, "noData", `it has no data: ${alarm.StateReason ?? ""}`, COMPARE);
}

function found(facts: Facts, kind: Found["class"], detail: string, hint: string): Found {
  return { class: kind, detail, hint, warnings: facts.warnings, evidence: facts.evidence };
}

/** "10:02 UTC (Threshold Crossed: ...)". */
export function sinceText(
  alarm: Pick<MetricAlarm, "StateReason" | "StateTransitionedTimestamp" | "StateUpdatedTimestamp">,
  { clock }: { readonly clock: { nowMs(): number } },
): string {
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  const when = since === undefined ? "an unknown time" : timeText(since.getTime(), clock.nowMs());
  return `${when} (${alarm.StateReason ?? "no reason given"})`;
}

function freshnessText(freshness: Freshness, nowMs: number): string {
  if (freshness.kind === "old") return `newest from about ${timeText(freshness.newestMs, nowMs)}`;
  return freshness.kind === "fresh" ? "fresh" : "none in 2 weeks";
}

/** The day only when it is another one. */
function timeText(atMs: number, nowMs: number): string {
  const [day = "", time = ""] = new Date(atMs).toISOString().split("T");
  const isToday = new Date(nowMs).toISOString().startsWith(day);
  return `${isToday ? "" : `${day} `}${time.slice(0, 5)} UTC`;
}

function minutesText(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

function nameOf({ AlarmName = "" }: MetricAlarm): string {
  return AlarmName;
}

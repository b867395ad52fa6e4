import type { TimeSeries } from "./metric-math/values.ts";
import type { MetricQuery, QueryAnswer } from "./metric-queries.ts";

/**
 * The labels AWS makes up: the metric's name, and its statistic and period where the request's metrics
 * differ in them. Source: recorded AWS answers (LocalStack snapshot test_label_generation).
 */
export function labelOf(
  answer: QueryAnswer,
  series: TimeSeries,
  queries: readonly MetricQuery[],
  region: string,
): string {
  const made = defaultLabel(answer.query, series, queries);
  const { Label } = answer.query;
  if (Label === undefined) return made;
  const text = withValues(Label, { answer, series, made, region });
  // An expression that gives several series puts its label before each one's own.
  return answer.isArray && !Label.includes("${LABEL}") ? `${text} ${made}` : text;
}

function defaultLabel(
  query: MetricQuery,
  series: TimeSeries,
  queries: readonly MetricQuery[],
): string {
  if (query.MetricStat === undefined) return series.label;
  const stats = queries.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat]));
  const differs = (key: "Stat" | "Period") => new Set(stats.map((stat) => stat[key])).size > 1;
  const parts = [series.label];
  if (differs("Stat")) parts.push(String(query.MetricStat.Stat));
  if (differs("Period")) parts.push(String(query.MetricStat.Period));
  return parts.join(" ");
}

interface LabelParts {
  readonly answer: QueryAnswer;
  readonly series: TimeSeries;
  readonly made: string;
  readonly region: string;
}

/** `${PROP('Dim.X')}`, `${MAX}`, ... Source: AWS docs, "Using dynamic labels"; not those with times. */
function withValues(label: string, parts: LabelParts): string {
  return label.replaceAll(/\$\{(?:PROP\('([^']+)'\)|([A-Z]+))\}/g, (whole, property, word) => {
    if (property !== undefined) return propertyOf(String(property), parts) ?? whole;
    if (word === "LABEL") return parts.made;
    return valueOf(String(word), [...parts.series.points.values()]) ?? whole;
  });
}

function propertyOf(property: string, { answer, region }: LabelParts): string | undefined {
  const { MetricStat } = answer.query;
  if (property === "Region") return region;
  if (MetricStat === undefined) return undefined;
  if (property === "Stat") return MetricStat.Stat;
  if (property === "Period") return String(MetricStat.Period);
  if (property === "MetricName") return MetricStat.Metric?.MetricName;
  if (property === "Namespace") return MetricStat.Metric?.Namespace;
  if (!property.startsWith("Dim.")) return undefined;
  const name = property.slice("Dim.".length);
  return MetricStat.Metric?.Dimensions?.find(({ Name }) => Name === name)?.Value;
}

function valueOf(word: string, values: readonly number[]): string | undefined {
  const sum = values.reduce((total, value) => total + value, 0);
  const made: Readonly<Record<string, number | undefined>> = {
    MAX: Math.max(...values),
    MIN: Math.min(...values),
    SUM: sum,
    AVG: sum / values.length,
    FIRST: values[0],
    LAST: values.at(-1),
  };
  return values.length === 0 ? undefined : made[word]?.toString();
}

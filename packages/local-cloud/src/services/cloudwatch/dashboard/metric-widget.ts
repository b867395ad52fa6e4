import { AwsError } from "../../../aws-error.ts";
import type { JsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { labelOf } from "../labels.ts";
import { answerQueries, type QueryAnswer } from "../metric-queries.ts";
import { dimensionsOf } from "../metric-reader.ts";
import { checkDataQueries } from "../query-validation.ts";
import { alarmRows, annotationsOf } from "./annotations.ts";
import { listIn, numberIn, objectIn, textIn } from "./members.ts";
import { defaultsOf, type MetricRow, metricRows } from "./metric-rows.ts";
import { distinctLabel } from "./line-labels.ts";
import { whyNoData } from "./no-data.ts";
import type { AxisView, LineView, NumberView, WidgetContent } from "./views.ts";

/** When and for whom a dashboard is looked at. */
export interface Look extends Place {
  readonly startMs: number;
  readonly endMs: number;
}

/** What lines take in turn. They can be told apart on light and on dark. */
const COLORS = [
  "#3b82d4",
  "#e8843c",
  "#35a06a",
  "#d9485f",
  "#9467bd",
  "#a5744f",
  "#d264b0",
  "#7f8794",
  "#b5a327",
  "#22a5b8",
];

const NUMBER_VIEWS: ReadonlySet<unknown> = new Set(["singleValue", "gauge", "bar", "pie", "table"]);

export function metricWidget(cloud: Cloud, properties: JsonObject, look: Look): WidgetContent {
  const defaults = defaultsOf(properties, look);
  const alarms = alarmRows(cloud, properties, look);
  const { rows, problems: badRows } =
    listIn(properties, "metrics").length > 0 ? metricRows(properties, defaults) : alarms;
  const { lines, problems: unanswered } = linesOf(cloud, rows, look);
  const problems = [...badRows, ...unanswered];
  if (NUMBER_VIEWS.has(properties["view"])) {
    return { kind: "numbers", values: numbersOf(properties, lines), problems };
  }
  const axes = objectIn(properties, "yAxis");
  return {
    kind: "chart",
    isStacked: properties["stacked"] === true && properties["view"] !== "singleValue",
    lines,
    bounds: [...annotationsOf(properties), ...alarms.bounds],
    left: axisOf(objectIn(axes, "left")),
    right: axisOf(objectIn(axes, "right")),
    problems,
  };
}

function axisOf(axis: JsonObject): AxisView {
  return { min: numberIn(axis, "min"), max: numberIn(axis, "max"), label: textIn(axis, "label") };
}

interface Lines {
  readonly lines: readonly LineView[];
  readonly problems: readonly string[];
}

/** Metric math sees the metrics of its own region only, so each region is asked by itself. */
function linesOf(cloud: Cloud, rows: readonly MetricRow[], look: Look): Lines {
  const lines: LineView[] = [];
  const problems: string[] = [];
  const regions = [...new Set(rows.map(({ region }) => region))];
  for (const region of regions) {
    const ours = rows.filter((row) => row.region === region);
    try {
      const place = { account: look.account, region };
      for (const answer of answersOf(cloud, ours, { ...look, ...place })) {
        const row = ours.find(({ query }) => query.Id === answer.query.Id);
        const made = linesOfAnswer(cloud, answer, { ours, place, row, taken: lines.length });
        lines.push(...made);
        if (made.every(({ points }) => points.length === 0)) {
          problems.push(emptyReason(cloud, answer, place));
        }
      }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      problems.push(error.message);
    }
  }
  return { lines, problems };
}

function answersOf(cloud: Cloud, rows: readonly MetricRow[], look: Look): QueryAnswer[] {
  const queries = rows.map(({ query }) => query);
  if (queries.every(({ ReturnData }) => ReturnData === false)) return [];
  checkDataQueries(queries);
  const { startMs, endMs, ...place } = look;
  const nowMs = cloud.clock.nowMs();
  return answerQueries(queries, { startMs, endMs, nowMs, metrics: cloud.metrics, place });
}

function linesOfAnswer(
  cloud: Cloud,
  answer: QueryAnswer,
  {
    ours,
    place,
    row,
    taken,
  }: {
    readonly ours: readonly MetricRow[];
    readonly place: Place;
    readonly row: MetricRow | undefined;
    readonly taken: number;
  },
): LineView[] {
  const queries = ours.map(({ query }) => query);
  const apart = row === undefined ? undefined : distinctLabel(row, ours);
  return answer.series.map((series, index) => ({
    label: apart ?? labelOf(answer, series, queries, place.region),
    color: row?.color ?? COLORS[(taken + index) % COLORS.length] ?? "#888888",
    side: row?.side ?? "left",
    unit: unitOf(cloud, answer, place),
    points: [...series.points],
  }));
}

function metricOf({ query }: QueryAnswer) {
  const metric = query.MetricStat?.Metric;
  if (metric === undefined) return undefined;
  const { Namespace: namespace = "", MetricName: metricName = "", Dimensions } = metric;
  return { namespace, metricName, dimensions: dimensionsOf(Dimensions) };
}

/** A count of samples has no unit of the metric's. */
function unitOf({ metrics }: Cloud, answer: QueryAnswer, place: Place): string | undefined {
  const metric = metricOf(answer);
  if (metric === undefined) return undefined;
  if (answer.query.MetricStat?.Stat === "SampleCount") return "Count";
  const unit = metrics.metric(place, metric)?.units[0];
  return unit === "None" ? undefined : unit;
}

function emptyReason({ metrics }: Cloud, answer: QueryAnswer, place: Place): string {
  const metric = metricOf(answer);
  if (metric !== undefined) return whyNoData(metrics, place, metric);
  return `${answer.query.Label ?? answer.query.Expression ?? ""}: the expression gives no data in this range of time.`;
}

/** The newest value of each. */
function numbersOf(properties: JsonObject, lines: readonly LineView[]): NumberView[] {
  const { min, max } = axisOf(objectIn(objectIn(properties, "yAxis"), "left"));
  const isGauge = properties["view"] === "gauge";
  const range = isGauge && max !== undefined ? { min: min ?? 0, max } : undefined;
  return lines.map(({ label, color, unit, points }) => ({
    label,
    color,
    unit,
    points,
    range,
    value: points.at(-1)?.[1],
  }));
}

import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import type { MetricQuery } from "../metric-queries.ts";
import { parseStatistic } from "../statistics.ts";
import { isPeriod } from "../periods.ts";
import { colorIn, listIn, numberIn, textIn } from "./members.ts";
import type { Side } from "./views.ts";

/** One row of a widget's `metrics`: what to ask, and how to draw it. */
export interface MetricRow {
  readonly query: MetricQuery;
  readonly region: string;
  readonly color: string | undefined;
  readonly side: Side;
}

export interface RowDefaults {
  readonly region: string;
  readonly stat: string;
  readonly periodSeconds: number;
  /** No line is drawn finer than this. */
  readonly leastPeriodSeconds: number;
}

const STAT = "Average";
const PERIOD_SECONDS = 300;
/** Points that a line may have. Ours: about as many as a wide screen has columns. */
const POINTS_MAX = 1440;
const SHORT_PERIODS_SECONDS = [1, 5, 10, 20, 30];

export function defaultsOf(
  properties: JsonObject,
  look: { readonly region: string; readonly startMs: number; readonly endMs: number },
): RowDefaults {
  const leastSeconds = (look.endMs - look.startMs) / 1000 / POINTS_MAX;
  return {
    region: textIn(properties, "region") ?? look.region,
    leastPeriodSeconds:
      SHORT_PERIODS_SECONDS.find((seconds) => seconds >= leastSeconds) ??
      Math.ceil(leastSeconds / 60) * 60,
    stat: textIn(properties, "stat") ?? STAT,
    periodSeconds: numberIn(properties, "period") ?? PERIOD_SECONDS,
  };
}

/**
 * Reads the rows: "." repeats the part above it, "..." all parts that the row leaves out.
 * Source: CloudWatch API reference, "Dashboard Body Structure and Syntax".
 * @returns the rows, and what is wrong with those that cannot be asked.
 */
export function metricRows(
  properties: JsonObject,
  defaults: RowDefaults,
): { readonly rows: readonly MetricRow[]; readonly problems: readonly string[] } {
  const rows: MetricRow[] = [];
  const problems: string[] = [];
  let above: readonly string[] = [];
  for (const [index, raw] of listIn(properties, "metrics").entries()) {
    const parts: readonly unknown[] = Array.isArray(raw) ? raw : [];
    const last = parts.at(-1);
    const options = isJsonObject(last) ? last : {};
    const given = (isJsonObject(last) ? parts.slice(0, -1) : parts).map(String);
    if (given.length > 0) above = expanded(given, above);
    const names = given.length > 0 ? above : [];
    const made = rowOf(names, options, defaults, `m_row_${index}`);
    if (typeof made === "string") problems.push(`Row ${index + 1}: ${made}`);
    else rows.push(made);
  }
  return { rows, problems };
}

/** "." before "..." counts from the left, after it from the right: ["...", "blue", ".", "."]. */
function expanded(given: readonly string[], above: readonly string[]): readonly string[] {
  const dots = given.indexOf("...");
  const [before, after] = dots < 0 ? [given, []] : [given.slice(0, dots), given.slice(dots + 1)];
  const restAt = above.length - after.length;
  const kept = dots < 0 ? [] : above.slice(before.length, restAt);
  return [
    ...repeated(before, above),
    ...kept,
    ...repeated(after, above.slice(Math.max(0, restAt))),
  ];
}

function repeated(parts: readonly string[], above: readonly string[]): readonly string[] {
  return parts.map((part, index) => (part === "." ? (above[index] ?? "") : part));
}

function rowOf(
  names: readonly string[],
  options: JsonObject,
  defaults: RowDefaults,
  madeId: string,
): MetricRow | string {
  const id = textIn(options, "id") ?? madeId;
  const look = {
    region: textIn(options, "region") ?? defaults.region,
    color: colorIn(options, "color"),
    side: options["yAxis"] === "right" ? ("right" as const) : ("left" as const),
  };
  const shown = {
    Id: id,
    Label: textIn(options, "label"),
    ReturnData: options["visible"] !== false,
  };
  const expression = textIn(options, "expression");
  if (expression !== undefined) {
    const Period = periodOf(options, defaults);
    return { ...look, query: { ...shown, Expression: expression, Period } };
  }
  const [Namespace, MetricName, ...dimensions] = names;
  if (MetricName === undefined) return "it names no metric and has no expression.";
  const Stat = textIn(options, "stat") ?? defaults.stat;
  const Period = periodOf(options, defaults);
  if (parseStatistic(Stat) === undefined) return `"${Stat}" is no statistic.`;
  if (!isPeriod(Period)) return `${Period} is no period.`;
  const Metric = { Namespace, MetricName, Dimensions: pairs(dimensions) };
  return { ...look, query: { ...shown, MetricStat: { Metric, Stat, Period } } };
}

/** A long range of time is looked at in longer periods, as the console does. */
function periodOf(options: JsonObject, defaults: RowDefaults): number {
  const wanted = numberIn(options, "period") ?? defaults.periodSeconds;
  return Math.max(wanted, defaults.leastPeriodSeconds);
}

function pairs(parts: readonly string[]) {
  return parts.flatMap((Name, index) =>
    index % 2 === 0 ? [{ Name, Value: parts[index + 1] ?? "" }] : [],
  );
}

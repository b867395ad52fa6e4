import type { CloudWatch, MetricDataQuery } from "@aws-sdk/client-cloudwatch";

const HOUR_MS = 3_600_000;

/** Asks for every line of a dashboard as its widgets say, and tells which have no data in the last hour. */
export async function emptyLines(cloudWatch: CloudWatch, name: string, nowMs: number) {
  const { DashboardBody = "{}" } = await cloudWatch.getDashboard({ DashboardName: name });
  const { widgets = [] }: { widgets?: readonly Widget[] } = JSON.parse(DashboardBody);
  const empty: string[] = [];
  let lines = 0;
  for (const { type, properties } of widgets) {
    if (type !== "metric") continue;
    const { MetricDataResults = [] } = await cloudWatch.getMetricData({
      MetricDataQueries: (properties.metrics ?? []).map((row) => queryOf(row, properties)),
      StartTime: new Date(nowMs - HOUR_MS),
      EndTime: new Date(nowMs),
    });
    for (const { Label, Id, Values = [] } of MetricDataResults) {
      lines += 1;
      if (Values.length === 0) empty.push(`${properties.title}: ${Label ?? Id}`);
    }
  }
  return { lines, empty };
}

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly period?: number;
    readonly metrics?: readonly Row[];
  };
}

interface Options {
  readonly id: string;
  readonly stat?: string;
  readonly label?: string;
  readonly expression?: string;
  readonly visible?: boolean;
}

type Row = readonly [...string[], Options];

function queryOf(row: Row, { period = 300 }: Widget["properties"]): MetricDataQuery {
  const options = row.at(-1);
  if (typeof options !== "object") throw new Error(`a row without options: ${JSON.stringify(row)}`);
  const names = row.filter((part) => typeof part === "string");
  const [Namespace, MetricName, ...dimensions] = names;
  const shown = {
    Id: options.id,
    Label: options.label,
    ReturnData: options.visible !== false,
  };
  if (options.expression !== undefined) return { ...shown, Expression: options.expression };
  const Dimensions = dimensions.flatMap((Name, index) =>
    index % 2 === 0 ? [{ Name, Value: dimensions[index + 1] }] : [],
  );
  const Metric = { Namespace, MetricName, Dimensions };
  return { ...shown, MetricStat: { Metric, Stat: options.stat, Period: period } };
}

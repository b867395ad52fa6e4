import { countedArm, type CountedArm, type MathRow } from "./metric-math.ts";
import type { ExtraChart, MonitoredArm, MonitoredTarget } from "./monitored.ts";

/** A dashboard's body in CloudWatch's own form. Source: CloudWatch API reference, "Dashboard Body Structure and Syntax". */
export interface DashboardBody {
  readonly widgets: readonly Widget[];
}

export interface Widget {
  readonly type: "text" | "metric" | "alarm";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>> & { readonly title?: string };
}

export interface DashboardParts {
  readonly name: string;
  /** Whether several targets are released together. */
  readonly isRelease: boolean;
  readonly region: string;
  readonly link?: string | undefined;
  readonly targets: readonly {
    readonly monitored: MonitoredTarget;
    /** ARNs of alarms that exist. */
    readonly alarms: readonly string[];
  }[];
  /** What all targets share: the results of tests. */
  readonly shared: readonly ExtraChart[];
}

/** Begins the first text: what has it may be overwritten. */
export const DASHBOARD_MARK = "Put by `headgate dashboard put`";

/** CloudWatch's grid has 24 columns. */
const COLUMNS = 24;
const CHART = { width: 8, height: 6 } as const;
const PERIOD_SECONDS = 60;

type Sized = Omit<Widget, "x" | "y">;

export function dashboardBody(parts: DashboardParts): DashboardBody {
  const rows: Sized[][] = [[text(header(parts), 3)]];
  for (const { monitored, alarms } of parts.targets) {
    rows.push([text(`## ${monitored.label}`, 1)]);
    if (alarms.length > 0) rows.push([alarmWidget(monitored, alarms)]);
    const charts = [
      ...chartsOf(monitored, parts.region),
      ...monitored.extras.map((extra) => extraChart(monitored, extra, parts.region)),
    ];
    rows.push(...inRows(charts));
  }
  const shared = parts.shared.map((extra) => extraChart(undefined, extra, parts.region));
  rows.push(...inRows(shared));
  return { widgets: placed(rows) };
}

function inRows(charts: readonly Sized[]): Sized[][] {
  const perRow = COLUMNS / CHART.width;
  const rows: Sized[][] = [];
  for (let start = 0; start < charts.length; start += perRow) {
    rows.push(charts.slice(start, start + perRow));
  }
  return rows;
}

function placed(rows: readonly (readonly Sized[])[]): Widget[] {
  const widgets: Widget[] = [];
  let y = 0;
  for (const row of rows) {
    let x = 0;
    for (const { type, width, height, properties } of row) {
      widgets.push({ type, x, y, width, height, properties });
      x += width;
    }
    y += Math.max(...row.map(({ height }) => height));
  }
  return widgets;
}

function header({ name, isRelease, link }: DashboardParts): string {
  const what = isRelease ? "release" : "rollout";
  return [
    `# ${name}`,
    `${DASHBOARD_MARK}; put it again after changes to the specification and with each release.`,
    `**Look** \`headgate status\` and \`headgate why\` · **hold** \`headgate pause\` · **go on** \`headgate resume\` · **take the new version out now** \`headgate abort\`. What a ${what} decided, and on which evidence, is in its journal.`,
    ...(link === undefined ? [] : [`More: ${link}`]),
  ].join("\n\n");
}

function text(markdown: string, height: number): Sized {
  return { type: "text", width: COLUMNS, height, properties: { markdown } };
}

function alarmWidget({ name }: MonitoredTarget, alarms: readonly string[]): Sized {
  const height = 2 + Math.ceil(alarms.length / 4);
  const properties = { title: `Alarms of ${name}`, alarms };
  return { type: "alarm", width: COLUMNS, height, properties };
}

/** Requests, errors, the share of errors, and latency: one line for each version that is told apart. */
function chartsOf(monitored: MonitoredTarget, region: string): Sized[] {
  const { arms, name } = monitored;
  const counted = arms.map((arm, index) => ({ arm, index, counts: countedArm(arm, `v${index}`) }));
  const chart = (title: string, rows: readonly MathRow[], axis: string) =>
    metricWidget(`${name}: ${title}`, rows, { region, axis });
  const shown = (id: string, expression: string, { label }: MonitoredArm): MathRow => ({
    kind: "expression",
    id,
    expression,
    label,
  });
  const requests = counted.flatMap(({ arm, index, counts }) =>
    counts.requestRows.concat(shown(`requests${index}`, counts.filledRequests, arm)),
  );
  const errors = counted.flatMap(({ arm, index, counts }) =>
    counts.errorRows.concat(shown(`errors${index}`, counts.errors, arm)),
  );
  const rates = counted.flatMap(({ arm, index, counts }) =>
    counts.requestRows.concat(counts.errorRows, shown(`rate${index}`, rateOf(counts), arm)),
  );
  const latency = arms.flatMap((arm, index): MathRow[] =>
    arm.latency === undefined
      ? []
      : (["p50", "p99"] as const).map((statistic) => ({
          kind: "metric",
          id: `l${index}${statistic}`,
          metric: arm.latency?.metric ?? NOTHING,
          statistic,
          label: `${arm.label} ${statistic}`,
        })),
  );
  const seconds = arms.some((arm) => arm.latency?.unitMs === 1000);
  return [
    chart("requests a minute", requests, "requests"),
    chart("errors a minute", errors, "errors"),
    chart("errors, percent of requests", rates, "percent"),
    ...(latency.length === 0
      ? []
      : [chart("latency", latency, seconds ? "seconds" : "milliseconds")]),
  ];
}

const NOTHING = { namespace: "", metricName: "", dimensions: {} };

/** A version without requests has a rate of 0 and not none, so that its line is there. */
function rateOf({ filledRequests: requests, errors }: CountedArm): string {
  return `IF((${requests}) > 0, 100 * (${errors}) / (${requests}), 0)`;
}

function extraChart(
  monitored: MonitoredTarget | undefined,
  { title, lines }: ExtraChart,
  region: string,
): Sized {
  const rows = lines.map(({ label, metric, statistic }, index): MathRow => ({
    kind: "metric",
    id: `x${index}`,
    metric,
    statistic,
    label,
  }));
  const full = monitored === undefined ? title : `${monitored.name}: ${title}`;
  return metricWidget(full, rows, { region, axis: "" });
}

function metricWidget(
  title: string,
  rows: readonly MathRow[],
  { region, axis }: { readonly region: string; readonly axis: string },
): Sized {
  return {
    type: "metric",
    ...CHART,
    properties: {
      title,
      region,
      view: "timeSeries",
      stacked: false,
      period: PERIOD_SECONDS,
      metrics: rows.map(rowOf),
      yAxis: { left: { min: 0, showUnits: false, ...(axis === "" ? {} : { label: axis }) } },
    },
  };
}

/** CloudWatch's array form: names, dimensions in turn, and what to do with them. */
function rowOf(row: MathRow): readonly unknown[] {
  const look = row.label === undefined ? { visible: false } : { label: row.label };
  if (row.kind === "expression") {
    return [{ id: row.id, expression: row.expression, ...look }];
  }
  const { namespace, metricName, dimensions } = row.metric;
  const options = { id: row.id, stat: row.statistic, ...look };
  return [namespace, metricName, ...Object.entries(dimensions).flat(), options];
}

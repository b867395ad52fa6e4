import type { MetricRow } from "./metric-rows.ts";

/**
 * The label of a row without one that has the same metric's name as others: what sets it apart, its
 * dimensions' values. Undefined when its own label will do.
 * Source: CloudWatch user guide, "Graph metrics": default labels name what differs.
 */
export function distinctLabel(row: MetricRow, rows: readonly MetricRow[]): string | undefined {
  const { Label, MetricStat: stat } = row.query;
  if (Label !== undefined || stat === undefined) return undefined;
  const same = rows.filter(
    ({ query }) =>
      query.ReturnData !== false &&
      query.MetricStat?.Metric?.MetricName === stat.Metric?.MetricName,
  );
  if (same.length < 2) return undefined;
  const values = (stat.Metric?.Dimensions ?? []).filter(
    ({ Name, Value }) =>
      !same.every(({ query }) => valueOf(query.MetricStat?.Metric?.Dimensions, Name) === Value),
  );
  if (values.length === 0) return undefined;
  const names = new Set(rows.flatMap(({ query }) => query.MetricStat?.Metric?.MetricName ?? []));
  const own = values.map(({ Value }) => Value).join(" ");
  return names.size === 1 ? own : `${stat.Metric?.MetricName} ${own}`;
}

function valueOf(
  dimensions:
    | readonly { readonly Name: string | undefined; readonly Value: string | undefined }[]
    | undefined,
  name: string | undefined,
): string | undefined {
  return dimensions?.find(({ Name }) => Name === name)?.Value;
}

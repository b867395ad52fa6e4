import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { alarmNameOf, type MetricAlarmRow, stateOf } from "../state.ts";
import { colorIn, listIn, numberIn, objectIn, textIn } from "./members.ts";
import type { MetricRow } from "./metric-rows.ts";
import type { BoundView } from "./views.ts";

const BOUND_COLOR = "#d9485f";

/** Horizontal lines; of a band both ends. */
export function annotationsOf(properties: JsonObject): BoundView[] {
  const given = listIn(objectIn(properties, "annotations"), "horizontal").flat();
  return given.filter(isJsonObject).flatMap((line) => {
    const value = numberIn(line, "value");
    if (value === undefined || line["visible"] === false) return [];
    const fill = line["fill"];
    return {
      value,
      label: textIn(line, "label") ?? "",
      color: colorIn(line, "color") ?? BOUND_COLOR,
      side: line["yAxis"] === "right" ? ("right" as const) : ("left" as const),
      fill: fill === "above" || fill === "below" ? fill : undefined,
    };
  });
}

interface AlarmRows {
  readonly rows: readonly MetricRow[];
  readonly bounds: readonly BoundView[];
  readonly problems: readonly string[];
}

/** What the widget's alarms watch, and where their thresholds are. */
export function alarmRows(cloud: Cloud, properties: JsonObject, place: Place): AlarmRows {
  const arns = listIn(objectIn(properties, "annotations"), "alarms").map(String);
  const region = textIn(properties, "region") ?? place.region;
  const { alarms } = stateOf(cloud, { account: place.account, region });
  const rows: MetricRow[] = [];
  const bounds: BoundView[] = [];
  const problems: string[] = [];
  for (const [index, arn] of arns.entries()) {
    const alarm = alarms.get(alarmNameOf(arn));
    if (alarm === undefined) problems.push(`There is no alarm ${alarmNameOf(arn)} in ${region}.`);
    if (alarm?.kind !== "MetricAlarm") continue;
    rows.push(...rowsOf(alarm, region, index));
    const { Threshold: value } = alarm.config;
    if (value === undefined) continue;
    const label = `${alarm.name} ${value}`;
    bounds.push({ label, value, color: BOUND_COLOR, side: "left", fill: undefined });
  }
  return { rows, bounds, problems };
}

function rowsOf({ config, name }: MetricAlarmRow, region: string, index: number): MetricRow[] {
  const look = { region, color: undefined, side: "left" as const };
  if (config.Metrics !== undefined) return config.Metrics.map((query) => ({ ...look, query }));
  const MetricStat = {
    Metric: config,
    Stat: config.Statistic ?? config.ExtendedStatistic,
    Period: config.Period,
  };
  return [
    { ...look, query: { Id: `alarm_${index}`, Label: config.MetricName ?? name, MetricStat } },
  ];
}

import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import { alarmNameOf, type Dashboard, stateOf } from "../state.ts";
import { logWidget } from "./log-widget.ts";
import { listIn, numberIn, objectIn, textIn } from "./members.ts";
import { type Look, metricWidget } from "./metric-widget.ts";
import type {
  AlarmStateView,
  DashboardView,
  Placement,
  WidgetContent,
  WidgetView,
} from "./views.ts";

/** Reads everything that the dashboard shows. */
export async function viewDashboard(
  cloud: Cloud,
  dashboard: Dashboard,
  look: Look,
): Promise<DashboardView> {
  const body = parseJsonObject(dashboard.body) ?? {};
  const widgets: WidgetView[] = [];
  for (const widget of listIn(body, "widgets").filter(isJsonObject)) {
    const properties = objectIn(widget, "properties");
    const content = await contentOf(cloud, widget, look);
    const placement = placementOf(widget, widgets);
    widgets.push({ title: textIn(properties, "title") ?? "", placement, content });
  }
  return { name: dashboard.name, startMs: look.startMs, endMs: look.endMs, widgets };
}

async function contentOf(cloud: Cloud, widget: JsonObject, look: Look): Promise<WidgetContent> {
  const properties = objectIn(widget, "properties");
  const type = textIn(widget, "type") ?? "";
  switch (type) {
    case "metric":
      return metricWidget(cloud, properties, look);
    case "log":
      return logWidget(cloud, properties, look);
    case "text":
      return { kind: "text", markdown: textIn(properties, "markdown") ?? "" };
    case "alarm":
      return { kind: "alarms", alarms: alarmsOf(cloud, properties, look) };
    default:
      return { kind: "unsupported", type };
  }
}

/** Widgets without a place go below those before them. Source: model, PutDashboard: 6 by 6 by default. */
function placementOf(widget: JsonObject, before: readonly WidgetView[]): Placement {
  const bottom = Math.max(0, ...before.map(({ placement: { y, height } }) => y + height));
  const [x, y] = [numberIn(widget, "x"), numberIn(widget, "y")];
  const isPlaced = x !== undefined && y !== undefined;
  return {
    x: isPlaced ? x : 0,
    y: isPlaced ? y : bottom,
    width: numberIn(widget, "width") ?? 6,
    height: numberIn(widget, "height") ?? 6,
  };
}

function alarmsOf(cloud: Cloud, properties: JsonObject, look: Look): AlarmStateView[] {
  return listIn(properties, "alarms")
    .map(String)
    .map((arn) => {
      const region = arn.split(":")[3] || look.region;
      const name = alarmNameOf(arn);
      const alarm = stateOf(cloud, { account: look.account, region }).alarms.get(name);
      return {
        name,
        state: alarm?.state.value,
        reason: alarm?.state.reason ?? `There is no alarm ${name} in ${region}.`,
        sinceMs: alarm?.state.transitionedAtMs,
      };
    });
}

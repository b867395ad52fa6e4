import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import { type DashboardFault, invalidDashboard } from "./errors.ts";
import {
  MAX_DASHBOARD_WIDGETS,
  MAX_METRICS_PER_DASHBOARD,
  MAX_METRICS_PER_WIDGET,
} from "./limits.ts";
import { isPeriod } from "./periods.ts";

/**
 * Checks a dashboard's body and returns the warnings it is saved with.
 * Source: texts measured on AWS, published with the cdk-preflight rules. Unverified: the warnings.
 * @throws {AwsError} DashboardInvalidInputError with every fault found.
 */
export function checkDashboardBody(text: string): DashboardFault[] {
  const body = parseJsonObject(text);
  if (body === undefined) {
    throw invalidDashboard([fault("", "The field DashboardBody must be a valid JSON object")]);
  }
  const { widgets } = body;
  if (widgets === undefined) throw invalidDashboard([required("", "widgets")]);
  if (!Array.isArray(widgets)) throw invalidDashboard([fault("/widgets", "Should be array")]);
  const faults: DashboardFault[] = [];
  const warnings: DashboardFault[] = [];
  if (widgets.length > MAX_DASHBOARD_WIDGETS) {
    faults.push(fault("/widgets", `Should NOT have more than ${MAX_DASHBOARD_WIDGETS} items`));
  }
  let metricCount = 0;
  for (const [index, widget] of (widgets as unknown[]).entries()) {
    const path = `/widgets/${index}`;
    if (!isJsonObject(widget)) {
      faults.push(fault(path, "Should be object"));
      continue;
    }
    faults.push(...widgetFaults(widget, path));
    warnings.push(...widgetWarnings(widget, path));
    const metrics = isJsonObject(widget["properties"])
      ? widget["properties"]["metrics"]
      : undefined;
    metricCount += Array.isArray(metrics) ? metrics.length : 0;
  }
  if (metricCount > MAX_METRICS_PER_DASHBOARD) {
    faults.push(
      fault("/widgets", `Should NOT have more than ${MAX_METRICS_PER_DASHBOARD} metrics`),
    );
  }
  if (faults.length > 0) throw invalidDashboard(faults);
  return warnings;
}

/** The grid is 24 columns wide. */
const BOUNDS = [
  ["x", 0, 23],
  ["y", 0, Infinity],
  ["width", 1, 24],
  ["height", 1, 1000],
] as const;

function widgetFaults(widget: JsonObject, path: string): DashboardFault[] {
  const faults: DashboardFault[] = [];
  for (const key of ["type", "properties"]) {
    if (widget[key] === undefined) faults.push(required(path, key));
  }
  for (const [key, low, high] of BOUNDS) {
    const value = widget[key];
    if (value === undefined) continue;
    if (typeof value !== "number") faults.push(fault(`${path}/${key}`, "Should be integer"));
    else if (value < low) faults.push(fault(`${path}/${key}`, `Should be >= ${low}`));
    else if (value > high) faults.push(fault(`${path}/${key}`, `Should be <= ${high}`));
  }
  const { type, properties } = widget;
  if (!isJsonObject(properties)) return faults;
  const at = `${path}/properties`;
  if (type === "metric") return [...faults, ...metricFaults(properties, at)];
  if (type === "text" && typeof properties["markdown"] !== "string") {
    faults.push(required(at, "markdown"));
  }
  if (type === "log" && typeof properties["query"] !== "string") {
    // Unverified: the text.
    faults.push(required(at, "query"));
  }
  if (type === "alarm" && !Array.isArray(properties["alarms"])) faults.push(required(at, "alarms"));
  return faults;
}

function metricFaults(properties: JsonObject, path: string): DashboardFault[] {
  const { metrics, annotations, region, period, yAxis } = properties;
  const faults: DashboardFault[] = [];
  const hasSource = Array.isArray(metrics) || isJsonObject(annotations);
  if (metrics !== undefined && !Array.isArray(metrics)) {
    faults.push(fault(`${path}/metrics`, "Should be array"));
  } else if (!hasSource || typeof region !== "string") {
    faults.push(
      fault(
        path,
        "The metric widget should have specified a region and a data source or an alarm annotation",
      ),
    );
  }
  if (Array.isArray(metrics) && metrics.length > MAX_METRICS_PER_WIDGET) {
    const text = `Should NOT have more than ${MAX_METRICS_PER_WIDGET} items`;
    faults.push(fault(`${path}/metrics`, text));
  }
  for (const [index, row] of (Array.isArray(metrics) ? metrics : []).entries()) {
    if (!Array.isArray(row)) faults.push(fault(`${path}/metrics/${index}`, "Should be array"));
  }
  if (typeof period === "number" && !isPeriod(period)) {
    faults.push(fault(`${path}/period`, "Should be multiple of 60"));
  }
  for (const side of ["left", "right"]) {
    const axis = isJsonObject(yAxis) ? yAxis[side] : undefined;
    const { min, max } = isJsonObject(axis) ? axis : {};
    if (typeof min === "number" && typeof max === "number" && min > max) {
      faults.push(fault(`${path}/yAxis/${side}/min`, `Should be <= ${max}`));
    }
  }
  return faults;
}

const TYPES: ReadonlySet<unknown> = new Set([
  "metric",
  "text",
  "log",
  "alarm",
  "explorer",
  "custom",
  "trace",
  "apm",
]);

const VIEWS: ReadonlySet<unknown> = new Set([
  "timeSeries",
  "singleValue",
  "gauge",
  "bar",
  "pie",
  "table",
]);

/** What AWS saves and warns of: values it does not know. Unverified: which ones, and the text. */
function widgetWarnings({ type, properties }: JsonObject, path: string): DashboardFault[] {
  const unknown = "Should be equal to one of the allowed values";
  if (type !== undefined && !TYPES.has(type)) return [fault(`${path}/type`, unknown)];
  const view = isJsonObject(properties) ? properties["view"] : undefined;
  if (type !== "metric" || view === undefined || VIEWS.has(view)) return [];
  return [fault(`${path}/properties/view`, unknown)];
}

function fault(DataPath: string, Message: string): DashboardFault {
  return { DataPath, Message };
}

function required(path: string, key: string): DashboardFault {
  return fault(path, `Should have required property '${key}'`);
}

// Protects a dashboard's layout and rows: nothing overlaps, every widget is one that CloudWatch takes, ids are told apart,
// and the same input gives the same body, so that putting it again changes nothing.
import { describe, expect, it } from "vitest";
import { DASHBOARD_MARK, dashboardBody } from "../../src/monitoring/dashboard-plan.ts";
import type { MonitoredArm, MonitoredTarget } from "../../src/monitoring/monitored.ts";

const metric = { namespace: "Shop", metricName: "Requests", dimensions: { Service: "web" } };
const arm = (key: string): MonitoredArm => ({
  key,
  label: key,
  isAlarmed: true,
  requests: [{ sign: 1, metric }],
  errors: [{ sign: 1, metric: { ...metric, metricName: "Errors" } }],
  latency: { metric: { ...metric, metricName: "Time" }, unitMs: 1 },
});
const target = (name: string): MonitoredTarget => ({
  name,
  label: `lambda ${name}`,
  arms: [arm("all"), arm("canary")],
  extras: [{ title: "CPU", lines: [{ label: "CPU", metric, statistic: "Average" }] }],
  leftOut: [],
  chartsLeftOut: [],
});
const parts = {
  name: "shop",
  isRelease: true,
  region: "eu-central-1",
  targets: [
    { monitored: target("shop-web"), alarms: ["arn:alarm:one"] },
    { monitored: target("shop-api"), alarms: [] },
  ],
  shared: [{ title: "tests", lines: [{ label: "passed", metric, statistic: "Sum" }] }],
};
const { widgets } = dashboardBody(parts);

it("is the same for the same input", () => {
  expect(dashboardBody(structuredClone(parts))).toEqual({ widgets });
});

it("has a header, the alarms that there are, and each chart of each target", () => {
  expect(widgets[0]?.properties["markdown"]).toContain(DASHBOARD_MARK);
  expect(widgets[0]?.properties["markdown"]).toContain("headgate abort");
  expect(widgets.filter(({ type }) => type === "alarm")).toHaveLength(1);
  const titles = widgets.flatMap(({ properties: { title } }) => title ?? []);
  expect(titles).toEqual([
    "Alarms of shop-web",
    ...["shop-web", "shop-api"].flatMap((name) =>
      ["requests a minute", "errors a minute", "errors, percent of requests", "latency", "CPU"].map(
        (title) => `${name}: ${title}`,
      ),
    ),
    "tests",
  ]);
});

it("fits the grid of 24 columns, and no widget lies on another", () => {
  const cells = new Set<string>();
  for (const { x, y, width, height } of widgets) {
    expect(x + width).toBeLessThanOrEqual(24);
    for (let column = x; column < x + width; column++) {
      for (let row = y; row < y + height; row++) {
        const cell = `${column},${row}`;
        expect(cells.has(cell)).toBe(false);
        cells.add(cell);
      }
    }
  }
});

describe("the rows of a chart", () => {
  const charts = widgets.filter(({ type }) => type === "metric");

  it.each(charts.map((chart) => [chart.properties.title, chart] as const))(
    "%s: have ids of their own, and expressions over those",
    (_title, { properties }) => {
      const rows = [properties["metrics"]].flat().map((row) => [row].flat());
      const options = rows.map((row) => Object(row.at(-1)));
      const ids = options.map(({ id }) => String(id));
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z]\w*$/);
      for (const { expression } of options.filter((one) => one.expression !== undefined)) {
        const used = String(expression).match(/\bv\d[er]\d\b/g) ?? [];
        expect(used.length).toBeGreaterThan(0);
        for (const id of used) expect(ids).toContain(id);
      }
      expect(options.some(({ visible }) => visible !== false)).toBe(true);
    },
  );
});

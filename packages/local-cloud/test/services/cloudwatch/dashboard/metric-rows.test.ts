import { describe, expect, it } from "vitest";
import {
  defaultsOf,
  metricRows,
} from "../../../../src/services/cloudwatch/dashboard/metric-rows.ts";
import { sourcesOf } from "../../../../src/services/cloudwatch/dashboard/log-widget.ts";

// Protects how a widget's JSON is read: repeated parts, what overrides what, and what cannot be asked.

const HOUR = { region: "us-east-1", startMs: 0, endMs: 3_600_000 };

function read(metrics: readonly unknown[], more: object = {}, look = HOUR) {
  const properties = { metrics, ...more };
  return metricRows(properties, defaultsOf(properties, look));
}

const named = (metrics: readonly unknown[]) =>
  read(metrics).rows.map(({ query: { MetricStat } }) => {
    const { Namespace, MetricName, Dimensions = [] } = MetricStat?.Metric ?? {};
    return [Namespace, MetricName].concat(Dimensions.flatMap(({ Name, Value }) => [Name, Value]));
  });

describe("a widget's metrics", () => {
  it("repeat what stands above them", () => {
    const first = ["AWS/ECS", "Running", "Service", "shop", "Cluster", "live"];
    expect(
      named([
        first,
        [".", "Pending", ".", ".", ".", "."],
        ["...", "spare"],
        ["...", { stat: "Sum" }],
        ["...", "blog", ".", "."],
        [".", "Desired"],
      ]),
    ).toEqual([
      first,
      ["AWS/ECS", "Pending", "Service", "shop", "Cluster", "live"],
      ["AWS/ECS", "Pending", "Service", "shop", "Cluster", "spare"],
      ["AWS/ECS", "Pending", "Service", "shop", "Cluster", "spare"],
      ["AWS/ECS", "Pending", "Service", "blog", "Cluster", "spare"],
      ["AWS/ECS", "Desired"],
    ]);
  });

  it("take the widget's statistic, period and region unless they have their own", () => {
    const own = { stat: "p99", period: 60, region: "eu-west-1", yAxis: "right", visible: false };
    const { rows } = read(
      [
        ["A", "b"],
        ["A", "b", own],
      ],
      { stat: "Sum", period: 120 },
    );
    expect(rows).toMatchObject([
      { region: "us-east-1", side: "left", query: { MetricStat: { Stat: "Sum", Period: 120 } } },
      {
        region: "eu-west-1",
        side: "right",
        query: { ReturnData: false, MetricStat: { Stat: "p99", Period: 60 } },
      },
    ]);
    expect(read([["A", "b"]]).rows).toMatchObject([
      { query: { MetricStat: { Stat: "Average", Period: 300 } } },
    ]);
  });

  it("are looked at in longer periods over a long time", () => {
    const week = { ...HOUR, endMs: 7 * 86_400_000 };
    const { rows } = read([["A", "b"], [{ expression: "m1" }]], { period: 1 }, week);
    expect(rows).toMatchObject([
      { query: { MetricStat: { Period: 420 } } },
      { query: { Period: 420 } },
    ]);
  });

  it("that cannot be asked are told with their number", () => {
    const { rows, problems } = read([
      ["A"],
      ["A", "b", { stat: "Most" }],
      ["A", "b", { period: 7 }],
      5,
    ]);
    expect(rows).toEqual([]);
    expect(problems).toEqual([
      "Row 1: it names no metric and has no expression.",
      'Row 2: "Most" is no statistic.',
      "Row 3: 7 is no period.",
      "Row 4: it names no metric and has no expression.",
    ]);
  });

  it("take only what is a colour for one", () => {
    const { rows } = read([
      ["A", "b", { color: "#abc" }],
      ["A", "c", { color: 'red"><script>' }],
    ]);
    expect(rows.map(({ color }) => color)).toEqual(["#abc", undefined]);
  });
});

describe("a log widget's query", () => {
  it.each([
    ["SOURCE '/ecs/shop' | fields @message", ["/ecs/shop"], "fields @message"],
    ["SOURCE '/a'\n| SOURCE \"/b\"\n| stats count(*)", ["/a", "/b"], "stats count(*)"],
    ["SOURCE '/a', '/b' | limit 3", ["/a", "/b"], "limit 3"],
    ["fields @message | filter 'SOURCE'", [], "fields @message | filter 'SOURCE'"],
  ])("%j", (text, groups, rest) => {
    expect(sourcesOf(text)).toEqual({ groups, text: rest });
  });
});

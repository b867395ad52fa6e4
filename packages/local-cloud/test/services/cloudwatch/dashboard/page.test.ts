import { describe, expect, it } from "vitest";
import { markdown } from "../../../../src/services/cloudwatch/dashboard/page/markdown.ts";
import { timeText, valueText } from "../../../../src/services/cloudwatch/dashboard/page/numbers.ts";
import { widget } from "../../../../src/services/cloudwatch/dashboard/page/widget.ts";
import {
  scaleOf,
  stacked,
  timeTicks,
} from "../../../../src/services/cloudwatch/dashboard/page/scale.ts";

// Protects the parts of a page: texts that cannot become HTML, readable numbers, and axes that hold their values.

describe("Markdown", () => {
  it.each([
    [
      "# Shop\ntext **bold** and *soft*",
      "<h3>Shop</h3><p>text <strong>bold</strong> and <em>soft</em></p>",
    ],
    ["- a\n- `b`\n1. c", "<ul><li>a</li><li><code>b</code></li><li>c</li></ul>"],
    ["```\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"],
    ["> said", "<blockquote>said</blockquote>"],
    [
      "a | b\n--|--\n1 | 2",
      "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
    ],
    [
      "[x](https://example.com/?a=1&b=2)",
      '<p><a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer" target="_blank">x</a></p>',
    ],
    ["[x](javascript:alert)", "<p>x</p>"],
    ["[x](//elsewhere.example)", "<p>x</p>"],
    ["![x](https://example.com/a.png)", "<p>x</p>"],
    ["<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"],
    ['**<i>"**', "<p><strong>&lt;i&gt;&quot;</strong></p>"],
  ])("%j", (source, expected) => {
    expect(markdown(source).text).toBe(expected);
  });
});

describe("a chart", () => {
  const heightWith = (labels: readonly string[]) => {
    const axis = { min: undefined, max: undefined, label: undefined };
    const content = {
      kind: "chart" as const,
      isStacked: false,
      lines: labels.map((label) => ({
        label,
        color: "#3b82d4",
        side: "left" as const,
        unit: "Seconds",
        points: [[60_000, 0.001] as const],
      })),
      bounds: [],
      left: axis,
      right: axis,
      problems: [],
    };
    const placement = { x: 0, y: 0, width: 8, height: 6 };
    const { text } = widget(
      { title: "Latency", placement, content },
      { startMs: 0, endMs: 90_000 },
    );
    expect(text).toContain(`aria-label="Latency; ${labels[0]} 0.001 s`);
    return Number(/viewBox="0 0 448 (\d+)"/.exec(text)?.[1]);
  };

  it("leaves room for its legend: one that is too high would be drawn smaller, in the middle", () => {
    const one = heightWith(["p50"]);
    const long = "target group shop-web-green";
    expect(heightWith([`${long} p50`, `${long} p99`, `${long} p90`])).toBe(one - 2 * 19);
    expect(heightWith(["p50", "p90", "p99"])).toBe(one);
  });
});

describe("numbers", () => {
  it.each([
    [0.20481, "Seconds", "0.2048 s"],
    [1234, "Count", "1234"],
    [45_678, undefined, "45.68k"],
    [3_200_000, "Bytes", "3.2M B"],
    [99.5, "Percent", "99.5%"],
  ])("%d %s is %s", (value, unit, expected) => {
    expect(valueText(value, unit)).toBe(expected);
  });

  it("are told with their day when the range is long", () => {
    const atMs = Date.parse("2026-11-21T10:15:30Z");
    expect(timeText(atMs, 3_600_000)).toBe("10:15");
    expect(timeText(atMs, 60_000)).toBe("10:15:30");
    expect(timeText(atMs, 7 * 86_400_000)).toBe("11-21 10:15");
  });
});

const FREE = { min: undefined, max: undefined, label: undefined };

describe("an axis", () => {
  it.each([
    [[3, 7], FREE, { min: 0, max: 8, ticks: [0, 2, 4, 6, 8] }],
    [[-3, 7], FREE, { min: -5, max: 10, ticks: [-5, 0, 5, 10] }],
    [[0.02], FREE, { min: 0, max: 0.02, ticks: [0, 0.005, 0.01, 0.015, 0.02] }],
    [[0, 0], FREE, { min: 0, max: 1, ticks: [0, 0.5, 1] }],
    [[3, 7], { ...FREE, min: 2, max: 6 }, { min: 2, max: 6, ticks: [2, 3, 4, 5, 6] }],
  ])("of %j", (values, axis, expected) => {
    expect(scaleOf(values, axis, 4)).toEqual(expected);
  });

  it("of time has round times", () => {
    const ticks = timeTicks(
      Date.parse("2026-11-21T10:07:00Z"),
      Date.parse("2026-11-21T12:07:00Z"),
      4,
    );
    expect(ticks.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual([
      "10:30",
      "11:00",
      "11:30",
      "12:00",
    ]);
  });

  it("stacks each line on those below, also where one has no point", () => {
    const line = { label: "", color: "#000000", side: "left", unit: undefined } as const;
    const lines = stacked([
      {
        ...line,
        points: [
          [1, 1],
          [2, 2],
        ],
      },
      {
        ...line,
        points: [
          [2, 3],
          [3, 4],
        ],
      },
    ]);
    expect(lines.map(({ points }) => points)).toEqual([
      [
        [1, 1],
        [2, 2],
        [3, 0],
      ],
      [
        [1, 1],
        [2, 5],
        [3, 4],
      ],
    ]);
  });
});

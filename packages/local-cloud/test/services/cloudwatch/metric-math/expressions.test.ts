import { describe, expect, it } from "vitest";
import { evaluateExpression } from "../../../../src/services/cloudwatch/metric-math/evaluate.ts";
import { parseExpression } from "../../../../src/services/cloudwatch/metric-math/parser.ts";
import type { TimeSeries, Value } from "../../../../src/services/cloudwatch/metric-math/values.ts";

// Protects metric math: what binds first, how series meet, what every function makes of gaps.

const MINUTE = 60_000;

/** Values by minute; undefined is a gap. */
function series(label: string, values: readonly (number | undefined)[]): TimeSeries {
  const points = values.flatMap((value, index) =>
    value === undefined ? [] : [[index * MINUTE, value] as const],
  );
  return { label, periodMs: MINUTE, points: new Map(points) };
}

const METRICS: Readonly<Record<string, TimeSeries>> = {
  m1: series("m1", [1, 2, 3, 4]),
  m2: series("m2", [10, undefined, 30, 40]),
  m3: series("m3", [undefined, 5, undefined, undefined]),
  zero: series("zero", [0, 1, 0, 2]),
  errors1: series("errors1", [1, 0, 0, 3]),
};

function value(expression: string): Value {
  return evaluateExpression(parseExpression(expression), {
    periodMs: MINUTE,
    window: { startMs: 0, endMs: 4 * MINUTE },
    value: (id) => {
      const found = METRICS[id];
      return found && { kind: "series", series: found };
    },
    metrics: (part) =>
      Object.entries(METRICS)
        .filter(([id]) => id.includes(part))
        .map(([, each]) => each),
  });
}

/** A scalar as a number, a series as its four minutes. */
function result(expression: string): unknown {
  const found = value(expression);
  if (found.kind === "scalar") return found.value;
  if (found.kind === "series") return minutes(found.series);
  return found.items.map(minutes);
}

function minutes({ points }: TimeSeries): (number | undefined)[] {
  return [0, 1, 2, 3].map((minute) => points.get(minute * MINUTE));
}

const _ = undefined;

describe("operators", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ^ 2", -4],
    ["10 - 4 - 3", 3],
    ["8 / 4 / 2", 1],
    ["1.5e2 + .5", 150.5],
    ["- -3", 3],
    ["1 + 1 > 1 AND 0 == 0", 1],
    ["1 > 2 OR 2 >= 2", 1],
    ["1 > 2 || 2 < 1", 0],
    ["3 != 3 && 1", 0],
  ])("%s is %d", (expression, expected) => {
    expect(result(expression)).toBe(expected);
  });

  it.each([
    ["m1 + 1", [2, 3, 4, 5]],
    ["100 * m1 / m1", [100, 100, 100, 100]],
    ["m1 + m2", [11, _, 33, 44]],
    ["-m1", [-1, -2, -3, -4]],
    // What is divided by zero is no data point.
    ["m1 / zero", [_, 2, _, 2]],
    ["m1 > 2", [0, 0, 1, 1]],
    // A comparison reads a missing point as 0.
    ["m2 < m1", [0, 1, 0, 0]],
    ["m1 >= 3 AND zero > 1", [0, 0, 0, 1]],
    ["m1 * 2 > 3 OR zero", [0, 1, 1, 1]],
  ])("%s", (expression, expected) => {
    expect(result(expression)).toEqual(expected);
  });

  it("works on every series of an array", () => {
    expect(result("[m1, m2] * 2")).toEqual([
      [2, 4, 6, 8],
      [20, _, 60, 80],
    ]);
    expect(result("m1 + [m1, m3]")).toEqual([
      [2, 4, 6, 8],
      [_, 7, _, _],
    ]);
  });
});

describe("functions", () => {
  it.each([
    ["SUM(m1)", 10],
    ["AVG(m2)", 80 / 3],
    ["MIN(m2)", 10],
    ["MAX(m1)", 4],
    ["STDDEV(m1)", Math.sqrt(1.25)],
    ["PERIOD(m1)", 60],
    ["DATAPOINT_COUNT(m2)", 3],
    ["METRIC_COUNT(METRICS())", 5],
    ["ABS(-3)", 3],
  ])("%s is %d", (expression, expected) => {
    expect(result(expression)).toBeCloseTo(expected, 12);
  });

  it.each([
    ["SUM([m1, m2, m3])", [11, 7, 33, 44]],
    ["AVG([m1, m2])", [5.5, 2, 16.5, 22]],
    ["MAX([m1, m3])", [1, 5, 3, 4]],
    ['SUM(METRICS("m"))', [11, 7, 33, 44]],
    ["ABS(-m1)", [1, 2, 3, 4]],
    ["CEIL(m1 / 2)", [1, 1, 2, 2]],
    ["FLOOR(m1 / 2)", [0, 1, 1, 2]],
    ["DIFF(m1)", [_, 1, 1, 1]],
    ["DIFF(m2)", [_, _, 20, 10]],
    ["RATE(m2)", [_, _, 20 / 120, 10 / 60]],
    ["RUNNING_SUM(m1)", [1, 3, 6, 10]],
    ["FILL(m2, 0)", [10, 0, 30, 40]],
    ["FILL(m2, m1)", [10, 2, 30, 40]],
    ["FILL(m2, REPEAT)", [10, 10, 30, 40]],
    ["FILL(m2, LINEAR)", [10, 20, 30, 40]],
    ["FILL(m3, REPEAT)", [_, 5, 5, 5]],
    ["FILL(m3, LINEAR)", [_, 5, _, _]],
    ["IF(m1 > 2, m1, 0)", [0, 0, 3, 4]],
    ["IF(m1 > 2, m1)", [_, _, 3, 4]],
    ["IF(1 > 2, m1, m2)", [10, _, 30, 40]],
    ["IF(zero, m2, m1)", [1, _, 3, 40]],
    ["TIME_SERIES(7)", [7, 7, 7, 7]],
    ["FIRST([m2, m1])", [10, _, 30, 40]],
    ["LAST([m2, m1])", [1, 2, 3, 4]],
    ["100 * SUM(m1) / FILL(m1, 1)", [1000, 500, 1000 / 3, 250]],
    ["IF(m1 >= 1 AND m1 < 4, 100 * errors1 / m1, 0)", [100, 0, 0, 0]],
  ])("%s", (expression, expected) => {
    expect(result(expression)).toEqual(expected);
  });
});

describe("mistakes", () => {
  it.each([
    ["1 +", "Invalid syntax"],
    ["m1 m2", "Invalid syntax"],
    ["(m1", "Invalid syntax"],
    ["m1 ? m2", "Invalid syntax"],
    ["SUM(m1,)", "Invalid syntax"],
    ["REPEAT", "Invalid syntax"],
    ["m9 + 1", "Undefined variable 'm9'"],
    ["ANOMALY_DETECTOR(m1)", "Function 'ANOMALY_DETECTOR' not found"],
    ["[m1] + [m2]", "Unsupported operand type(s) for +: '[TimeSeries[], TimeSeries[]]'"],
    ["FILL(m1)", "Unsupported operand type(s) for function 'FILL'"],
    ["IF([m1], 1, 2)", "Unsupported operand type(s) for function 'IF'"],
  ])("%s: %s", (expression, message) => {
    expect(() => value(expression)).toThrow(message);
  });
});

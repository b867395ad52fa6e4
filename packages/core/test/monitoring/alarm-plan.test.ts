// Protects which alarms a target gets, what each of them reads, and that what has none is said.
import { describe, expect, it } from "vitest";
import { ALARM_MARK, alarmPlan } from "../../src/monitoring/alarm-plan.ts";
import type { MonitoredArm, MonitoredTarget } from "../../src/monitoring/monitored.ts";

const named = (metricName: string, version?: string) => ({
  namespace: "Shop",
  metricName,
  dimensions: version === undefined ? { Service: "web" } : { Service: "web", Version: version },
});

const all: MonitoredArm = {
  key: "all",
  label: "all versions",
  isAlarmed: true,
  requests: [{ sign: 1, metric: named("Requests") }],
  errors: [
    { sign: 1, metric: named("Errors") },
    { sign: 1, metric: named("Refused") },
  ],
  latency: { metric: named("Time"), unitMs: 1000 },
};
const stable: MonitoredArm = { ...all, key: "stable", isAlarmed: false };
const canary: MonitoredArm = {
  key: "canary",
  label: "the others",
  isAlarmed: true,
  requests: [
    { sign: 1, metric: named("Requests") },
    { sign: -1, metric: named("Requests", "1") },
  ],
  errors: [
    { sign: 1, metric: named("Errors") },
    { sign: -1, metric: named("Errors", "1") },
  ],
};
const target: MonitoredTarget = {
  name: "shop-web",
  label: "lambda web:live",
  arms: [all, stable, canary],
  extras: [],
  leftOut: [{ what: "something", why: "it is not there" }],
  chartsLeftOut: [],
};
const usual = { requestsPerSecond: 100, errorRate: 0.001, requests: 1, hours: 336 };
const bound = {
  statistic: "p99",
  periodSeconds: 60,
  leastRequests: 1000,
  thresholdMs: 250,
  usualMs: 200,
  periods: 3,
  datapoints: 2,
} as const;

describe("a target with traffic", () => {
  const { alarms, leftOut } = alarmPlan(target, {
    usual,
    latency: new Map([["all", bound]]),
    topics: ["arn:topic"],
  });

  it("has an alarm on errors and one on latency for each arm that can have them", () => {
    const found = alarms.map(({ name, threshold, actions }) => ({ name, threshold, actions }));
    const actions = ["arn:topic"];
    expect(found).toEqual([
      { name: "shop-web-errors", threshold: 6, actions },
      { name: "shop-web-latency", threshold: 0.25, actions },
      { name: "shop-web-canary-errors", threshold: 6, actions },
    ]);
    expect(alarms.every(({ description }) => description.startsWith(ALARM_MARK))).toBe(true);
    expect(leftOut.map(({ what }) => what)).toEqual(["something", "alarm shop-web-canary-latency"]);
  });

  it.each([
    ["shop-web-errors", "FILL(ae0, 0) + FILL(ae1, 0) - 0.002 * (ar0)"],
    [
      "shop-web-canary-errors",
      "FILL(ae0, 0) - FILL(ae1, 0) - 0.002 * (FILL(ar0, 0) - FILL(ar1, 0))",
    ],
  ])("compares of %s the expression %s", (name, expression) => {
    const measure = alarms.find((alarm) => alarm.name === name)?.measure;
    if (measure?.kind !== "math") throw new Error("no math");
    expect(measure.rows.at(-1)).toMatchObject({ kind: "expression", expression });
    // An alarm compares one result, and CloudWatch takes ten metrics at most.
    expect(measure.rows.filter(({ label }) => label !== undefined)).toHaveLength(1);
    expect(measure.rows.length).toBeLessThanOrEqual(10);
  });

  it("says how it was sized", () => {
    expect(alarms[0]?.sizedBy).toBe(
      "usually 0.1 % of 100 requests a second fail (336 h); finds 0.4053 % of errors in the usual traffic; by chance less than once in 6 months",
    );
  });
});

it("without any traffic reckons with a guess, and says so", () => {
  const latency = new Map([["all", "no traffic is known yet"]]);
  const { alarms, leftOut } = alarmPlan(target, { usual: undefined, latency, topics: [] });
  expect(alarms.map(({ name }) => name)).toEqual(["shop-web-errors", "shop-web-canary-errors"]);
  expect(alarms[0]?.sizedBy).toContain("no traffic is known yet");
  expect(leftOut).toContainEqual({
    what: "alarm shop-web-latency",
    why: "no traffic is known yet",
  });
});

it("has none on errors where most fails", () => {
  const sizing = { usual: { ...usual, errorRate: 0.6 }, latency: new Map(), topics: [] };
  const { alarms, leftOut } = alarmPlan(target, sizing);
  expect(alarms).toEqual([]);
  expect(leftOut.map(({ what }) => what)).toContain("alarm shop-web-errors");
});

it("writes small shares as CloudWatch reads them", () => {
  const sizing = { usual: { ...usual, errorRate: 1e-8 }, latency: new Map(), topics: [] };
  const { alarms } = alarmPlan(target, sizing);
  const measure = alarms[0]?.measure;
  if (measure?.kind !== "math") throw new Error("no math");
  expect(measure.rows.at(-1)).toMatchObject({
    expression: "FILL(ae0, 0) + FILL(ae1, 0) - 0.00000002 * (ar0)",
  });
});

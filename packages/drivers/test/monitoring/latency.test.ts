// Protects alarms on latency: sized by what CloudWatch really has of the last two weeks, silent at that level, and fired
// by a slow version. Real SDK; the metric is one that a program publishes.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { alarmPlan, type MonitoredArm, type MonitoredTarget } from "@headgate/core";
import { expect, it, onTestFinished } from "vitest";
import { latencyBounds } from "../../src/monitoring/latency-history.ts";
import { putAlarms } from "../../src/monitoring/put-alarms.ts";
import { ACCESS } from "../support/lambda-cloud.ts";
import { metricCloud } from "../support/published-metrics.ts";

const MINUTE_MS = 60_000;
const REQUESTS_PER_SECOND = 2;
const metric = { namespace: "Shop", metricName: "Time", dimensions: { Service: "web" } };
/** Seconds. */
const arm: MonitoredArm = {
  key: "all",
  label: "all versions",
  isAlarmed: true,
  requests: [{ sign: 1, metric: { ...metric, metricName: "Requests" } }],
  errors: [{ sign: 1, metric: { ...metric, metricName: "Errors" } }],
  latency: { metric, unitMs: 1000 },
};

/** As many samples as a minute has; one in fifty is this slow, and so is the 99th percentile. */
function minute(atMs: number, slowSeconds: number, requests = 60 * REQUESTS_PER_SECOND) {
  const values = Array.from({ length: requests }, (_, index) =>
    index % 50 === 0 ? slowSeconds : 0.02,
  );
  return { ...metric, atMs, values };
}

it("sizes an alarm by two weeks, and fires it for what is slower", async () => {
  const { cloud, startMs, publish } = await metricCloud();
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const before = Array.from({ length: 540 }, (_, index) =>
    minute(startMs - (540 - index) * MINUTE_MS, 0.3 + (index % 7) / 100),
  );
  await publish(...before);
  const bound = await latencyBounds(cloud, [arm], REQUESTS_PER_SECOND);
  if (typeof bound !== "object") throw new Error(`no bound: ${bound}`);
  expect(bound).toMatchObject({ statistic: "p99", periodSeconds: 900, periods: 3, datapoints: 2 });
  expect(bound.usualMs).toBeGreaterThan(300);
  expect(bound.thresholdMs).toBeGreaterThan(360);
  expect(bound.thresholdMs).toBeLessThan(600);

  const target: MonitoredTarget = {
    name: "web",
    label: "web",
    arms: [arm],
    extras: [],
    leftOut: [],
    chartsLeftOut: [],
  };
  const usual = { requestsPerSecond: REQUESTS_PER_SECOND, errorRate: 0.01, requests: 1, hours: 1 };
  const { alarms } = alarmPlan(target, { usual, latency: new Map([["all", bound]]), topics: [] });
  expect(alarms.map(({ name }) => name)).toEqual(["web-errors", "web-latency"]);
  await putAlarms(cloud, { alarms, tags: {}, isDryRun: false, overwrite: false });
  const state = async () => {
    const found = await cloudWatch.describeAlarms({ AlarmNames: ["web-latency"] });
    return found.MetricAlarms?.[0]?.StateValue;
  };
  let atMs = startMs;
  const pass = async (minutes: number, slowSeconds: number) => {
    for (let count = 0; count < minutes; count++) {
      await publish(minute(atMs, slowSeconds));
      await cloud.advance(MINUTE_MS);
      atMs += MINUTE_MS;
    }
  };
  await pass(3, 0.33);
  expect(await state()).toBe("OK");
  await pass(32, 0.9);
  expect(await state()).toBe("ALARM");
});

it("says why it cannot be sized", async () => {
  const { cloud, startMs, publish } = await metricCloud();
  expect(await latencyBounds(cloud, [arm], 0.01)).toContain("too little traffic");
  await publish(minute(startMs - 2 * MINUTE_MS, 0.3));
  expect(await latencyBounds(cloud, [arm], REQUESTS_PER_SECOND)).toBeUndefined();
});

// Protects where a plan's traffic comes from: what is given, else the days before, else the last hour, else it says so.
import type { MetricWindow, TrafficSpan } from "@headgate/core";
import { seededRandom } from "@headgate/core";
import { expect, it } from "vitest";

import { planPower } from "../src/plan-power.ts";
import { Platform } from "./support/platform.ts";
import { specOf } from "./support/specs.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_800_000_000_000;
const SPEC = specOf("strategy: { linear: { step: 10%, every: 1m } }\nanalysis: {}\n");

function power(history: (window: MetricWindow) => readonly TrafficSpan[], given = {}) {
  const { drivers } = new Platform();
  const metrics = { ...drivers.metrics, history: async (window: MetricWindow) => history(window) };
  const next = seededRandom(7);
  const options = { nowMs: NOW_MS, random: { next }, ...given };
  return planPower(SPEC, { ...drivers, metrics }, options);
}

/** The window, full of requests. */
const steady = (perSecond: number) => (window: MetricWindow) => {
  const requests = ((window.toMs - window.fromMs) / 1000) * perSecond;
  return [{ ...window, requests, errors: requests / 100 }];
};

it("takes the traffic of the days before", async () => {
  const found = await power(steady(20));
  expect(found).toMatchObject({ kind: "known", traffic: { from: "history", days: 14 } });
});

it("takes the last hour when there was none before it", async () => {
  const found = await power((window) =>
    window.toMs - window.fromMs > HOUR_MS ? [] : steady(20)(window),
  );
  expect(found).toMatchObject({ kind: "known", traffic: { requestsPerSecond: 20 } });
});

it("takes what is given, and the errors from the history", async () => {
  const found = await power(steady(20), { requestsPerSecond: 0.1 });
  expect(found).toMatchObject({
    traffic: { from: "given", requestsPerSecond: 0.1, errorRate: 0.01 },
    report: { underpowered: true },
  });
});

it("says that nothing is known when there was no traffic", async () => {
  expect(await power(() => [])).toEqual({
    kind: "unknown",
    why: "there was no traffic in the last 14 days",
  });
});

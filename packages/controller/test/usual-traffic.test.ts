// Protects what `plan` takes for the usual traffic: this hour of the day, quiet and busy days outweighed.
import { expect, it } from "vitest";

import { usualTraffic } from "../src/usual-traffic.ts";

const HOUR_MS = 3_600_000;
const NOON_MS = 1_800_000_000_000 - (1_800_000_000_000 % (24 * HOUR_MS)) + 12 * HOUR_MS;

/** Hours from noon back, `requests` in each as given by the hour of the day and the days ago. */
function history(days: number, requests: (hour: number, daysAgo: number) => number) {
  return Array.from({ length: days * 24 }, (_, index) => {
    const toMs = NOON_MS - index * HOUR_MS;
    const hour = (((12 - 1 - index) % 24) + 24) % 24;
    const count = requests(hour, Math.floor(index / 24));
    return { fromMs: toMs - HOUR_MS, toMs, requests: count, errors: count / 100 };
  }).filter((span) => span.requests > 0);
}

it("is undefined without any traffic", () => {
  expect(usualTraffic([], NOON_MS)).toBeUndefined();
});

it("takes this hour of the day, not the night", () => {
  const spans = history(14, (hour) => (hour === 11 ? 36_000 : 360));
  expect(usualTraffic(spans, NOON_MS)).toMatchObject({ requestsPerSecond: 10, from: "history" });
});

it("is not led astray by one busy or quiet day", () => {
  const spans = history(14, (_, daysAgo) => (daysAgo === 3 ? 3_600_000 : daysAgo === 5 ? 0 : 3600));
  const usual = usualTraffic(spans, NOON_MS);
  expect(usual?.requestsPerSecond).toBe(1);
  expect(usual?.errorRate).toBeCloseTo(0.01, 10);
});

it("reckons with the time there is when there is less than an hour", () => {
  const fromMs = NOON_MS - 60_000;
  const spans = [{ fromMs, toMs: NOON_MS, requests: 6000, errors: 0 }];
  expect(usualTraffic(spans, NOON_MS)?.requestsPerSecond).toBe(100);
});

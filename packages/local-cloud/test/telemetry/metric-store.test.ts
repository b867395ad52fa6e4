import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type VirtualClock, virtualClock } from "../../src/clock.ts";
import { seededRandom } from "../../src/random.ts";
import { openStore } from "../../src/storage/sqlite-store.ts";
import type { SeriesId } from "../../src/telemetry/metric-sink.ts";
import { createMetricStore, type MetricStore } from "../../src/telemetry/metric-store.ts";

// Protects the measurements: nothing is lost or counted twice, in memory, on disk and when rolled up.

const START = Date.parse("2026-11-20T10:00:00Z");
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const PLACE = { account: "000000000000", region: "us-east-1" };
const LATENCY: SeriesId = {
  namespace: "Shop",
  metricName: "Latency",
  dimensions: [
    { Name: "Stage", Value: "prod" },
    { Name: "Api", Value: "a1" },
  ],
  unit: "Milliseconds",
  storageResolution: 60,
};
const FAST: SeriesId = { ...LATENCY, metricName: "Fast", storageResolution: 1 };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function open(directory?: string): {
  metrics: MetricStore & { reset(): void };
  clock: VirtualClock;
} {
  const fail = (error: unknown) => {
    throw error;
  };
  const clock = virtualClock(START, fail);
  const store = openStore(directory);
  const metrics = createMetricStore({ store, clock, onError: fail });
  cleanups.push(() => {
    metrics.close();
    store.close();
  });
  return { metrics, clock };
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "headgate-metrics-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function read(
  metrics: MetricStore,
  id: SeriesId,
  periodMs: number,
  fromMs = START,
  toMs = START + DAY,
) {
  return metrics
    .read(PLACE, id, { startMs: fromMs, endMs: toMs, periodMs })
    .map(({ startMs, samples }) => [(startMs - fromMs) / SECOND, samples.sum, samples.count]);
}

describe("a series", () => {
  it("is the same for dimensions in another order", () => {
    const { metrics } = open();
    metrics.series(PLACE, LATENCY).record(1, START);
    const turned = { ...LATENCY, dimensions: LATENCY.dimensions.toReversed() };
    metrics.series(PLACE, turned).record(2, START);
    expect(read(metrics, LATENCY, MINUTE)).toEqual([[0, 3, 2]]);
    expect(metrics.metrics(PLACE)).toHaveLength(1);
  });

  it("keeps minutes for standard resolution and seconds for high resolution", () => {
    const { metrics } = open();
    for (const id of [LATENCY, FAST]) {
      metrics.series(PLACE, id).record(1, START + 5 * SECOND);
      metrics.series(PLACE, id).record(2, START + 25 * SECOND, 3);
      metrics.series(PLACE, id).record(4, START + 65 * SECOND);
    }
    expect(read(metrics, FAST, 10 * SECOND)).toEqual([
      [0, 1, 1],
      [20, 6, 3],
      [60, 4, 1],
    ]);
    expect(read(metrics, LATENCY, 10 * SECOND)).toEqual([
      [0, 7, 4],
      [60, 4, 1],
    ]);
    expect(read(metrics, FAST, MINUTE)).toEqual(read(metrics, LATENCY, MINUTE));
  });

  it("keeps seconds for the cloud's own metrics, which give no resolution", () => {
    const { metrics } = open();
    const own: SeriesId = { ...FAST, metricName: "Own", storageResolution: undefined };
    metrics.series(PLACE, own).record(1, START + 5 * SECOND);
    metrics.series(PLACE, own).record(2, START + 25 * SECOND);
    expect(read(metrics, own, 10 * SECOND)).toEqual([
      [0, 1, 1],
      [20, 2, 1],
    ]);
  });

  it("merges late data into its own period", () => {
    const { metrics } = open();
    const series = metrics.series(PLACE, FAST);
    series.record(1, START + 10 * SECOND);
    series.record(1, START + 20 * SECOND);
    series.record(5, START + 10 * SECOND + 400);
    expect(read(metrics, FAST, SECOND)).toEqual([
      [10, 6, 2],
      [20, 1, 1],
    ]);
  });

  it("counts periods from the start of the window and leaves the end out", () => {
    const { metrics } = open();
    for (const minute of [0, 1, 2, 3, 4, 5]) {
      metrics.series(PLACE, LATENCY).record(minute, START + minute * MINUTE);
    }
    const from = START + MINUTE;
    expect(read(metrics, LATENCY, 2 * MINUTE, from, START + 4 * MINUTE)).toEqual([
      [0, 3, 2],
      [120, 3, 1],
    ]);
  });

  it("keeps units apart, and accounts and regions", () => {
    const { metrics } = open();
    metrics.series(PLACE, LATENCY).record(1, START);
    metrics.series(PLACE, { ...LATENCY, unit: "Seconds" }).record(2, START);
    metrics.series({ ...PLACE, region: "eu-west-1" }, LATENCY).record(4, START);
    const window = { startMs: START, endMs: START + MINUTE, periodMs: MINUTE };
    expect(metrics.read(PLACE, LATENCY, window, "Seconds")[0]?.samples.sum).toBe(2);
    expect(metrics.read(PLACE, LATENCY, window)[0]?.samples.sum).toBe(3);
    expect(metrics.metric(PLACE, LATENCY)?.units).toEqual(["Milliseconds", "Seconds"]);
  });

  it("counts every one of 100,000 records", () => {
    const { metrics } = open(temporaryDirectory());
    const series = metrics.series(PLACE, FAST);
    const random = seededRandom(3);
    let sum = 0;
    let largest = 0;
    for (let index = 0; index < 100_000; index++) {
      const value = Math.floor(random.next() * 10_000);
      sum += value;
      largest = Math.max(largest, value);
      series.record(value, START + ((index / 10) | 0));
    }
    metrics.flush();
    const [period, ...rest] = metrics.read(PLACE, FAST, {
      startMs: START,
      endMs: START + MINUTE,
      periodMs: MINUTE,
    });
    expect(rest).toEqual([]);
    expect(period?.samples).toMatchObject({ sum, count: 100_000, max: largest });
    const weights = period?.samples.weighted() ?? [];
    expect(weights.reduce((total, [, count]) => total + count, 0)).toBe(100_000);
  });
});

describe("retention", () => {
  it("folds seconds into minutes after 3 hours, minutes into 5 after 15 days, and forgets", async () => {
    const { metrics, clock } = open(temporaryDirectory());
    const series = metrics.series(PLACE, FAST);
    for (const second of [1, 2, 61, 301]) series.record(second, START + second * SECOND);
    const from = START;
    const until = START + HOUR;
    expect(read(metrics, FAST, SECOND, from, until)).toHaveLength(4);
    await clock.advance(4 * HOUR);
    expect(read(metrics, FAST, SECOND, from, until)).toEqual([]);
    expect(read(metrics, FAST, MINUTE, from, until)).toEqual([
      [0, 3, 2],
      [60, 61, 1],
      [300, 301, 1],
    ]);
    await clock.advance(16 * DAY);
    expect(read(metrics, FAST, MINUTE, from, until)).toEqual([]);
    expect(read(metrics, FAST, 5 * MINUTE, from, until)).toEqual([
      [0, 64, 3],
      [300, 301, 1],
    ]);
    await clock.advance(60 * DAY);
    expect(read(metrics, FAST, HOUR, from, until)).toEqual([[0, 365, 4]]);
    metrics.flush();
    await clock.advance(400 * DAY);
    expect(read(metrics, FAST, HOUR, from, until)).toEqual([]);
  });
});

describe("a data directory", () => {
  it("gives everything back after a restart, exact and binned values too", () => {
    const directory = temporaryDirectory();
    const first = open(directory);
    const series = first.metrics.series(PLACE, FAST);
    for (let index = 0; index < 1000; index++) series.record(index / 7, START);
    first.metrics.series(PLACE, LATENCY).record(12.5, START, 2);
    const set = { sum: 30, count: 2, min: 10, max: 20 };
    first.metrics.recordSet(PLACE, { ...LATENCY, metricName: "Set" }, set, START);
    first.metrics.flush();
    cleanups
      .splice(1)
      .reverse()
      .forEach((cleanup) => cleanup());

    const second = open(directory);
    expect(second.metrics.metrics(PLACE).map(({ metricName }) => metricName)).toEqual([
      "Fast",
      "Latency",
      "Set",
    ]);
    expect(read(second.metrics, LATENCY, MINUTE)).toEqual([[0, 25, 2]]);
    second.metrics.series(PLACE, LATENCY).record(5, START);
    expect(read(second.metrics, LATENCY, MINUTE)).toEqual([[0, 30, 3]]);
    const window = { startMs: START, endMs: START + MINUTE, periodMs: MINUTE };
    const [binned] = second.metrics.read(PLACE, FAST, window);
    expect(binned?.samples.count).toBe(1000);
    expect(binned?.samples.weighted()?.length).toBeGreaterThan(100);
    const [opaque] = second.metrics.read(PLACE, { ...LATENCY, metricName: "Set" }, window);
    expect(opaque?.samples).toMatchObject(set);
    expect(opaque?.samples.weighted()).toBeUndefined();
  });

  it("forgets everything on reset, and held series go on", () => {
    const directory = temporaryDirectory();
    const { metrics } = open(directory);
    const held = metrics.series(PLACE, LATENCY);
    held.record(1, START);
    metrics.flush();
    metrics.reset();
    expect(metrics.metrics(PLACE)).toEqual([]);
    expect(metrics.metric(PLACE, LATENCY)).toBeUndefined();
    held.record(2, START + MINUTE);
    metrics.flush();
    expect(read(metrics, LATENCY, MINUTE)).toEqual([[60, 2, 1]]);
  });
});

import { describe, expect, it } from "vitest";
import {
  parseEmbeddedMetrics,
  recordEmbeddedMetrics,
} from "../../src/telemetry/embedded-metrics.ts";
import type { SeriesId } from "../../src/telemetry/metric-sink.ts";

// Protects the reading of the embedded metric format: which lines become which samples.

const AT_MS = Date.UTC(2026, 10, 21);

interface Directive {
  Namespace?: unknown;
  Dimensions?: unknown;
  Metrics?: unknown;
}

function line(directive: Directive, fields: Record<string, unknown> = {}): string {
  const whole = { Namespace: "Shop", Dimensions: [["Service"]], Metrics: [], ...directive };
  return JSON.stringify({
    _aws: { Timestamp: AT_MS, CloudWatchMetrics: [whole] },
    Service: "pay",
    Latency: 12.5,
    ...fields,
  });
}

const LATENCY = { Name: "Latency", Unit: "Milliseconds" };

describe("a valid line", () => {
  it("gives one sample series for each set of dimensions and each metric", () => {
    const message = line(
      { Dimensions: [["Service"], ["Service", "Version"], []], Metrics: [LATENCY] },
      { Version: "2" },
    );
    const service = { Name: "Service", Value: "pay" };
    const sample = {
      namespace: "Shop",
      metricName: "Latency",
      unit: "Milliseconds",
      storageResolution: 60,
      values: [12.5],
    };
    expect(parseEmbeddedMetrics(message)).toEqual({
      atMs: AT_MS,
      samples: [
        { ...sample, dimensions: [service] },
        { ...sample, dimensions: [service, { Name: "Version", Value: "2" }] },
        { ...sample, dimensions: [] },
      ],
    });
  });

  it("takes arrays of values and high resolution, and the unit None when none is given", () => {
    const message = line(
      { Metrics: [{ Name: "Sizes", StorageResolution: 1 }] },
      { Sizes: [1, 2, 3] },
    );
    expect(parseEmbeddedMetrics(message)?.samples).toEqual([
      expect.objectContaining({ unit: "None", storageResolution: 1, values: [1, 2, 3] }),
    ]);
  });

  it("is found behind the prefix that Node's console.log has on Lambda", () => {
    const prefix = "2026-11-21T00:00:00.000Z\t8f507cfc-bfd0-4c5a-9d5e-0c5c0e0f0a0b\tINFO\t";
    expect(parseEmbeddedMetrics(prefix + line({ Metrics: [LATENCY] }))?.samples).toHaveLength(1);
  });

  it("reaches the metric store with its own time", () => {
    const recorded: [SeriesId, number, number][] = [];
    const sink = {
      series: (_place: unknown, id: SeriesId) => ({
        record: (value: number, atMs: number) => void recorded.push([id, value, atMs]),
      }),
    };
    const place = { account: "000000000000", region: "us-east-1" };
    const message = line({ Metrics: [LATENCY] });
    recordEmbeddedMetrics(sink, place, message, AT_MS + 5000);
    recordEmbeddedMetrics(sink, place, "an ordinary line", AT_MS);
    // Older than 14 days, and more than 2 hours ahead.
    recordEmbeddedMetrics(sink, place, message, AT_MS + 15 * 24 * 3_600_000);
    recordEmbeddedMetrics(sink, place, message, AT_MS - 3 * 3_600_000);
    expect(recorded).toEqual([
      [expect.objectContaining({ namespace: "Shop", metricName: "Latency" }), 12.5, AT_MS],
    ]);
  });
});

describe("an invalid line gives nothing", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);
  const values = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "x"]));
  const invalid: Record<string, string> = {
    "no JSON": '{"_aws": {',
    "no metadata object": '{"_aws": 1}',
    "no timestamp": '{"_aws": {"CloudWatchMetrics": []}}',
    "no namespace": line({ Namespace: undefined, Metrics: [LATENCY] }),
    "dimensions that are no sets": line({ Dimensions: ["Service"], Metrics: [LATENCY] }),
    "a dimension without a value": line({ Dimensions: [["Nowhere"]], Metrics: [LATENCY] }),
    "a dimension that is no string": line({ Metrics: [LATENCY] }, { Service: 7 }),
    "31 dimensions": line({ Dimensions: [many(31)], Metrics: [LATENCY] }, values(many(31))),
    "101 metrics": line({ Metrics: Array.from({ length: 101 }, () => LATENCY) }),
    "101 values": line({ Metrics: [LATENCY] }, { Latency: Array.from({ length: 101 }, () => 1) }),
    "a metric without a value": line({ Metrics: [{ Name: "Nowhere" }] }),
    "a value that is no number": line({ Metrics: [LATENCY] }, { Latency: "12" }),
    "an unknown unit": line({ Metrics: [{ Name: "Latency", Unit: "Parsecs" }] }),
    "an unknown resolution": line({ Metrics: [{ Name: "Latency", StorageResolution: 5 }] }),
  };
  it.each(Object.entries(invalid))("%s", (_why, message) => {
    expect(parseEmbeddedMetrics(message)).toBeUndefined();
  });

  it("30 dimensions and 100 values are still valid", () => {
    const names = many(30);
    const message = line(
      { Dimensions: [names], Metrics: [LATENCY] },
      { ...values(names), Latency: Array.from({ length: 100 }, () => 1) },
    );
    expect(parseEmbeddedMetrics(message)?.samples).toHaveLength(1);
  });
});

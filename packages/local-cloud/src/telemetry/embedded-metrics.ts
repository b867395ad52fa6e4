import { isJsonObject, type JsonObject, parseJsonObject } from "../json-object.ts";
import type { Dimension, MetricSink, Place } from "./metric-sink.ts";

// Source: AWS docs, CloudWatch_Embedded_Metric_Format_Specification.
const DIRECTIVE_METRICS_MAX = 100;
const DIMENSIONS_MAX = 30;
const VALUES_MAX = 100;
const MESSAGE_BYTES_MAX = 256 * 1024;
const NAME_LENGTH_MAX = 1024;
const OLDEST_SAMPLE_MS = 14 * 24 * 3600 * 1000;
const NEWEST_SAMPLE_MS = 2 * 3600 * 1000;

const UNITS: ReadonlySet<string> = new Set(
  ["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"].concat(
    ["", "Kilo", "Mega", "Giga", "Tera"].flatMap((scale) =>
      (scale === "" ? ["Bytes", "Bits"] : [`${scale}bytes`, `${scale}bits`]).flatMap((unit) => [
        unit,
        `${unit}/Second`,
      ]),
    ),
  ),
);

interface Sample {
  readonly namespace: string;
  readonly metricName: string;
  readonly unit: string;
  readonly storageResolution: 1 | 60;
  readonly dimensions: readonly Dimension[];
  readonly values: readonly number[];
}

interface EmbeddedMetrics {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

/**
 * Sends the metrics of a line in the embedded metric format to `metrics`; other lines cost a search.
 * What CloudWatch would refuse as too old or too new is left out.
 */
export function recordEmbeddedMetrics(
  metrics: MetricSink,
  place: Place,
  message: string,
  nowMs: number,
): void {
  if (!message.includes('"_aws"')) return;
  const embedded = parseEmbeddedMetrics(message);
  if (embedded === undefined) return;
  const { atMs } = embedded;
  if (atMs < nowMs - OLDEST_SAMPLE_MS || atMs > nowMs + NEWEST_SAMPLE_MS) return;
  for (const { values, ...id } of embedded.samples) {
    const series = metrics.series(place, id);
    for (const value of values) series.record(value, atMs);
  }
}

/**
 * Undefined when the line is no valid document of the format: AWS then keeps the line and says
 * nothing. One flaw anywhere drops the whole line (Unverified: AWS may keep its sound directives).
 */
export function parseEmbeddedMetrics(message: string): EmbeddedMetrics | undefined {
  const root = parseObject(message);
  const metadata = root?.["_aws"];
  if (root === undefined || !isJsonObject(metadata)) return undefined;
  const { Timestamp: atMs, CloudWatchMetrics: directives } = metadata;
  if (typeof atMs !== "number" || !Number.isFinite(atMs) || !Array.isArray(directives)) {
    return undefined;
  }
  const samples: Sample[] = [];
  for (const directive of directives) {
    const found = samplesOf(root, directive);
    if (found === undefined) return undefined;
    samples.push(...found);
  }
  return { atMs, samples };
}

/**
 * A line of a Node function's `console.log` carries a time, a request id and a level, tab separated,
 * before its message. Unverified: that CloudWatch Logs looks past them.
 */
const NODE_PREFIX = /^[^\t{]+\t[^\t{]+\t[A-Z]+\t/;

function parseObject(message: string): JsonObject | undefined {
  const text = message.replace(NODE_PREFIX, "").trim();
  if (!text.startsWith("{") || Buffer.byteLength(text) > MESSAGE_BYTES_MAX) return undefined;
  return parseJsonObject(text);
}

function samplesOf(root: JsonObject, directive: unknown): Sample[] | undefined {
  if (!isJsonObject(directive)) return undefined;
  const { Namespace: namespace, Dimensions: dimensionSets, Metrics: definitions } = directive;
  if (!isName(namespace) || !Array.isArray(dimensionSets) || !Array.isArray(definitions)) {
    return undefined;
  }
  if (definitions.length > DIRECTIVE_METRICS_MAX) return undefined;
  const samples: Sample[] = [];
  for (const set of dimensionSets) {
    const dimensions = dimensionsOf(root, set);
    if (dimensions === undefined) return undefined;
    for (const definition of definitions) {
      const metric = metricOf(root, definition);
      if (metric === undefined) return undefined;
      samples.push({ namespace, dimensions, ...metric });
    }
  }
  return samples;
}

function dimensionsOf(root: JsonObject, set: unknown): Dimension[] | undefined {
  if (!Array.isArray(set) || set.length > DIMENSIONS_MAX) return undefined;
  const dimensions: Dimension[] = [];
  for (const name of set) {
    const value = typeof name === "string" ? root[name] : undefined;
    if (!isName(name) || !isName(value)) return undefined;
    dimensions.push({ Name: name, Value: value });
  }
  return dimensions;
}

function metricOf(
  root: JsonObject,
  definition: unknown,
): Omit<Sample, "namespace" | "dimensions"> | undefined {
  if (!isJsonObject(definition)) return undefined;
  const { Name: metricName, Unit: unit = "None" } = definition;
  const { StorageResolution: storageResolution = 60 } = definition;
  if (!isName(metricName) || typeof unit !== "string" || !UNITS.has(unit)) return undefined;
  if (storageResolution !== 1 && storageResolution !== 60) return undefined;
  const target = root[metricName];
  const values: readonly unknown[] = Array.isArray(target) ? target : [target];
  if (values.length > VALUES_MAX || !values.every(isFiniteNumber)) return undefined;
  return { metricName, unit, storageResolution, values };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= NAME_LENGTH_MAX;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

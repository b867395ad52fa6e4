import type { Cloud } from "../../../service.ts";
import type { Dimension, MetricSeries, Place } from "../../../telemetry/metric-sink.ts";

/** Source: AWS docs, "Types of metrics for Lambda functions". */
const UNITS = {
  Invocations: "Count",
  Errors: "Count",
  Throttles: "Count",
  Duration: "Milliseconds",
  ConcurrentExecutions: "Count",
  UnreservedConcurrentExecutions: "Count",
  DeadLetterErrors: "Count",
  DestinationDeliveryFailures: "Count",
  AsyncEventsReceived: "Count",
  AsyncEventsDropped: "Count",
  AsyncEventAge: "Milliseconds",
  ProvisionedConcurrentExecutions: "Count",
  ProvisionedConcurrencyInvocations: "Count",
  ProvisionedConcurrencySpilloverInvocations: "Count",
  ProvisionedConcurrencyUtilization: "Count",
} as const;

export type MetricName = keyof typeof UNITS;

/** What an invocation was aimed at, as metrics name it. */
export interface MeasuredResource {
  readonly functionName: string;
  /** "fn", "fn:prod" or "fn:2". */
  readonly resource: string;
  /** Only for invocations of an alias: the version that ran. */
  readonly executedVersion: string | undefined;
}

/** Writes one sample into the series of every dimension set a resource has. */
export interface ResourceMetrics {
  record(name: MetricName, value: number, atMs: number): void;
  /** Into the series of the function alone: what versions and aliases cannot have, or not tell apart. */
  recordForFunction(name: MetricName, value: number, atMs: number): void;
  /** Into the series without dimensions: the account's region as a whole. */
  recordForAccount(name: MetricName, value: number, atMs: number): void;
}

export interface FunctionMetrics {
  of(place: Place, resource: MeasuredResource): ResourceMetrics;
}

/** Keeps the series it has found: an invocation only records. */
export function createFunctionMetrics({ metrics }: Cloud): FunctionMetrics {
  const known = new Map<string, ResourceMetrics>();
  return {
    of(place, { functionName, resource, executedVersion }) {
      const id = `${place.account}/${place.region}/${resource}/${executedVersion ?? ""}`;
      let found = known.get(id);
      if (found === undefined) {
        const sets = dimensionSets(functionName, resource, executedVersion);
        found = resourceMetrics(
          (name, dimensions) =>
            metrics.series(place, {
              namespace: "AWS/Lambda",
              metricName: name,
              dimensions,
              unit: UNITS[name],
            }),
          sets,
        );
        known.set(id, found);
      }
      return found;
    },
  };
}

type Sets = readonly [account: Dimension[], forFunction: Dimension[], ...Dimension[][]];

function dimensionSets(
  functionName: string,
  resource: string,
  executedVersion: string | undefined,
): Sets {
  const ofFunction = { Name: "FunctionName", Value: functionName };
  const ofResource = { Name: "Resource", Value: resource };
  const sets: Sets = [[], [ofFunction], [ofFunction, ofResource]];
  if (executedVersion === undefined) return sets;
  const ofVersion = { Name: "ExecutedVersion", Value: executedVersion };
  return [...sets, [ofFunction, ofResource, ofVersion]];
}

function resourceMetrics(
  find: (name: MetricName, dimensions: Dimension[]) => MetricSeries,
  sets: Sets,
): ResourceMetrics {
  const found = new Map<MetricName, MetricSeries[]>();
  const seriesOf = (name: MetricName): MetricSeries[] => {
    let series = found.get(name);
    if (series === undefined) {
      series = sets.map((dimensions) => find(name, dimensions));
      found.set(name, series);
    }
    return series;
  };
  return {
    record(name, value, atMs) {
      for (const series of seriesOf(name)) series.record(value, atMs);
    },
    recordForFunction: (name, value, atMs) => seriesOf(name)[1]?.record(value, atMs),
    recordForAccount: (name, value, atMs) => seriesOf(name)[0]?.record(value, atMs),
  };
}

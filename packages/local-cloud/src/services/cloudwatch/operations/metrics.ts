import type { Cloud } from "../../../service.ts";
import type { KnownMetric } from "../../../telemetry/metric-store.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { StorageError } from "../../../storage/store.ts";
import { pageOf } from "../../paging.ts";
import { checkDatum, type Datum } from "../datum.ts";
import { invalidNextToken, invalidParameterValue, missingParameter } from "../errors.ts";
import {
  LIST_METRICS_AGE_MS,
  LIST_METRICS_PAGE,
  MAX_METRICS_PER_PUT,
  RECENTLY_ACTIVE_MS,
} from "../limits.ts";
import { dimensionsOf } from "../metric-reader.ts";
import type { CloudWatchHandlers, CloudWatchInput } from "../sdk.ts";

/** Writing metrics and finding them again. */
export function metricOperations(cloud: Cloud) {
  return {
    PutMetricData(input, place) {
      const nowMs = cloud.clock.nowMs();
      const data = dataOf(input);
      checkData(input.Namespace ?? "", data, nowMs);
      // A disk that is full says so here, before anything is recorded.
      cloud.metrics.flush();
      for (const datum of data)
        record(cloud, place, { ...datum, namespace: input.Namespace ?? "" });
      flushRecorded(cloud);
      return {};
    },

    ListMetrics(input, place) {
      const nowMs = cloud.clock.nowMs();
      const ageMs = input.RecentlyActive === "PT3H" ? RECENTLY_ACTIVE_MS : LIST_METRICS_AGE_MS;
      const matching = cloud.metrics
        .metrics(place)
        .filter((metric) => metric.newestMs > nowMs - ageMs && matches(metric, input));
      const page = pageOf(matching, {
        keyOf: ({ namespace, metricName, dimensions }) =>
          JSON.stringify([namespace, metricName, dimensions]),
        token: input.NextToken,
        limit: LIST_METRICS_PAGE,
        badToken: invalidNextToken,
      });
      return {
        Metrics: page.items.map(({ namespace, metricName, dimensions }) => ({
          Namespace: namespace,
          MetricName: metricName,
          Dimensions: [...dimensions],
        })),
        NextToken: page.nextToken,
      };
    },
  } satisfies CloudWatchHandlers;
}

/** Entities say which resource the data belongs to; the data itself is ordinary. */
function dataOf(input: CloudWatchInput<"PutMetricData">): readonly Datum[] {
  const ofEntities = (input.EntityMetricData ?? []).flatMap(({ MetricData }) => MetricData ?? []);
  return [...(input.MetricData ?? []), ...ofEntities];
}

function checkData(namespace: string, data: readonly Datum[], nowMs: number): void {
  if (namespace.startsWith("AWS/")) {
    throw invalidParameterValue("The value AWS/ for parameter Namespace is invalid.");
  }
  if (data.length === 0) throw missingParameter("The parameter MetricData is required.");
  if (data.length > MAX_METRICS_PER_PUT) {
    throw invalidParameterValue(
      `The collection MetricData must not have a size greater than ${MAX_METRICS_PER_PUT}.`,
    );
  }
  for (const [index, datum] of data.entries()) checkDatum(datum, index + 1, nowMs);
}

function record(cloud: Cloud, place: Place, datum: Datum & { readonly namespace: string }): void {
  const atMs = datum.Timestamp?.getTime() ?? cloud.clock.nowMs();
  const id = {
    namespace: datum.namespace,
    metricName: datum.MetricName ?? "",
    dimensions: dimensionsOf(datum.Dimensions),
    unit: datum.Unit ?? "None",
    storageResolution: datum.StorageResolution === 1 ? (1 as const) : (60 as const),
  };
  const set = datum.StatisticValues;
  if (set !== undefined) {
    const { Sum: sum = 0, SampleCount: count = 0, Minimum: min = 0, Maximum: max = 0 } = set;
    cloud.metrics.recordSet(place, id, { sum, count, min, max }, atMs);
    return;
  }
  const series = cloud.metrics.series(place, id);
  const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value]);
  for (const [index, value] of values.entries()) {
    series.record(value, atMs, datum.Counts?.[index] ?? 1);
  }
}

/** Samples cannot be taken out of the sums again: the refusal must not say that nothing has changed. */
function flushRecorded({ metrics }: Cloud): void {
  try {
    metrics.flush();
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    throw new StorageError(
      "the data directory refused a write. The data is kept in memory and written when there is " +
        "room: free some space, and do not send it again.",
      { cause },
    );
  }
}

function matches(metric: KnownMetric, input: CloudWatchInput<"ListMetrics">): boolean {
  if (input.Namespace !== undefined && metric.namespace !== input.Namespace) return false;
  if (input.MetricName !== undefined && metric.metricName !== input.MetricName) return false;
  return (input.Dimensions ?? []).every((filter) =>
    metric.dimensions.some(
      ({ Name, Value }) =>
        Name === filter.Name && (filter.Value === undefined || Value === filter.Value),
    ),
  );
}

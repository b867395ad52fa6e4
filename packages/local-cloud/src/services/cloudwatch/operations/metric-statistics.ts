import type { Cloud } from "../../../service.ts";
import type { Period } from "../../../telemetry/metric-store.ts";
import { invalidParameterCombination, invalidParameterValue } from "../errors.ts";
import { MAX_STATISTICS_DATAPOINTS } from "../limits.ts";
import { dimensionsOf } from "../metric-reader.ts";
import { isPeriod, roundedStart } from "../periods.ts";
import type { CloudWatchHandlers, CloudWatchInput, CloudWatchOutput } from "../sdk.ts";
import { parseStatistic, type Statistic, statisticOf } from "../statistics.ts";

type Request = CloudWatchInput<"GetMetricStatistics">;
type Datapoint = NonNullable<CloudWatchOutput<"GetMetricStatistics">["Datapoints"]>[number];

/** The older way to read one metric. */
export function metricStatisticsOperations(cloud: Cloud) {
  return {
    GetMetricStatistics(input, place) {
      const { startMs, endMs, periodMs } = checkedSpan(input);
      const extended = extendedOf(input);
      const window = {
        startMs: roundedStart(startMs, periodMs, cloud.clock.nowMs()),
        endMs,
        periodMs,
      };
      const name = {
        namespace: input.Namespace ?? "",
        metricName: input.MetricName ?? "",
        dimensions: dimensionsOf(input.Dimensions),
      };
      const held = cloud.metrics.metric(place, name)?.units ?? [];
      const units = input.Unit === undefined ? held : held.filter((unit) => unit === input.Unit);
      const datapoints = units.flatMap((unit) =>
        cloud.metrics
          .read(place, name, window, unit)
          .map((period) => datapointOf(period, unit as Datapoint["Unit"], input, extended)),
      );
      return { Label: input.MetricName, Datapoints: shuffled(datapoints, cloud) };
    },
  } satisfies CloudWatchHandlers;
}

/** Source: recorded AWS answers (LocalStack snapshot test_invalid_amount_of_datapoints). */
function checkedSpan(input: Request): { startMs: number; endMs: number; periodMs: number } {
  const startMs = input.StartTime?.getTime() ?? 0;
  const endMs = input.EndTime?.getTime() ?? 0;
  const period = input.Period ?? 0;
  if (startMs >= endMs) {
    throw invalidParameterValue("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (!isPeriod(period)) {
    // Unverified: the text.
    throw invalidParameterValue(
      "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
    );
  }
  const wanted = Math.floor((endMs - startMs) / 1000 / period);
  if (wanted > MAX_STATISTICS_DATAPOINTS) {
    throw invalidParameterCombination(
      `You have requested up to ${wanted} datapoints, which exceeds the limit of ${MAX_STATISTICS_DATAPOINTS}. ` +
        "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
    );
  }
  return { startMs, endMs, periodMs: period * 1000 };
}

function extendedOf(input: Request): ReadonlyMap<string, Statistic> {
  const names = input.ExtendedStatistics ?? [];
  if ((input.Statistics ?? []).length === 0 && names.length === 0) {
    throw invalidParameterCombination("Must specify either Statistics or ExtendedStatistics");
  }
  const parsed = new Map<string, Statistic>();
  for (const name of names) {
    const statistic = parseStatistic(name);
    if (statistic === undefined) {
      throw invalidParameterValue(
        `The value ${name} for parameter ExtendedStatistics is not supported.`,
      );
    }
    parsed.set(name, statistic);
  }
  return parsed;
}

function datapointOf(
  { startMs, samples }: Period,
  unit: Datapoint["Unit"],
  input: Request,
  extended: ReadonlyMap<string, Statistic>,
): Datapoint {
  const simple = (input.Statistics ?? []).map((kind) => [kind, statisticOf({ kind }, samples)]);
  const values: Record<string, number> = {};
  for (const [name, statistic] of extended) {
    const value = statisticOf(statistic, samples);
    if (value !== undefined) values[name] = value;
  }
  return {
    Timestamp: new Date(startMs),
    Unit: unit,
    ...Object.fromEntries(simple),
    ...(Object.keys(values).length > 0 && { ExtendedStatistics: values }),
  };
}

/** AWS promises no order, and callers that forget to sort should find that out here. */
function shuffled<Item>(items: readonly Item[], cloud: Cloud): Item[] {
  const keyed = items.map((item) => ({ item, key: cloud.random.next() }));
  return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item);
}

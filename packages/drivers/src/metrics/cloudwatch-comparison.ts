import type { MetricQuery, Reading, VersionCounts, VersionId } from "@headgate/core";
import { mean, overall, sum, weightedOver } from "./buckets.ts";
import type { CounterDefinition } from "./counter-definition.ts";
import type { MetricReader } from "./metric-reader.ts";
import { added, type Answers, SeriesPlan } from "./series-plan.ts";
import type { Span } from "./spans.ts";

/** The counts of each version over the whole span. A version without requests has no entry. */
export async function readCounts(
  reader: MetricReader,
  definition: CounterDefinition,
  versions: readonly VersionId[],
  span: Span,
): Promise<ReadonlyMap<VersionId, VersionCounts>> {
  const plan = new SeriesPlan();
  const asked = versions.map((version) => ({ version, read: countsOf(plan, definition, version) }));
  const answers = await plan.read(reader, span);
  const counts = new Map<VersionId, VersionCounts>();
  for (const { version, read } of asked) {
    const counted = read(answers);
    if (counted !== undefined) counts.set(version, counted);
  }
  return counts;
}

function countsOf(
  plan: SeriesPlan,
  definition: CounterDefinition,
  version: VersionId,
): (answers: Answers) => VersionCounts | undefined {
  const { namespace, latency } = definition;
  const arms = definition.armsOf(version);
  const places = (metricName: string, statistic: string) =>
    arms.map(({ dimensions }) => plan.add({ namespace, metricName, dimensions, statistic }));
  const requestPlaces = places(definition.requests, "Sum");
  const errorPlaces = definition.errors.flatMap((name) => places(name, "Sum"));
  const timed = latency && {
    unitMs: latency.unitMs,
    samples: places(latency.metricName, "SampleCount"),
    sums: places(latency.metricName, "Sum"),
    p50: places(latency.metricName, "p50"),
    p99: places(latency.metricName, "p99"),
  };
  return (answers) => {
    const requests = sum(added(requestPlaces.map(answers)));
    if (requests === undefined || requests === 0) return undefined;
    // Platforms send a zero with a success or nothing at all, so nothing at all means no error.
    const counts = { requests, errors: sum(added(errorPlaces.map(answers))) ?? 0 };
    if (timed === undefined) return counts;
    const samples = added(timed.samples.map(answers));
    const averageMs = mean(added(timed.sums.map(answers)), samples);
    const p50Ms = weightedOver(timed.p50.map(answers), timed.samples.map(answers));
    const p99Ms = weightedOver(timed.p99.map(answers), timed.samples.map(answers));
    if (averageMs === undefined || p50Ms === undefined || p99Ms === undefined) return counts;
    const { unitMs } = timed;
    const latencyMs = {
      p50Ms: p50Ms * unitMs,
      p99Ms: p99Ms * unitMs,
      averageMs: averageMs * unitMs,
    };
    return { ...counts, latency: latencyMs };
  };
}

/** A metric of the user's own, over the whole span. */
export async function readNamedMetric(
  reader: MetricReader,
  query: Extract<MetricQuery, { readonly kind: "cloudWatch" }>,
  span: Span,
): Promise<Reading> {
  const { namespace, metricName, dimensions, statistic } = query;
  const named = { namespace, metricName, dimensions };
  const [values, samples] = await reader.read(
    [
      { ...named, statistic },
      { ...named, statistic: "SampleCount" },
    ],
    span,
  );
  const value = overall(statistic, values, samples);
  const count = sum(samples);
  return {
    value,
    detail:
      value === undefined
        ? `no data for ${metricName}`
        : `${statistic} of ${metricName} is ${value} over ${count ?? 0} samples`,
  };
}

import {
  type Baseline,
  LATENCY_QUANTILES,
  type MetricWindow,
  type TrafficSpan,
  type VersionId,
} from "@headgate/core";
import { sum, weightedOver } from "./buckets.ts";
import type { CounterDefinition } from "./counter-definition.ts";
import type { MetricReader } from "./metric-reader.ts";
import { added, SeriesPlan } from "./series-plan.ts";
import { hourlyPeriods, longPeriods } from "./spans.ts";
import { percentile } from "./statistics.ts";

/**
 * What the version did in the window. CloudWatch gives the percentiles of up to a day exactly; those of
 * several days, or of several strata, are averaged by how many samples each had. That lies between the
 * lowest and the highest of them, and any threshold is a valid one: a stale one only costs power.
 */
export async function readBaseline(
  reader: MetricReader,
  definition: CounterDefinition,
  asked: { readonly version: VersionId; readonly window: MetricWindow; readonly nowMs: number },
): Promise<Baseline | undefined> {
  const { namespace, latency } = definition;
  const { version, window } = asked;
  const plan = new SeriesPlan();
  const arms = definition.armsOf(version).map(({ dimensions }) => {
    const place = (metricName: string, statistic: string) =>
      plan.add({ namespace, metricName, dimensions, statistic });
    return {
      requests: place(definition.requests, "Sum"),
      errors: definition.errors.map((name) => place(name, "Sum")),
      samples: latency && place(latency.metricName, "SampleCount"),
      quantiles: latency
        ? LATENCY_QUANTILES.map((quantile) => place(latency.metricName, percentile(quantile)))
        : [],
    };
  });
  const answers = await plan.read(reader, longPeriods(window, asked.nowMs));
  const total = (places: readonly number[]) => Math.round(sum(added(places.map(answers))) ?? 0);
  const requests = total(arms.map((arm) => arm.requests));
  if (requests === 0) return undefined;
  const errors = Math.min(requests, total(arms.flatMap((arm) => arm.errors)));
  const counts = { version, window, requests, errors };
  if (latency === undefined) return counts;
  const samples = arms.map((arm) => (arm.samples === undefined ? undefined : answers(arm.samples)));
  const latencyMs = LATENCY_QUANTILES.map((_, index) => {
    const values = arms.map(({ quantiles }) => answers(quantiles[index] ?? -1));
    return weightedOver(values, samples);
  });
  const known = latencyMs.filter((value) => value !== undefined);
  return known.length < latencyMs.length
    ? counts
    : { ...counts, latencyMs: neverFalling(known.map((value) => value * latency.unitMs)) };
}

/** CloudWatch's percentiles are estimates, each by itself. */
function neverFalling(values: readonly number[]): readonly number[] {
  let highest = 0;
  return values.map((value) => (highest = Math.max(highest, value)));
}

/** All traffic of the target by the hour, oldest first. */
export async function readHistory(
  reader: MetricReader,
  definition: CounterDefinition,
  asked: { readonly window: MetricWindow; readonly nowMs: number },
): Promise<readonly TrafficSpan[]> {
  const plan = new SeriesPlan();
  const requestPlaces: number[] = [];
  const errorPlaces: number[] = [];
  for (const counter of definition.traffic) {
    const { namespace = definition.namespace, dimensions } = counter;
    const place = (metricName: string) =>
      plan.add({ namespace, metricName, dimensions, statistic: "Sum" });
    requestPlaces.push(place(counter.requests ?? definition.requests));
    errorPlaces.push(...(counter.errors ?? definition.errors).map(place));
  }
  const span = hourlyPeriods(asked.window, asked.nowMs);
  const answers = await plan.read(reader, span);
  const errors = added(errorPlaces.map(answers));
  return [...added(requestPlaces.map(answers))]
    .filter(([, requests]) => Math.round(requests) > 0)
    .toSorted(([left], [right]) => left - right)
    .map(([fromMs, value]) => {
      const requests = Math.round(value);
      return {
        fromMs,
        toMs: fromMs + span.periodMs,
        requests,
        errors: Math.min(requests, Math.round(errors.get(fromMs) ?? 0)),
      };
    });
}

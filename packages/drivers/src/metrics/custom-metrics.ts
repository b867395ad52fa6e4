import {
  type CustomCounts,
  type CustomMetric,
  type NamedMetric,
  RolloutError,
  type VersionId,
} from "@headgate/core";
import { ALL_STRATA, filledIn } from "./counter-definition.ts";
import type { Bucketed } from "./buckets.ts";
import type { Answers, Place, SeriesPlan } from "./series-plan.ts";
import { countAbove, countUpTo } from "./statistics.ts";

/** One of the user's own metrics, asked for one version. */
export interface CustomRead {
  readonly name: string;
  readonly version: VersionId;
  readonly stratum: string;
  countsIn(answers: Answers): Iterable<readonly [atMs: number, counts: CustomCounts]>;
}

/** Puts the series of the user's metrics for `version` into the plan. */
export function customSeries(
  plan: SeriesPlan,
  metrics: readonly CustomMetric[],
  version: VersionId,
): readonly CustomRead[] {
  return metrics.map((metric) => {
    const { name } = metric;
    return { name, version, stratum: ALL_STRATA, countsIn: countsOf(plan, metric, version) };
  });
}

function countsOf(
  plan: SeriesPlan,
  metric: CustomMetric,
  version: VersionId,
): CustomRead["countsIn"] {
  const place = (named: NamedMetric, statistic: string): Place =>
    plan.add({ ...named, dimensions: filledIn(named.dimensions, version), statistic });
  switch (metric.kind) {
    case "outcomes": {
      const successes = place(metric.successes, "Sum");
      const failures = place(metric.failures, "Sum");
      return (answers) => outcomes(answers(successes), answers(failures));
    }
    case "values": {
      const beyond = metric.worse === "higher" ? countAbove : countUpTo;
      const samples = place(metric.value, "SampleCount");
      const bad = metric.thresholds.map((threshold) => {
        if (threshold < 0) throw negativeThreshold(metric.name, threshold);
        return place(metric.value, beyond(threshold));
      });
      return (answers) => values(answers(samples), bad.map(answers));
    }
    default:
      return metric satisfies never;
  }
}

function* outcomes(
  successes: Bucketed,
  failures: Bucketed,
): Iterable<readonly [number, CustomCounts]> {
  for (const atMs of new Set([...successes.keys(), ...failures.keys()])) {
    const bad = Math.round(failures.get(atMs) ?? 0);
    yield [atMs, { trials: bad + Math.round(successes.get(atMs) ?? 0), bad: [bad] }];
  }
}

function* values(
  samples: Bucketed,
  bad: readonly Bucketed[],
): Iterable<readonly [number, CustomCounts]> {
  for (const [atMs, count] of samples) {
    const trials = Math.round(count);
    yield [
      atMs,
      { trials, bad: bad.map((counts) => Math.min(trials, Math.round(counts.get(atMs) ?? 0))) },
    ];
  }
}

/** Source: AWS docs, API_GetMetricStatistics: no percentiles where any value is negative; the model's pattern has no sign. */
function negativeThreshold(name: string, threshold: number): RolloutError {
  return new RolloutError(
    "SPEC_INVALID",
    `the metric ${name} has the threshold ${threshold}; CloudWatch counts values from 0 up only`,
    { hint: "Publish the metric with a shift that makes it positive, and compare that." },
  );
}

import { type FieldLookup, parseFilterPattern } from "./filter-pattern.ts";
import type { MetricFilter, MetricTransformation } from "./log-records.ts";
import type { LogEvent } from "./log-sink.ts";
import type { Dimension, MetricSink, Place } from "./metric-sink.ts";

/** Sends the samples that a group's filters find in one event. */
export type ApplyMetricFilters = (metrics: MetricSink, place: Place, event: LogEvent) => void;

/**
 * Undefined when there is nothing to apply.
 * @throws {FilterPatternError} for a pattern that was not checked before it was stored.
 */
export function compileMetricFilters(
  filters: readonly MetricFilter[],
): ApplyMetricFilters | undefined {
  if (filters.length === 0) return undefined;
  const compiled = filters.map(({ pattern, transformations }) => ({
    pattern: parseFilterPattern(pattern),
    transformations,
  }));
  return (metrics, place, event) => {
    for (const { pattern, transformations } of compiled) {
      const fields = pattern.match(event.message);
      for (const transformation of transformations) {
        const value =
          fields === undefined
            ? transformation.defaultValue
            : valueOf(transformation.metricValue, fields);
        if (value === undefined) continue;
        metrics
          .series(place, {
            namespace: transformation.metricNamespace,
            metricName: transformation.metricName,
            dimensions: fields === undefined ? [] : dimensionsOf(transformation, fields),
            unit: transformation.unit ?? "None",
          })
          .record(value, event.atMs);
      }
    }
  };
}

/** Undefined when the field is missing or no number: the event then yields no sample. */
function valueOf(metricValue: string, fields: FieldLookup): number | undefined {
  const text = metricValue.startsWith("$") ? fields(metricValue) : metricValue;
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function dimensionsOf({ dimensions }: MetricTransformation, fields: FieldLookup): Dimension[] {
  return Object.entries(dimensions ?? {}).flatMap(([name, selector]) => {
    const value = fields(selector);
    return value === undefined ? [] : [{ Name: name, Value: value }];
  });
}

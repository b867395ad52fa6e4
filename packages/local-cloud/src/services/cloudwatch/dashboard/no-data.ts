import type { MetricName, MetricStore } from "../../../telemetry/metric-store.ts";
import type { Dimension, Place } from "../../../telemetry/metric-sink.ts";

/** Says why a metric has no points in a range of time, and names what comes nearest. */
export function whyNoData(metrics: MetricStore, place: Place, wanted: MetricName): string {
  const name = `${wanted.namespace} ${wanted.metricName}`;
  const known = metrics.metric(place, wanted);
  if (known !== undefined) {
    const at = new Date(known.newestMs).toISOString().slice(0, 19).replace("T", " ");
    return `${name}: no data in this range of time; the newest is from ${at} UTC.`;
  }
  const inNamespace = metrics
    .metrics(place)
    .filter(({ namespace }) => namespace === wanted.namespace);
  if (inNamespace.length === 0) {
    return `${name}: nothing has published to the namespace ${wanted.namespace} in ${place.region}.`;
  }
  const sameName = inNamespace.filter(({ metricName }) => metricName === wanted.metricName);
  if (sameName.length === 0) {
    const names = [...new Set(inNamespace.map(({ metricName }) => metricName))].slice(0, 6);
    return `${name}: no such metric. The namespace has ${names.join(", ")}.`;
  }
  const nearest = sameName.toSorted(
    (a, b) => likeness(b.dimensions, wanted) - likeness(a.dimensions, wanted),
  )[0];
  return `${name}: no such metric with ${textOf(wanted.dimensions)}. There is one with ${textOf(nearest?.dimensions ?? [])}.`;
}

/** Dimensions of the same name count, those of the same value too count more. */
function likeness(dimensions: readonly Dimension[], wanted: MetricName): number {
  const shared = wanted.dimensions.map(({ Name, Value }) => {
    const found = dimensions.find((one) => one.Name === Name);
    if (found === undefined) return 0;
    return found.Value === Value ? 3 : 1;
  });
  const sum = shared.reduce<number>((total, one) => total + one, 0);
  return sum - Math.abs(dimensions.length - wanted.dimensions.length);
}

function textOf(dimensions: readonly Dimension[]): string {
  if (dimensions.length === 0) return "no dimensions";
  return dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(", ");
}

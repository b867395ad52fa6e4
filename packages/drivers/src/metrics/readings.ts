import type { MetricQuery, Reading, VersionCounts } from "@headgate/core";

type BuiltInQuery = Extract<MetricQuery, { readonly kind: "builtIn" }>;

/** `errorRate` is in percent, 0 to 100; latencies are in milliseconds. */
export function readingOf(
  { metric, version }: BuiltInQuery,
  counts: VersionCounts | undefined,
): Reading {
  if (counts === undefined)
    return { value: undefined, detail: `no requests to version ${version}` };
  const { requests, errors, latency } = counts;
  const errorsOf = `${counted(errors, "error")} in ${counted(requests, "request")} to version ${version}`;
  const latencyReading = (value: number | undefined): Reading => ({
    value,
    detail:
      value === undefined
        ? `no durations of version ${version}`
        : `${value.toFixed(1)} ms over ${counted(requests, "request")} to version ${version}`,
  });
  switch (metric) {
    case "errorRate":
      return { value: (100 * errors) / requests, detail: errorsOf };
    case "errors":
      return { value: errors, detail: errorsOf };
    case "requests":
      return { value: requests, detail: `${counted(requests, "request")} to version ${version}` };
    case "latencyP50":
      return latencyReading(latency?.p50Ms);
    case "latencyP99":
      return latencyReading(latency?.p99Ms);
    case "latencyAverage":
      return latencyReading(latency?.averageMs);
    default:
      return metric satisfies never;
  }
}

/** "1 error", "2 errors". */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

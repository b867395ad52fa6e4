import type { Baseline, VersionBucket, VersionCounts, VersionId } from "@headgate/core";
import { LATENCY_QUANTILES, type MetricWindow } from "@headgate/core";
import { ALL_STRATA } from "../counter-definition.ts";
import type { LoggedRequest } from "./format.ts";

/** A request and when it came. Milliseconds. */
export interface TimedRequest extends LoggedRequest {
  readonly atMs: number;
}

/** What counts as an error: the server's own faults. A 4xx is the client's. */
const FIRST_ERROR = 500;

/** Requests by version and bucket, with the exact number above each threshold. In order of time. */
export function tallyBuckets(
  requests: readonly TimedRequest[],
  versions: readonly { readonly version: VersionId; readonly slowerThanMs: readonly number[] }[],
  resolutionMs: number,
): readonly VersionBucket[] {
  const gridOf = ({ atMs }: TimedRequest) => Math.floor(atMs / resolutionMs) * resolutionMs;
  return versions
    .flatMap(({ version, slowerThanMs }) => {
      const own = requests.filter(({ deploymentId }) => deploymentId === version);
      return [...Map.groupBy(own, gridOf)].map(([fromMs, some]) => ({
        version,
        fromMs,
        toMs: fromMs + resolutionMs,
        stratum: ALL_STRATA,
        counts: { ...totalsOf(some), ...slowOf(some, slowerThanMs) },
      }));
    })
    .toSorted((left, right) => left.fromMs - right.fromMs);
}

function totalsOf(requests: readonly TimedRequest[]) {
  const errors = requests.filter(({ status }) => status >= FIRST_ERROR).length;
  return { requests: requests.length, errors };
}

/** Nothing when the bucket has no latency at all: that is not "none was slow". */
function slowOf(requests: readonly TimedRequest[], slowerThanMs: readonly number[]) {
  const latencies = latenciesOf(requests);
  if (latencies.length === 0 || slowerThanMs.length === 0) return {};
  return { slow: slowerThanMs.map((ms) => latencies.filter((tookMs) => tookMs > ms).length) };
}

function latenciesOf(requests: readonly TimedRequest[]): readonly number[] {
  return requests.map(({ latencyMs }) => latencyMs).filter((ms) => ms !== undefined);
}

/** Undefined without a request. */
export function tallyWhole(
  requests: readonly TimedRequest[],
  version: VersionId,
): VersionCounts | undefined {
  const own = requests.filter(({ deploymentId }) => deploymentId === version);
  if (own.length === 0) return undefined;
  const latencies = latenciesOf(own).toSorted((left, right) => left - right);
  if (latencies.length === 0) return totalsOf(own);
  const averageMs = latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length;
  const latency = { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), averageMs };
  return { ...totalsOf(own), latency };
}

export function tallyBaseline(
  requests: readonly TimedRequest[],
  version: VersionId,
  window: MetricWindow,
): Baseline | undefined {
  const own = requests.filter(({ deploymentId }) => deploymentId === version);
  if (own.length === 0) return undefined;
  const latencies = latenciesOf(own).toSorted((left, right) => left - right);
  const counts = { version, window, ...totalsOf(own) };
  if (latencies.length === 0) return counts;
  return { ...counts, latencyMs: LATENCY_QUANTILES.map((share) => quantile(latencies, share)) };
}

/** The smallest latency that at least this share of all is not above. */
function quantile(rising: readonly number[], share: number): number {
  return rising[Math.max(0, Math.ceil(share * rising.length) - 1)] ?? 0;
}

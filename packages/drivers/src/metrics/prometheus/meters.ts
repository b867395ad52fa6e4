import type { CompareSpec, VersionId } from "@headgate/core";
import type { MetricWindow } from "@headgate/core";
import { numberOf } from "./text-format.ts";
import type { Histogram } from "./histogram.ts";

/** `analysis.source.prometheus` of headgate.yaml. */
export type PrometheusSpec = NonNullable<NonNullable<CompareSpec["source"]>["prometheus"]>;

/** What one version did in one stretch of the grid. */
export interface Cell extends MetricWindow {
  readonly version: VersionId;
  readonly requests: number;
  readonly errors: number;
  readonly histogram?: Histogram;
}

/** Where the counts come from: the versions' own pages, or a server that reads them. */
export interface Meters {
  /** The cells that lie wholly in the window, of `periodMs` each where it can choose. */
  cells(
    versions: readonly VersionId[],
    window: MetricWindow,
    periodMs: number,
  ): Promise<readonly Cell[]>;
}

/** Milliseconds in one unit of the durations; by Prometheus's convention the name ends in the unit. */
export function unitMsOf(durationName: string): number {
  return /_(?:milliseconds|millis|ms)$/.test(durationName) ? 1 : 1000;
}

/** A value between slashes is a regular expression for the whole label. */
export function patternOf(value: string): string | undefined {
  return value.length > 2 && value.startsWith("/") && value.endsWith("/")
    ? value.slice(1, -1)
    : undefined;
}

/** `le` of a histogram's bucket, in milliseconds. */
export function boundMs(le: string | undefined, unitMs: number): number | undefined {
  const bound = le === undefined ? undefined : numberOf(le);
  return bound === undefined || Number.isNaN(bound) ? undefined : bound * unitMs;
}

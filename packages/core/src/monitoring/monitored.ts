import type { NamedMetric } from "../contracts/metric-source.ts";

/** A count that is added, or taken away from what the others add up to. */
export interface Term {
  readonly sign: 1 | -1;
  readonly metric: NamedMetric;
}

/** What is watched by itself: all traffic of a target, or that of one version as far as the platform tells them apart. */
export interface MonitoredArm {
  /** Part of alarms' names: "all", "canary", "web-blue". */
  readonly key: string;
  /** For people: "all versions", "version 3". */
  readonly label: string;
  /** Read as sums. */
  readonly requests: readonly Term[];
  readonly errors: readonly Term[];
  /** A metric with one sample per request. Absent where a version's own cannot be told: percentiles do not subtract. */
  readonly latency?: MonitoredLatency;
  /** Whether alarms are for it; a version that serves today is only drawn. */
  readonly isAlarmed: boolean;
}

export interface MonitoredLatency {
  readonly metric: NamedMetric;
  /** Milliseconds in one unit of the metric: 1 or 1000. */
  readonly unitMs: number;
}

/** A further chart: capacity, health, results of tests. */
export interface ExtraChart {
  readonly title: string;
  readonly lines: readonly {
    readonly label: string;
    readonly metric: NamedMetric;
    readonly statistic: string;
    /** Will have data with the next release, if it has none now; otherwise a line without data is left out. */
    readonly isSure?: true;
  }[];
}

/** What was not put on a dashboard, or has no alarm. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** Everything about one target that a dashboard and alarms are made of. */
export interface MonitoredTarget {
  /** The spec's name, which alarms' names begin with. */
  readonly name: string;
  /** For people: "lambda checkout:live". */
  readonly label: string;
  readonly arms: readonly MonitoredArm[];
  readonly extras: readonly ExtraChart[];
  /** Of the arms: neither drawn nor watched. */
  readonly leftOut: readonly LeftOut[];
  /** Of the extras: not drawn. */
  readonly chartsLeftOut: readonly LeftOut[];
}

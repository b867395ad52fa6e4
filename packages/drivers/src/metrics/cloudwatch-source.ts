import type { MetricSource, MetricWindow } from "@headgate/core";
import { readCounts, readNamedMetric } from "./cloudwatch-comparison.ts";
import { readBuckets } from "./cloudwatch-counts.ts";
import { readBaseline, readHistory } from "./cloudwatch-history.ts";
import type { CounterDefinition } from "./counter-definition.ts";
import type { CloudWatchAccess } from "./metric-pages.ts";
import { sharedMetricReader } from "./metric-reader.ts";
import { readingOf } from "./readings.ts";
import { alignWindow, wholeBuckets } from "./spans.ts";

export interface CloudWatchSourceOptions extends CloudWatchAccess {
  readonly definition: CounterDefinition;
  readonly resolutionMs: number;
  readonly lagMs: number;
}

/** What a platform counts in CloudWatch, by a definition of where it is found. */
export function cloudWatchSource(options: CloudWatchSourceOptions): MetricSource {
  const { definition, resolutionMs, lagMs, clock } = options;
  const reader = sharedMetricReader(options);
  const aligned = (window: MetricWindow) => alignWindow(window, resolutionMs, clock.nowMs());
  return {
    resolutionMs,
    lagMs,
    countedBy: definition.countedBy,
    count: (query) =>
      readBuckets(
        reader,
        definition,
        query,
        wholeBuckets(query.window, resolutionMs, clock.nowMs()),
      ),
    baseline: (version, window) =>
      readBaseline(reader, definition, { version, window, nowMs: clock.nowMs() }),
    history: (window) => readHistory(reader, definition, { window, nowMs: clock.nowMs() }),
    async compare(versions, window) {
      return { window, versions: await readCounts(reader, definition, versions, aligned(window)) };
    },
    async read(query, window) {
      if (query.kind === "cloudWatch") return readNamedMetric(reader, query, aligned(window));
      const counts = await readCounts(reader, definition, [query.version], aligned(window));
      return readingOf(query, counts.get(query.version));
    },
  };
}

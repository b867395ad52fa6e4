import type { CompareSpec, MetricSource } from "@headgate/core";
import { cloudWatchSource } from "./cloudwatch-source.ts";
import type { CounterDefinition } from "./counter-definition.ts";
import { EMBEDDED_LAG_MS, EMBEDDED_RESOLUTION_MS, embeddedCounters } from "./embedded-metrics.ts";
import type { CloudWatchAccess } from "./metric-pages.ts";
import { prometheusSource } from "./prometheus/source.ts";

/** `analysis.source` of headgate.yaml: exactly one of its keys is given. */
export type SourceSpec = NonNullable<CompareSpec["source"]>;

/** How fine and how late something counts. Milliseconds. */
export interface Feed {
  readonly resolutionMs: number;
  readonly lagMs: number;
}

/**
 * The source of counts that a spec asks for; the platform's own when it asks for none. What a target had
 * before the rollout is always the platform's to say, and so are the user's own metrics.
 */
export function chosenSource(
  spec: SourceSpec | undefined,
  parts: CloudWatchAccess & {
    readonly platform: CounterDefinition;
    readonly platformFeed: Feed;
    /** How late lines in the embedded metric format are metrics. Default: what is taken for AWS's. */
    readonly embeddedLagMs?: number | undefined;
  },
): MetricSource {
  const { platform: definition, platformFeed, embeddedLagMs = EMBEDDED_LAG_MS } = parts;
  const lagMs = spec?.platform?.lag ?? platformFeed.lagMs;
  const platform = () => cloudWatchSource({ ...parts, ...platformFeed, definition, lagMs });
  if (spec?.embedded !== undefined) {
    const { namespace, dimensions, lag } = spec.embedded;
    const traffic = definition.traffic.map((counter) => ({
      namespace: definition.namespace,
      requests: definition.requests,
      errors: definition.errors,
      ...counter,
    }));
    return cloudWatchSource({
      ...parts,
      definition: embeddedCounters({ namespace, dimensions, traffic }),
      resolutionMs: EMBEDDED_RESOLUTION_MS,
      lagMs: lag ?? embeddedLagMs,
    });
  }
  if (spec?.prometheus !== undefined) {
    return prometheusSource(spec.prometheus, {
      clock: parts.clock,
      platform: platform(),
      custom: cloudWatchSource({
        ...parts,
        definition: { ...definition, armsOf: () => [] },
        resolutionMs: spec.prometheus.interval,
        lagMs: 0,
      }),
    });
  }
  return platform();
}

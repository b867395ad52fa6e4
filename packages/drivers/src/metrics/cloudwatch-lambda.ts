import type { MetricSource } from "@headgate/core";
import { cloudWatchSource } from "./cloudwatch-source.ts";
import { type CounterDefinition, undivided } from "./counter-definition.ts";
import type { CloudWatchAccess } from "./metric-pages.ts";

interface LambdaAlias {
  readonly functionName: string;
  readonly alias: string;
}

export interface LambdaMetricsOptions extends CloudWatchAccess, LambdaAlias {
  /** How fine the platform counts. AWS: 60 s (the default). A local cloud: down to 1 s. */
  readonly resolutionMs?: number;
  /** How late a minute is complete. AWS names no bound; two minutes is what is usually seen. */
  readonly lagMs?: number;
}

/** Source: AWS docs, monitoring-metrics: Lambda sends metric data in intervals of one minute. */
const AWS_RESOLUTION_MS = 60_000;
/** Unverified: AWS documents no bound for when a minute is complete. */
const AWS_LAG_MS = 120_000;

/**
 * Requests, errors and durations per version, as Lambda counts them for requests that came through
 * the alias: dimensions FunctionName, Resource `function:alias` and ExecutedVersion. Both versions of
 * a weighted alias appear there, stable included; invocations of a bare version do not, so a probe
 * never counts. An invocation that timed out or died is an error like any other. Source: AWS docs,
 * monitoring-metrics.
 */
export function lambdaAliasCounters({ functionName, alias }: LambdaAlias): CounterDefinition {
  const ofAlias = { FunctionName: functionName, Resource: `${functionName}:${alias}` };
  return {
    countedBy: "router",
    namespace: "AWS/Lambda",
    requests: "Invocations",
    errors: ["Errors"],
    latency: { metricName: "Duration", unitMs: 1 },
    armsOf: (version) => undivided({ ...ofAlias, ExecutedVersion: version }),
    traffic: [{ dimensions: ofAlias }],
  };
}

export function lambdaMetrics(options: LambdaMetricsOptions): MetricSource {
  const { resolutionMs = AWS_RESOLUTION_MS, lagMs = AWS_LAG_MS } = options;
  return cloudWatchSource({
    ...options,
    definition: lambdaAliasCounters(options),
    resolutionMs,
    lagMs,
  });
}

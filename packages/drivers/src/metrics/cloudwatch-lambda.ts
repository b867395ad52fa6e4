import { type CounterDefinition, undivided } from "./counter-definition.ts";

interface LambdaAlias {
  readonly functionName: string;
  readonly alias: string;
}

/**
 * How fine and how late Lambda counts. Source: AWS docs, monitoring-metrics: metric data is sent in intervals of
 * one minute. Unverified: AWS documents no bound for when a minute is complete; two minutes is what is usually seen.
 */
export const LAMBDA_FEED = { resolutionMs: 60_000, lagMs: 120_000 } as const;

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

import type { MetricSource, MetricWindow } from "@headgate/core";
import { apiGatewayScope } from "./alarms/api-gateway-scope.ts";
import { cloudWatchAlarms } from "./alarms/cloudwatch.ts";
import { type AwsRunner, awsRunner } from "./aws/runner.ts";
import {
  ACCESS_LOG_LAG_MS,
  ACCESS_LOG_RESOLUTION_MS,
  accessLogSource,
} from "./metrics/access-log/source.ts";
import { apiGatewayDeploymentCounters } from "./metrics/api-gateway-deployments.ts";
import { chosenSource, type Feed } from "./metrics/chosen-source.ts";
import { cloudWatchSource } from "./metrics/cloudwatch-source.ts";
import type { CloudWatchAccess } from "./metrics/metric-pages.ts";
import {
  commonDrivers,
  type RolloutDrivers,
  type RolloutDriversOptions,
} from "./rollout-drivers.ts";
import type { StageRevision } from "./traffic/api-gateway-stage/deploy.ts";
import { apiGatewayStageDriver } from "./traffic/api-gateway-stage/index.ts";
import { stageApi } from "./traffic/api-gateway-stage/stage-api.ts";

/** As in headgate.yaml; the parser has seen to it that exactly one of the first three is given. */
export interface ApiGatewayRevision {
  readonly deployment?: string | undefined;
  /** A path, absolute or relative to the working directory. */
  readonly openApi?: string | undefined;
  readonly apiAsItIs?: boolean | undefined;
  readonly description?: string | undefined;
}

export interface ApiGatewayDriversOptions extends RolloutDriversOptions {
  readonly target: { readonly api: string; readonly stage: string };
  readonly revision: ApiGatewayRevision;
  /** Whether anything is decided by counts at all: a comparison, or a check of a built-in metric. */
  readonly counts: boolean;
}

/**
 * How fine and how late API Gateway and metric filters count. Source: AWS docs, api-gateway-metrics-and-dimensions
 * (one minute). Unverified: two minutes until a minute is complete, as for Lambda.
 */
const API_GATEWAY_FEED: Feed = { resolutionMs: 60_000, lagMs: 120_000 };

/** All that a rollout on a stage of API Gateway talks to the world through. */
export function apiGatewayDrivers(options: ApiGatewayDriversOptions): RolloutDrivers {
  const { clients, clock, target, revision, source } = options;
  const run = awsRunner(options);
  const isLogRead = source === undefined || source.accessLogs !== undefined;
  return {
    traffic: apiGatewayStageDriver({
      ...target,
      clients,
      run,
      clock,
      revision: revisionOf(revision),
      description: revision.description,
      countsAccessLog: options.counts && isLogRead,
      propagationMs: options.propagationMs,
    }),
    metrics: metricsOf(options, { clients, run, clock }),
    alarms: cloudWatchAlarms({ clients, run, clock, scopeOf: apiGatewayScope(target) }),
    ...commonDrivers(options, run, { deploymentType: "ApiGateway" }),
  };
}

function metricsOf(
  { target, source, metrics }: ApiGatewayDriversOptions,
  access: CloudWatchAccess & { readonly run: AwsRunner },
): MetricSource {
  const platformFeed = metrics ?? API_GATEWAY_FEED;
  const api = stageApi({ ...access, ...target });
  const definitionFor = (apiName: string) =>
    apiGatewayDeploymentCounters({
      namespace: source?.deploymentMetrics?.namespace ?? "",
      apiName,
      stage: target.stage,
    });
  const definition = definitionFor(target.api);
  /** Metrics know an API by its name, and the specification may have its id. */
  const history = async (window: MetricWindow) => {
    const { name = target.api } = await api.restApi();
    const named = cloudWatchSource({ ...access, ...platformFeed, definition: definitionFor(name) });
    return named.history(window);
  };
  if (source !== undefined && source.accessLogs === undefined) {
    const lagMs = source.deploymentMetrics?.lag ?? platformFeed.lagMs;
    const chosen = chosenSource(source, {
      ...access,
      platform: definition,
      platformFeed: { ...platformFeed, lagMs },
      embeddedLagMs: metrics?.lagMs,
    });
    return { ...chosen, history };
  }
  return accessLogSource({
    ...access,
    settings: async () => (await api.getStage()).accessLogSettings,
    platform: { ...cloudWatchSource({ ...access, ...platformFeed, definition }), history },
    custom: cloudWatchSource({
      ...access,
      definition: { ...definition, armsOf: () => [] },
      resolutionMs: ACCESS_LOG_RESOLUTION_MS,
      lagMs: 0,
    }),
    lagMs: source?.accessLogs?.lag ?? metrics?.lagMs ?? ACCESS_LOG_LAG_MS,
  });
}

function revisionOf({ deployment, openApi }: ApiGatewayRevision): StageRevision {
  if (deployment !== undefined) return { kind: "deployment", deployment };
  if (openApi !== undefined) return { kind: "openApi", path: openApi };
  return { kind: "apiAsItIs" };
}

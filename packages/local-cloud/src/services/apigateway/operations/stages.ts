import type { Stage } from "@aws-sdk/client-api-gateway";
import type { CanaryDefinition, Strings } from "../../../data-plane/execute-api/api-definition.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { wholeSecond } from "../../dates.ts";
import { badRequest, conflict, limitExceeded, stageNotFound } from "../errors.ts";
import { CACHE_CLUSTER_SIZE, STAGE_VARIABLES_MAX, STAGES_PER_API_MAX } from "../limits.ts";
import { apiOf } from "../lookups.ts";
import { readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway, StageRow } from "../state.ts";
import { refuseWhileMapped } from "./base-paths.ts";
import { canaryShape, newCanary } from "./stage-canary.ts";
import { patchStage } from "./stage-patches.ts";
import { leaveUsagePlans } from "./usage-plans.ts";

/** @param flushCache forgets what the data plane keeps for a stage. */
export function stageOperations(
  gateway: ApiGateway,
  flushCache: (apiId: string, stageName: string) => void,
) {
  const { cloud, tables } = gateway;
  return {
    CreateStage(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const { stageName = "", deploymentId = "" } = input;
      requireDeployment(gateway, context, api.id, deploymentId);
      const { canarySettings: settings } = input;
      if (settings !== undefined) {
        requireDeployment(gateway, context, api.id, settings.deploymentId ?? "");
      }
      const stages = tables.stages(context, api.id);
      if (stages.has(stageName)) throw conflict("Stage already exists");
      const stage = newStage(gateway, context, {
        ...input,
        apiId: api.id,
        stageName,
        deploymentId,
        canary: settings && newCanary(settings.deploymentId ?? "", settings),
      });
      stages.set(stageName, stage);
      return stageShape(stage);
    },

    GetStage: (input, context) =>
      stageShape(stageOf(gateway, context, input.restApiId, input.stageName)),

    GetStages(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const stages = [...tables.stages(context, api.id).values()];
      const { deploymentId } = input;
      const wanted =
        deploymentId === undefined
          ? stages
          : stages.filter((stage) => stage.deploymentId === deploymentId);
      return { item: wanted.map(stageShape) };
    },

    UpdateStage(input, context) {
      const stage = stageOf(gateway, context, input.restApiId, input.stageName);
      const apiId = input.restApiId ?? "";
      const facts = {
        hasDeployment: (id: string) => tables.deployments(context, apiId).has(id),
        hasLoggingRole: () =>
          tables.account(context).get("account")?.cloudwatchRoleArn !== undefined,
      };
      const patched = readPatches(input.patchOperations).reduce(
        (row, patch) => patchStage(row, patch, facts),
        stage,
      );
      checkVariables(patched.variables);
      checkVariables(patched.canary?.stageVariableOverrides);
      const next = { ...patched, updatedAtMs: cloud.clock.nowMs() };
      tables.stages(context, apiId).set(stage.stageName, next);
      // A cluster that is switched off loses what it held.
      if (!next.cacheClusterEnabled) flushCache(apiId, stage.stageName);
      return stageShape(next);
    },

    DeleteStage(input, context) {
      const { stageName } = stageOf(gateway, context, input.restApiId, input.stageName);
      const apiId = input.restApiId ?? "";
      refuseWhileMapped(gateway, context, "stage", (mapping) => {
        return mapping.apiId === apiId && mapping.stage === stageName;
      });
      cloud.store.transaction(() => {
        leaveUsagePlans(
          gateway,
          context,
          (stage) => stage.apiId === apiId && stage.stage === stageName,
        );
        tables.stages(context, apiId).delete(stageName);
      });
      flushCache(apiId, stageName);
      return {};
    },

    FlushStageCache(input, context) {
      const { stageName } = stageOf(gateway, context, input.restApiId, input.stageName);
      flushCache(input.restApiId ?? "", stageName);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function stageOf(
  { tables }: ApiGateway,
  place: Place,
  apiId: string | undefined,
  stageName: string | undefined,
): StageRow {
  const api = apiOf(tables, place, apiId);
  const stage = tables.stages(place, api.id).get(stageName ?? "");
  if (stage === undefined) throw stageNotFound();
  return stage;
}

function requireDeployment(
  { tables }: ApiGateway,
  place: Place,
  apiId: string,
  deploymentId: string,
): void {
  if (!tables.deployments(place, apiId).has(deploymentId)) {
    throw badRequest("Deployment id does not exist");
  }
}

/** @throws when the name or the variables are not allowed, or the API has as many stages as it may. */
export function newStage(
  { cloud, tables }: ApiGateway,
  place: Place,
  wanted: {
    readonly apiId: string;
    readonly stageName: string;
    readonly deploymentId: string;
    readonly description?: string | undefined;
    readonly variables?: Strings | undefined;
    readonly canary?: CanaryDefinition | undefined;
    readonly tracingEnabled?: boolean | undefined;
    readonly cacheClusterEnabled?: boolean | undefined;
    readonly cacheClusterSize?: string | undefined;
    readonly documentationVersion?: string | undefined;
    readonly tags?: Strings | undefined;
  },
): StageRow {
  // Source of the text: klothoplatform/klotho#235. The hyphen is allowed since (AWS docs, API_CreateStage).
  if (!/^[a-zA-Z0-9_-]+$/.test(wanted.stageName)) {
    throw badRequest("Stage name only allows a-zA-Z0-9_");
  }
  checkVariables(wanted.variables);
  checkVariables(wanted.canary?.stageVariableOverrides);
  if (tables.stages(place, wanted.apiId).size >= STAGES_PER_API_MAX) {
    throw limitExceeded("Maximum number of stages for this API has been reached.");
  }
  const nowMs = cloud.clock.nowMs();
  return {
    stageName: wanted.stageName,
    deploymentId: wanted.deploymentId,
    description: wanted.description,
    variables: wanted.variables,
    methodSettings: {},
    accessLog: undefined,
    canary: wanted.canary,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    tracingEnabled: wanted.tracingEnabled ?? false,
    cacheClusterEnabled: wanted.cacheClusterEnabled ?? false,
    cacheClusterSize: wanted.cacheClusterSize,
    clientCertificateId: undefined,
    documentationVersion: wanted.documentationVersion,
    tags: wanted.tags ?? {},
  };
}

/** Source: AWS docs, "Setting up stage variables": names alphanumeric and _, values also -._~:/?#&=, */
export function checkVariables(variables: Strings | undefined): void {
  const entries = Object.entries(variables ?? {});
  if (entries.length > STAGE_VARIABLES_MAX) {
    throw limitExceeded("Maximum number of stage variables for this stage has been reached.");
  }
  const isBad = ([name, value]: [string, string]) =>
    !/^[a-zA-Z0-9_]+$/.test(name) || !/^[A-Za-z0-9\-._~:/?#&=,]*$/.test(value);
  if (entries.some(isBad)) {
    // Unverified: the text.
    throw badRequest(
      "Stage variable names must be alphanumeric or underscore, and values must match the regular " +
        "expression [A-Za-z0-9-._~:/?#&=,]+",
    );
  }
}

function stageShape(stage: StageRow): Stage {
  return {
    deploymentId: stage.deploymentId,
    clientCertificateId: stage.clientCertificateId,
    stageName: stage.stageName,
    description: stage.description,
    cacheClusterEnabled: stage.cacheClusterEnabled,
    // The SDK types the size by its enum; the input was checked against the same enum.
    cacheClusterSize: (stage.cacheClusterSize ??
      (stage.cacheClusterEnabled ? CACHE_CLUSTER_SIZE : undefined)) as Stage["cacheClusterSize"],
    cacheClusterStatus: stage.cacheClusterEnabled ? "AVAILABLE" : "NOT_AVAILABLE",
    methodSettings: Object.fromEntries(
      Object.entries(stage.methodSettings).map(([key, settings]) => [
        key,
        {
          ...settings,
          unauthorizedCacheControlHeaderStrategy:
            settings.unauthorizedCacheControlHeaderStrategy as "SUCCEED_WITH_RESPONSE_HEADER",
        },
      ]),
    ),
    variables: stage.variables,
    documentationVersion: stage.documentationVersion,
    accessLogSettings: stage.accessLog,
    canarySettings: stage.canary && canaryShape(stage.canary),
    tracingEnabled: stage.tracingEnabled,
    tags: Object.keys(stage.tags).length === 0 ? undefined : { ...stage.tags },
    createdDate: wholeSecond(stage.createdAtMs),
    lastUpdatedDate: wholeSecond(stage.updatedAtMs),
  };
}

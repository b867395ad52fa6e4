import type { CreateDeploymentRequest, Deployment } from "@aws-sdk/client-api-gateway";
import type { ApiDefinition } from "../../../data-plane/execute-api/api-definition.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { wholeSecond } from "../../dates.ts";
import { badRequest, deploymentNotFound, invalidPatchPath, onlyReplace } from "../errors.ts";
import { apiOf, pageByPosition } from "../lookups.ts";
import { readPatches } from "../patch.ts";
import { deployedPolicy } from "../resource-policy.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import {
  type ApiGateway,
  type ApiRow,
  type DeploymentRow,
  newId,
  type StageRow,
} from "../state.ts";
import { newCanary } from "./stage-canary.ts";
import { checkVariables, newStage } from "./stages.ts";

export function deploymentOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateDeployment(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      if (input.canarySettings !== undefined) checkCanaryStage(gateway, context, input);
      const definition = snapshot(gateway, context, api);
      checkDeployable(definition);
      const deployment: DeploymentRow = {
        id: newId(gateway, 6),
        description: input.description,
        createdAtMs: cloud.clock.nowMs(),
        api: definition,
      };
      const stage = stageAfterDeployment(gateway, context, input, deployment);
      cloud.store.transaction(() => {
        tables.deployments(context, api.id).set(deployment.id, deployment);
        if (stage !== undefined) tables.stages(context, api.id).set(stage.stageName, stage);
      });
      return deploymentShape(deployment);
    },

    GetDeployment(input, context) {
      const deployment = deploymentOf(gateway, context, input.restApiId, input.deploymentId);
      const embeds = input.embed?.includes("apisummary") ?? false;
      return deploymentShape(deployment, embeds ? summaryOf(deployment.api) : undefined);
    },

    GetDeployments(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const rows = tables.deployments(context, api.id).values();
      const page = pageByPosition(rows, input, ({ id }) => id);
      return { items: page.items.map((row) => deploymentShape(row)), position: page.nextToken };
    },

    UpdateDeployment(input, context) {
      const deployment = deploymentOf(gateway, context, input.restApiId, input.deploymentId);
      let { description } = deployment;
      for (const patch of readPatches(input.patchOperations)) {
        if (patch.path !== "/description") throw invalidPatchPath(patch.path);
        if (patch.op !== "replace") throw onlyReplace();
        description = patch.value;
      }
      const next = { ...deployment, description };
      tables.deployments(context, deployment.api.apiId).set(deployment.id, next);
      return deploymentShape(next);
    },

    DeleteDeployment(input, context) {
      const { id, api } = deploymentOf(gateway, context, input.restApiId, input.deploymentId);
      for (const { deploymentId, canary } of tables.stages(context, api.apiId).values()) {
        if (deploymentId === id || canary?.deploymentId === id) {
          throw badRequest("Active stages pointing to this deployment must be moved or deleted");
        }
      }
      tables.deployments(context, api.apiId).delete(id);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function deploymentOf(
  { tables }: ApiGateway,
  place: Place,
  apiId: string | undefined,
  id: string | undefined,
): DeploymentRow {
  const api = apiOf(tables, place, apiId);
  const deployment = tables.deployments(place, api.id).get(id ?? "");
  if (deployment === undefined) throw deploymentNotFound();
  return deployment;
}

/** A canary needs a stage that is there. */
function checkCanaryStage({ tables }: ApiGateway, place: Place, input: CreateDeploymentRequest) {
  const { stageName } = input;
  if ((stageName ?? "") === "") {
    throw badRequest(
      "Invalid deployment content specified.Non null and non empty stageName must be provided for " +
        `canary deployment. Provided value is ${stageName ?? null}`,
    );
  }
  if (!tables.stages(place, input.restApiId ?? "").has(stageName ?? "")) {
    throw badRequest(
      `Invalid deployment content specified.Stage ${stageName} must already be created before ` +
        "making a canary release deployment",
    );
  }
}

/** The API as it is now. Rows are immutable, so holding them is a copy. */
function snapshot({ tables }: ApiGateway, place: Place, api: ApiRow): ApiDefinition {
  return {
    apiId: api.id,
    name: api.name,
    binaryMediaTypes: api.binaryMediaTypes,
    apiKeySource: api.apiKeySource,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    policy: deployedPolicy(place, api),
    resources: [...tables.resources(place, api.id).values()],
    validators: Object.fromEntries(tables.validators(place, api.id).entries()),
    gatewayResponses: Object.fromEntries(tables.gatewayResponses(place, api.id).entries()),
  };
}

/** Source: AWS answers quoted in cloudtools/troposphere#496 and hashicorp/terraform-provider-aws#21210. */
function checkDeployable({ resources }: ApiDefinition): void {
  const methods = resources.flatMap((resource) => Object.values(resource.methods));
  if (methods.length === 0) {
    throw badRequest("The REST API doesn't contain any methods");
  }
  if (methods.some(({ integration }) => integration === undefined)) {
    throw badRequest("No integration defined for method");
  }
}

/**
 * The named stage, moved to the new deployment, made for it, or with the new deployment as its canary;
 * undefined when none was named.
 */
function stageAfterDeployment(
  gateway: ApiGateway,
  place: Place,
  input: CreateDeploymentRequest,
  deployment: DeploymentRow,
): StageRow | undefined {
  const { stageName } = input;
  if (stageName === undefined || stageName === "") return undefined;
  const stage = gateway.tables.stages(place, deployment.api.apiId).get(stageName);
  if (stage === undefined) {
    return newStage(gateway, place, {
      ...input,
      stageName,
      deploymentId: deployment.id,
      apiId: deployment.api.apiId,
      description: input.stageDescription,
    });
  }
  const settings = {
    description: input.stageDescription ?? stage.description,
    variables: input.variables ?? stage.variables,
    tracingEnabled: input.tracingEnabled ?? stage.tracingEnabled,
    cacheClusterEnabled: input.cacheClusterEnabled ?? stage.cacheClusterEnabled,
    cacheClusterSize: input.cacheClusterSize ?? stage.cacheClusterSize,
    updatedAtMs: gateway.cloud.clock.nowMs(),
  };
  checkVariables(settings.variables);
  if (input.canarySettings !== undefined) {
    const canary = newCanary(deployment.id, input.canarySettings);
    checkVariables(canary.stageVariableOverrides);
    return { ...stage, ...settings, canary };
  }
  if (stage.canary !== undefined) {
    // Source: an AWS answer quoted in serverless/serverless#11518.
    throw badRequest(
      `Invalid deployment content specified.Non canary deployment not supported on stage ${stageName} ` +
        "because Canary is enabled. Provide CanarySettings in deploymentInput.",
    );
  }
  return { ...stage, ...settings, deploymentId: deployment.id };
}

function summaryOf(api: ApiDefinition): Deployment["apiSummary"] {
  return Object.fromEntries(
    api.resources
      .filter(({ methods }) => Object.keys(methods).length > 0)
      .map(({ path, methods }) => [
        path,
        Object.fromEntries(
          Object.values(methods).map(({ httpMethod, authorizationType, apiKeyRequired }) => [
            httpMethod,
            { authorizationType, apiKeyRequired },
          ]),
        ),
      ]),
  );
}

function deploymentShape(row: DeploymentRow, apiSummary?: Deployment["apiSummary"]): Deployment {
  return {
    id: row.id,
    description: row.description,
    createdDate: wholeSecond(row.createdAtMs),
    apiSummary,
  };
}

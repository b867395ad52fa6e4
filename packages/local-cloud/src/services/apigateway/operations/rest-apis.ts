import type { CreateRestApiRequest, RestApi } from "@aws-sdk/client-api-gateway";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { wholeSecond } from "../../dates.ts";
import { badRequest } from "../errors.ts";
import { COMPRESSION_SIZE_MAX } from "../limits.ts";
import { apiOf, pageByPosition } from "../lookups.ts";
import { readPatches } from "../patch.ts";
import { policyGiven } from "../resource-policy.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, type ApiRow, newId } from "../state.ts";
import { refuseWhileMapped } from "./base-paths.ts";
import { DEFAULT_MODELS } from "./models.ts";
import { patchRestApi } from "./rest-api-patches.ts";
import { leaveUsagePlans } from "./usage-plans.ts";

export function restApiOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateRestApi(input, context) {
      if (input.cloneFrom !== undefined) throw cloneNotYet();
      const api = newApi(gateway, input);
      const { id } = api;
      cloud.store.transaction(() => {
        tables.apis(context).set(id, api);
        tables.resources(context, id).set(api.rootResourceId, {
          id: api.rootResourceId,
          parentId: undefined,
          pathPart: undefined,
          path: "/",
          methods: {},
        });
        for (const model of DEFAULT_MODELS) {
          tables.models(context, id).set(model.name, { ...model, id: newId(gateway, 6) });
        }
      });
      return restApi(api, { withTags: Object.keys(api.tags).length > 0 });
    },

    GetRestApi: (input, context) => restApi(apiOf(tables, context, input.restApiId)),

    GetRestApis(input, context) {
      const page = pageByPosition(tables.apis(context).values(), input, (api) => api.id);
      return {
        items: page.items.map((api) =>
          restApi(api, { withTags: Object.keys(api.tags).length > 0 }),
        ),
        position: page.nextToken,
      };
    },

    UpdateRestApi(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const next = readPatches(input.patchOperations).reduce(patchRestApi, api);
      tables.apis(context).set(api.id, next);
      return restApi(next);
    },

    DeleteRestApi(input, context) {
      const { id } = apiOf(tables, context, input.restApiId);
      refuseWhileMapped(gateway, context, "RestApi", ({ apiId }) => apiId === id);
      cloud.store.transaction(() => deleteApi(gateway, context, id));
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

export function newApi(gateway: ApiGateway, input: CreateRestApiRequest): ApiRow {
  if (input.description === "") throw badRequest("Description cannot be an empty string");
  const compression = input.minimumCompressionSize;
  if (compression !== undefined && !(compression >= 0 && compression <= COMPRESSION_SIZE_MAX)) {
    throw badCompressionSize();
  }
  const types = input.endpointConfiguration?.types ?? ["EDGE"];
  const endpointType = types[0];
  if (endpointType === undefined) {
    throw badRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
  }
  if (types.length > 1) throw badRequest("Cannot create an api with multiple Endpoint Types.");
  const isPrivate = endpointType === "PRIVATE";
  const ipAddressType = input.endpointConfiguration?.ipAddressType;
  if (isPrivate && ipAddressType === "ipv4") {
    throw badRequest("Only dualstack ipAddressType is supported for Private APIs.");
  }
  return {
    id: newId(gateway, 10),
    name: input.name ?? "",
    description: input.description,
    version: input.version,
    createdAtMs: gateway.cloud.clock.nowMs(),
    binaryMediaTypes: input.binaryMediaTypes ?? [],
    minimumCompressionSize: compression,
    apiKeySource: input.apiKeySource ?? "HEADER",
    endpointType,
    ipAddressType: ipAddressType ?? (isPrivate ? "dualstack" : "ipv4"),
    vpcEndpointIds: input.endpointConfiguration?.vpcEndpointIds,
    policy: policyGiven(input.policy),
    disableExecuteApiEndpoint: input.disableExecuteApiEndpoint ?? false,
    rootResourceId: newId(gateway, 10),
    tags: input.tags ?? {},
  };
}

/** Ours: refused rather than ignored. */
function cloneNotYet() {
  return badRequest("The local cloud does not have cloneFrom yet. Nothing was changed.");
}

export function badCompressionSize() {
  return badRequest(
    `Invalid minimum compression size, must be between 0 and ${COMPRESSION_SIZE_MAX}`,
  );
}

/** AWS shows an empty tag map in Get and Update, and none in Create and in lists. */
export function restApi(
  api: ApiRow,
  show: { readonly withTags: boolean } = { withTags: true },
): RestApi {
  return {
    id: api.id,
    name: api.name,
    description: api.description,
    createdDate: wholeSecond(api.createdAtMs),
    version: api.version,
    binaryMediaTypes: api.binaryMediaTypes.length === 0 ? undefined : [...api.binaryMediaTypes],
    minimumCompressionSize: api.minimumCompressionSize,
    apiKeySource: api.apiKeySource,
    endpointConfiguration: {
      types: [api.endpointType],
      ipAddressType: api.ipAddressType,
      vpcEndpointIds: api.vpcEndpointIds === undefined ? undefined : [...api.vpcEndpointIds],
    },
    policy: api.policy,
    tags: show.withTags ? { ...api.tags } : undefined,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    rootResourceId: api.rootResourceId,
  };
}

function deleteApi(gateway: ApiGateway, place: Place, apiId: string): void {
  const { tables } = gateway;
  leaveUsagePlans(gateway, place, (stage) => stage.apiId === apiId);
  const parts = [
    tables.stages(place, apiId),
    tables.deployments(place, apiId),
    tables.resources(place, apiId),
    tables.models(place, apiId),
    tables.validators(place, apiId),
    tables.gatewayResponses(place, apiId),
  ];
  for (const part of parts) {
    for (const [key] of part.entries()) part.delete(key);
  }
  tables.apis(place).delete(apiId);
}

import type { GatewayResponse, GatewayResponseType } from "@aws-sdk/client-api-gateway";
import type { GatewayResponseDefinition } from "../../../data-plane/execute-api/api-definition.ts";
import { badRequest, invalidPatchPath, notFound } from "../errors.ts";
import { apiOf, pageByPosition } from "../lookups.ts";
import { type Patch, readPatches, withKey, withoutKey } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";

/** In AWS's order, with the status each has when the API says nothing else. Source: recorded AWS answer. */
const DEFAULT_STATUS = {
  ACCESS_DENIED: "403",
  API_CONFIGURATION_ERROR: "500",
  AUTHORIZER_CONFIGURATION_ERROR: "500",
  AUTHORIZER_FAILURE: "500",
  BAD_REQUEST_BODY: "400",
  BAD_REQUEST_PARAMETERS: "400",
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
  EXPIRED_TOKEN: "403",
  INTEGRATION_FAILURE: "504",
  INTEGRATION_TIMEOUT: "504",
  INVALID_API_KEY: "403",
  INVALID_SIGNATURE: "403",
  MISSING_AUTHENTICATION_TOKEN: "403",
  QUOTA_EXCEEDED: "429",
  REQUEST_TOO_LARGE: "413",
  RESOURCE_NOT_FOUND: "404",
  THROTTLED: "429",
  UNAUTHORIZED: "401",
  UNSUPPORTED_MEDIA_TYPE: "415",
  WAF_FILTERED: "403",
} as const satisfies Record<GatewayResponseType, string | undefined>;

const TYPES = Object.keys(DEFAULT_STATUS) as GatewayResponseType[];
const DEFAULT_TEMPLATES = { "application/json": '{"message":$context.error.messageString}' };

export function gatewayResponseOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    PutGatewayResponse(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const type = input.responseType ?? "DEFAULT_4XX";
      const response: GatewayResponseDefinition = {
        responseType: type,
        statusCode: input.statusCode ?? DEFAULT_STATUS[type],
        responseParameters: input.responseParameters ?? {},
        responseTemplates: input.responseTemplates ?? DEFAULT_TEMPLATES,
      };
      tables.gatewayResponses(context, api.id).set(type, response);
      return shape(type, response);
    },

    GetGatewayResponse(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const type = input.responseType ?? "DEFAULT_4XX";
      return shape(type, tables.gatewayResponses(context, api.id).get(type));
    },

    GetGatewayResponses(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const own = tables.gatewayResponses(context, api.id);
      const page = pageByPosition(TYPES, input, (type) => type);
      return {
        items: page.items.map((type) => shape(type, own.get(type))),
        position: page.nextToken,
      };
    },

    UpdateGatewayResponse(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const type = input.responseType ?? "DEFAULT_4XX";
      const own = tables.gatewayResponses(context, api.id);
      const before = own.get(type) ?? defaultOf(type);
      const next = readPatches(input.patchOperations).reduce(patchGatewayResponse, before);
      own.set(type, next);
      return shape(type, next);
    },

    DeleteGatewayResponse(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      if (!tables.gatewayResponses(context, api.id).delete(input.responseType ?? "")) {
        throw notFound("Gateway response type not defined on api");
      }
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function defaultOf(type: GatewayResponseType): GatewayResponseDefinition {
  return {
    responseType: type,
    statusCode: DEFAULT_STATUS[type],
    responseParameters: {},
    responseTemplates: DEFAULT_TEMPLATES,
  };
}

function shape(
  type: GatewayResponseType,
  own: GatewayResponseDefinition | undefined,
): GatewayResponse {
  const { statusCode, responseParameters, responseTemplates } = own ?? defaultOf(type);
  return {
    responseType: type,
    statusCode,
    responseParameters,
    responseTemplates,
    defaultResponse: own === undefined,
  };
}

function patchGatewayResponse(
  response: GatewayResponseDefinition,
  patch: Patch,
): GatewayResponseDefinition {
  const [member, key] = patch.keys;
  if (patch.path === "/statusCode" && patch.op === "replace") {
    return { ...response, statusCode: patch.value };
  }
  if (
    (member !== "responseParameters" && member !== "responseTemplates") ||
    key === undefined ||
    !["add", "remove", "replace"].includes(patch.op)
  ) {
    throw invalidPatchPath(patch.path);
  }
  const map = response[member];
  if (patch.op !== "add" && map[key] === undefined) {
    throw notFound("Invalid parameter name specified");
  }
  if (patch.op === "remove") return { ...response, [member]: withoutKey(map, key) ?? {} };
  if ((patch.value ?? "") === "") throw badRequest(`Invalid null or empty value in ${member}`);
  return { ...response, [member]: withKey(map, key, patch.value ?? "") };
}

import type { Method, MethodResponse, PutMethodRequest } from "@aws-sdk/client-api-gateway";
import type {
  MethodDefinition,
  MethodResponseDefinition,
} from "../../../data-plane/execute-api/api-definition.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { badRequest, conflict, invalidPatchPath, onlyReplace } from "../errors.ts";
import { methodOf, putMethodRow, resourceOf } from "../lookups.ts";
import { isTrue, type Patch, readPatches, withKey, withoutKey } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";
import { integrationShape } from "./integrations.ts";

export function methodOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    PutMethod(input, context) {
      const resource = resourceOf(tables, context, input);
      const method = newMethod(input);
      if (resource.methods[method.httpMethod] !== undefined) {
        throw conflict("Method already exists for this resource");
      }
      checkReferences(gateway, context, input.restApiId ?? "", method);
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, method);
      return methodShape(method);
    },

    GetMethod: (input, context) => methodShape(methodOf(tables, context, input).method),

    UpdateMethod(input, context) {
      const { resource, method } = methodOf(tables, context, input);
      const next = readPatches(input.patchOperations).reduce(patchMethod, method);
      checkReferences(gateway, context, input.restApiId ?? "", next);
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, next);
      return methodShape(next);
    },

    DeleteMethod(input, context) {
      const { resource, method } = methodOf(tables, context, input);
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, undefined);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

/** In AWS's order, as its error text lists them. */
const HTTP_METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];

function newMethod(input: PutMethodRequest): MethodDefinition {
  const httpMethod = input.httpMethod ?? "";
  if (!HTTP_METHODS.includes(httpMethod)) {
    throw badRequest(`Invalid HttpMethod specified. Valid options are ${HTTP_METHODS.join(",")}`);
  }
  checkParameterNames(Object.keys(input.requestParameters ?? {}));
  return {
    httpMethod,
    authorizationType: input.authorizationType ?? "NONE",
    authorizerId: input.authorizerId,
    authorizationScopes: input.authorizationScopes,
    apiKeyRequired: input.apiKeyRequired ?? false,
    requestValidatorId: input.requestValidatorId,
    operationName: input.operationName,
    requestParameters: nonEmpty(input.requestParameters),
    requestModels: nonEmpty(input.requestModels),
    responses: {},
    integration: undefined,
  };
}

function checkParameterNames(keys: readonly string[]): void {
  const names = keys.map((key) => key.split(".").slice(3).join("."));
  if (new Set(names).size < names.length) {
    throw badRequest("Parameter names must be unique across querystring, header and path");
  }
}

/** A method may only name an authorizer, a validator and models that exist. */
function checkReferences(
  { tables }: ApiGateway,
  place: Place,
  apiId: string,
  method: MethodDefinition,
): void {
  // The local cloud has no authorizers yet, so none that a method names can be valid.
  if (["CUSTOM", "COGNITO_USER_POOLS"].includes(method.authorizationType)) {
    throw badRequest(
      "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or " +
        "COGNITO_USER_POOLS requires a valid authorizer.",
    );
  }
  const { requestValidatorId } = method;
  if (
    requestValidatorId !== undefined &&
    !tables.validators(place, apiId).has(requestValidatorId)
  ) {
    throw badRequest("Invalid Request Validator identifier specified");
  }
  for (const model of Object.values(method.requestModels ?? {})) {
    if (!tables.models(place, apiId).has(model)) {
      throw badRequest(`Invalid model identifier specified: ${model}`);
    }
  }
}

function patchMethod(method: MethodDefinition, patch: Patch): MethodDefinition {
  const [member, key, ...rest] = patch.keys;
  if (member === "requestParameters") return patchParameters(method, patch, key);
  if (member === "requestModels") {
    if (key === undefined || rest.length > 0) throw invalidPatchPath(patch.path);
    const requestModels =
      patch.op === "remove"
        ? withoutKey(method.requestModels, key)
        : withKey(method.requestModels, key, patch.value ?? "");
    return { ...method, requestModels };
  }
  const set = key === undefined ? REPLACEABLE[member ?? ""] : undefined;
  if (set === undefined) {
    throw patch.op === "replace" ? invalidPatchPath(patch.path) : onlyReplace();
  }
  if (patch.op !== "replace") throw onlyReplace();
  return set(method, patch.value);
}

function patchParameters(
  method: MethodDefinition,
  patch: Patch,
  name: string | undefined,
): MethodDefinition {
  if (name === undefined) throw invalidPatchPath(patch.path);
  const { requestParameters } = method;
  if (patch.op === "remove") {
    return { ...method, requestParameters: withoutKey(requestParameters, name) };
  }
  return { ...method, requestParameters: withKey(requestParameters, name, isTrue(patch.value)) };
}

type Set = (method: MethodDefinition, value: string | undefined) => MethodDefinition;

const REPLACEABLE: Readonly<Record<string, Set>> = {
  authorizationType: (method, value) => ({ ...method, authorizationType: value ?? "NONE" }),
  authorizerId: (method, value) => ({ ...method, authorizerId: value }),
  apiKeyRequired: (method, value) => ({ ...method, apiKeyRequired: isTrue(value) }),
  operationName: (method, value) => ({ ...method, operationName: value }),
  // An empty value takes the validator away.
  requestValidatorId: (method, value) => ({
    ...method,
    requestValidatorId: value === "" ? undefined : value,
  }),
};

export function nonEmpty<Value>(
  map: Readonly<Record<string, Value>> | undefined,
): Readonly<Record<string, Value>> | undefined {
  return map === undefined || Object.keys(map).length === 0 ? undefined : map;
}

export function methodShape(method: MethodDefinition): Method {
  const responses = Object.values(method.responses);
  return {
    httpMethod: method.httpMethod,
    authorizationType: method.authorizationType,
    authorizerId: method.authorizerId,
    authorizationScopes:
      method.authorizationScopes === undefined ? undefined : [...method.authorizationScopes],
    apiKeyRequired: method.apiKeyRequired,
    requestValidatorId: method.requestValidatorId,
    operationName: method.operationName,
    requestParameters: method.requestParameters,
    requestModels: method.requestModels,
    methodResponses:
      responses.length === 0
        ? undefined
        : Object.fromEntries(responses.map((one) => [one.statusCode, methodResponseShape(one)])),
    methodIntegration:
      method.integration === undefined ? undefined : integrationShape(method.integration),
  };
}

export function methodResponseShape(response: MethodResponseDefinition): MethodResponse {
  return { ...response };
}

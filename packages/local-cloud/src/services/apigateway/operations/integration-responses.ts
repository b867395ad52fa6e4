import type {
  IntegrationDefinition,
  IntegrationResponseDefinition,
  MethodDefinition,
  Strings,
} from "../../../data-plane/execute-api/api-definition.ts";
import { compileJavaPattern } from "../../../data-plane/execute-api/mapping/java-pattern.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { badRequest, integrationNotFound, invalidPatchPath, statusNotFound } from "../errors.ts";
import { type MethodPath, methodOf, putMethodRow } from "../lookups.ts";
import { type Patch, readPatches, withKey, withoutKey } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway, Tables } from "../state.ts";
import { integrationResponseShape } from "./integrations.ts";
import { nonEmpty } from "./methods.ts";

export function integrationResponseOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    PutIntegrationResponse(input, context) {
      const { method } = methodOf(tables, context, input);
      const response: IntegrationResponseDefinition = {
        statusCode: input.statusCode ?? "",
        selectionPattern: input.selectionPattern,
        responseParameters: nonEmpty(input.responseParameters),
        responseTemplates: input.responseTemplates,
        contentHandling: input.contentHandling,
      };
      checkResponse(method, response);
      putResponse(tables, context, input, response);
      return integrationResponseShape(response);
    },

    GetIntegrationResponse(input, context) {
      const { method } = methodOf(tables, context, input);
      return integrationResponseShape(responseOf(method, input.statusCode));
    },

    UpdateIntegrationResponse(input, context) {
      const { method } = methodOf(tables, context, input);
      const response = responseOf(method, input.statusCode);
      const next = readPatches(input.patchOperations).reduce(patchIntegrationResponse, response);
      checkResponse(method, next);
      putResponse(tables, context, input, next);
      return integrationResponseShape(next);
    },

    DeleteIntegrationResponse(input, context) {
      const { resource, method } = integratedMethodOf(tables, context, input);
      const { statusCode } = responseOf(method, input.statusCode);
      const { integration } = method;
      const responses = withoutKey(integration.responses, statusCode) ?? {};
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, {
        ...method,
        integration: { ...integration, responses },
      });
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function putResponse(
  tables: Tables,
  place: Place,
  input: MethodPath,
  response: IntegrationResponseDefinition,
): void {
  const { resource, method } = methodOf(tables, place, input);
  const { integration } = method;
  if (integration === undefined) throw integrationNotFound();
  const responses = { ...integration.responses, [response.statusCode]: response };
  putMethodRow(tables, place, { ...input, resource }, method.httpMethod, {
    ...method,
    integration: { ...integration, responses },
  });
}

/** DeleteIntegrationResponse, alone of the four, calls a missing method a missing integration. */
function integratedMethodOf(tables: Tables, place: Place, input: MethodPath) {
  const found = methodOrIntegrationMissing(tables, place, input);
  const { integration } = found.method;
  if (integration === undefined) throw integrationNotFound();
  return { resource: found.resource, method: { ...found.method, integration } };
}

function methodOrIntegrationMissing(tables: Tables, place: Place, input: MethodPath) {
  const resource = tables.resources(place, input.restApiId ?? "").get(input.resourceId ?? "");
  if (resource !== undefined && resource.methods[input.httpMethod ?? ""] === undefined) {
    throw integrationNotFound();
  }
  return methodOf(tables, place, input);
}

function responseOf(
  method: { readonly integration: IntegrationDefinition | undefined },
  statusCode: string | undefined,
): IntegrationResponseDefinition {
  if (method.integration === undefined) throw integrationNotFound();
  const response = method.integration.responses[statusCode ?? ""];
  if (response === undefined) throw statusNotFound();
  return response;
}

function checkResponse(method: MethodDefinition, response: IntegrationResponseDefinition): void {
  for (const type of Object.keys(response.responseTemplates ?? {})) {
    if (!type.includes("/")) throw invalidMapping(`Invalid content type specified: ${type}`);
  }
  const declared = method.responses[response.statusCode]?.responseParameters ?? {};
  for (const target of Object.keys(response.responseParameters ?? {})) {
    if (declared[target] === undefined) {
      throw invalidMapping(`Invalid mapping expression parameter specified: ${target}`);
    }
  }
  if (!isPattern(response.selectionPattern ?? "")) {
    // Unverified: the text.
    throw badRequest(`Invalid selection pattern specified: ${response.selectionPattern}`);
  }
}

function isPattern(text: string): boolean {
  try {
    return compileJavaPattern(text).source !== "";
  } catch {
    return false;
  }
}

function invalidMapping(error: string) {
  return badRequest(`Validation Result: warnings : [], errors : [${error}]`);
}

function patchIntegrationResponse(
  response: IntegrationResponseDefinition,
  patch: Patch,
): IntegrationResponseDefinition {
  const [member, key] = patch.keys;
  switch (member) {
    case "responseParameters":
    case "responseTemplates":
      if (key === undefined) throw invalidPatchPath(patch.path);
      return { ...response, [member]: patchMap(response[member], patch, key) };
    case "selectionPattern":
      return { ...response, selectionPattern: patch.op === "remove" ? undefined : patch.value };
    case "contentHandling":
      return {
        ...response,
        contentHandling:
          patch.value === "CONVERT_TO_BINARY" || patch.value === "CONVERT_TO_TEXT"
            ? patch.value
            : undefined,
      };
    default:
      throw invalidPatchPath(patch.path);
  }
}

function patchMap(map: Strings | undefined, patch: Patch, key: string): Strings | undefined {
  return patch.op === "remove" ? withoutKey(map, key) : withKey(map, key, patch.value ?? "");
}

import type {
  MethodDefinition,
  MethodResponseDefinition,
} from "../../../data-plane/execute-api/api-definition.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { badRequest, conflict, invalidPatchPath, notFound, statusNotFound } from "../errors.ts";
import { type MethodPath, methodOf, putMethodRow } from "../lookups.ts";
import { isTrue, type Patch, readPatches, withKey, withoutKey } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";
import { methodResponseShape, nonEmpty } from "./methods.ts";

export function methodResponseOperations(gateway: ApiGateway) {
  const { tables } = gateway;

  const put = (place: Place, input: MethodPath, response: MethodResponseDefinition) => {
    const { resource, method } = methodOf(tables, place, input);
    const responses = { ...method.responses, [response.statusCode]: response };
    putMethodRow(tables, place, { ...input, resource }, method.httpMethod, {
      ...method,
      responses,
    });
    return methodResponseShape(response);
  };

  return {
    PutMethodResponse(input, context) {
      const { method } = methodOf(tables, context, input);
      const statusCode = input.statusCode ?? "";
      if (method.responses[statusCode] !== undefined) {
        throw conflict("Response already exists for this resource");
      }
      for (const model of Object.values(input.responseModels ?? {})) {
        if (!tables.models(context, input.restApiId ?? "").has(model)) {
          throw badRequest(`Invalid model identifier specified: ${model}`);
        }
      }
      return put(context, input, {
        statusCode,
        responseParameters: nonEmpty(input.responseParameters),
        responseModels: nonEmpty(input.responseModels),
      });
    },

    GetMethodResponse: (input, context) =>
      methodResponseShape(responseOf(methodOf(tables, context, input).method, input.statusCode)),

    UpdateMethodResponse(input, context) {
      const { method } = methodOf(tables, context, input);
      const response = responseOf(method, input.statusCode);
      return put(
        context,
        input,
        readPatches(input.patchOperations).reduce(patchMethodResponse, response),
      );
    },

    DeleteMethodResponse(input, context) {
      const { resource, method } = methodOf(tables, context, input);
      const { statusCode } = responseOf(method, input.statusCode);
      const responses = withoutKey(method.responses, statusCode) ?? {};
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, {
        ...method,
        responses,
      });
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function responseOf(
  method: MethodDefinition,
  statusCode: string | undefined,
): MethodResponseDefinition {
  const response = method.responses[statusCode ?? ""];
  if (response === undefined) throw statusNotFound();
  return response;
}

function patchMethodResponse(
  response: MethodResponseDefinition,
  patch: Patch,
): MethodResponseDefinition {
  const [member, name] = patch.keys;
  if (name === undefined) throw invalidPatchPath(patch.path);
  if (member === "responseParameters") {
    const { responseParameters } = response;
    if (patch.op === "add") {
      const added = withKey(responseParameters, name, isTrue(patch.value));
      return { ...response, responseParameters: added };
    }
    if (responseParameters?.[name] === undefined) {
      throw notFound("Invalid parameter name specified");
    }
    return patch.op === "remove"
      ? { ...response, responseParameters: withoutKey(responseParameters, name) }
      : { ...response, responseParameters: withKey(responseParameters, name, isTrue(patch.value)) };
  }
  if (member !== "responseModels") throw invalidPatchPath(patch.path);
  const { responseModels } = response;
  if (patch.op === "add") {
    return { ...response, responseModels: withKey(responseModels, name, patch.value ?? "") };
  }
  if (responseModels?.[name] === undefined) {
    throw notFound("Content-Type specified was not found");
  }
  return patch.op === "remove"
    ? { ...response, responseModels: withoutKey(responseModels, name) }
    : { ...response, responseModels: withKey(responseModels, name, patch.value ?? "") };
}

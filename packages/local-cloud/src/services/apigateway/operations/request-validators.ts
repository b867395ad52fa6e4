import type { ValidatorDefinition } from "../../../data-plane/execute-api/api-definition.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import {
  badPatchOperation,
  badPatchPath,
  badRequest,
  conflict,
  validatorNotFound,
} from "../errors.ts";
import { apiOf, pageByPosition } from "../lookups.ts";
import { isTrue, type Patch, readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, newId } from "../state.ts";

export function requestValidatorOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    CreateRequestValidator(input, context) {
      // Alone among the nouns, creation calls a wrong API id a bad request.
      if (!tables.apis(context).has(input.restApiId ?? "")) {
        throw badRequest("Invalid REST API identifier specified");
      }
      const validator: ValidatorDefinition = {
        id: newId(gateway, 6),
        name: input.name ?? "",
        validateRequestBody: input.validateRequestBody ?? false,
        validateRequestParameters: input.validateRequestParameters ?? false,
      };
      tables.validators(context, input.restApiId ?? "").set(validator.id, validator);
      return { ...validator };
    },

    GetRequestValidator: (input, context) => ({
      ...validatorOf(gateway, context, input.restApiId, input.requestValidatorId),
    }),

    GetRequestValidators(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const validators = tables.validators(context, api.id).values();
      const page = pageByPosition(validators, input, ({ id }) => id);
      return { items: page.items.map((one) => ({ ...one })), position: page.nextToken };
    },

    UpdateRequestValidator(input, context) {
      const { restApiId, requestValidatorId } = input;
      const validator = validatorOf(gateway, context, restApiId, requestValidatorId);
      const next = readPatches(input.patchOperations).reduce(patchValidator, validator);
      tables.validators(context, restApiId ?? "").set(validator.id, next);
      return { ...next };
    },

    DeleteRequestValidator(input, context) {
      const { restApiId, requestValidatorId } = input;
      const { id } = validatorOf(gateway, context, restApiId, requestValidatorId);
      for (const resource of tables.resources(context, restApiId ?? "").values()) {
        for (const method of Object.values(resource.methods)) {
          if (method.requestValidatorId !== id) continue;
          // Unverified: the text; the rule is AWS's.
          throw conflict(
            `Cannot delete request validator '${id}', is referenced in method: ${resource.path}/${method.httpMethod}`,
          );
        }
      }
      tables.validators(context, restApiId ?? "").delete(id);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function validatorOf(
  { tables }: ApiGateway,
  place: Place,
  apiId: string | undefined,
  id: string | undefined,
): ValidatorDefinition {
  const validator = tables.validators(place, apiId ?? "").get(id ?? "");
  if (validator === undefined) throw validatorNotFound();
  return validator;
}

const PATCHABLE = ["/name", "/validateRequestParameters", "/validateRequestBody"] as const;

function patchValidator(validator: ValidatorDefinition, patch: Patch): ValidatorDefinition {
  const path = patch.path ?? "";
  if (patch.op !== "replace") throw badPatchOperation(path, patch.op);
  switch (path) {
    case "/name":
      if ((patch.value ?? "") === "") throw badRequest("Request Validator name cannot be blank");
      return { ...validator, name: patch.value ?? "" };
    case "/validateRequestParameters":
      return { ...validator, validateRequestParameters: isTrue(patch.value) };
    case "/validateRequestBody":
      return { ...validator, validateRequestBody: isTrue(patch.value) };
    default:
      throw badPatchPath(path, patch.op, PATCHABLE);
  }
}

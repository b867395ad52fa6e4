import type { Model } from "@aws-sdk/client-api-gateway";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { badPatchOperation, badPatchPath, badRequest, conflict, modelNotFound } from "../errors.ts";
import { apiOf, pageByPosition } from "../lookups.ts";
import { type Patch, readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, type ModelRow, newId } from "../state.ts";

const DRAFT_4 = "http://json-schema.org/draft-04/schema#";

/** Every new API has these two. Source: recorded AWS answer (test_apigateway_common, GetModels). */
export const DEFAULT_MODELS = [
  {
    name: "Empty",
    description: "This is a default empty schema model",
    contentType: "application/json",
    schema: JSON.stringify(
      { $schema: DRAFT_4, title: "Empty Schema", type: "object" },
      undefined,
      2,
    ),
  },
  {
    name: "Error",
    description: "This is a default error schema model",
    contentType: "application/json",
    schema: JSON.stringify(
      {
        $schema: DRAFT_4,
        title: "Error Schema",
        type: "object",
        properties: { message: { type: "string" } },
      },
      undefined,
      2,
    ),
  },
] as const satisfies readonly Omit<ModelRow, "id">[];

export function modelOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    CreateModel(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const name = input.name ?? "";
      if (name === "") throw badRequest("Model name must be non-empty");
      if (tables.models(context, api.id).has(name)) {
        throw conflict("Model name already exists for this REST API");
      }
      checkSchema(input.schema);
      const model: ModelRow = {
        id: newId(gateway, 6),
        name,
        description: input.description,
        contentType: input.contentType ?? "application/json",
        schema: input.schema,
      };
      tables.models(context, api.id).set(name, model);
      return modelShape(model);
    },

    GetModel: (input, context) =>
      modelShape(modelOf(gateway, context, input.restApiId, input.modelName)),

    GetModels(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const models = tables.models(context, api.id).values();
      const page = pageByPosition(models, input, (model) => model.name);
      return { items: page.items.map(modelShape), position: page.nextToken };
    },

    UpdateModel(input, context) {
      const model = modelOf(gateway, context, input.restApiId, input.modelName);
      const next = readPatches(input.patchOperations).reduce(patchModel, model);
      tables.models(context, input.restApiId ?? "").set(model.name, next);
      return modelShape(next);
    },

    DeleteModel(input, context) {
      const { name } = modelOf(gateway, context, input.restApiId, input.modelName);
      refuseWhileReferenced(gateway, context, input.restApiId ?? "", name);
      tables.models(context, input.restApiId ?? "").delete(name);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function modelOf(
  { tables }: ApiGateway,
  place: Place,
  apiId: string | undefined,
  name: string | undefined,
): ModelRow {
  const model = tables.models(place, apiId ?? "").get(name ?? "");
  if (model === undefined) throw modelNotFound(name);
  return model;
}

function checkSchema(schema: string | undefined): void {
  if ((schema ?? "") === "") {
    throw badRequest("Model schema must have at least 1 property or array items defined");
  }
  try {
    JSON.parse(schema ?? "");
  } catch {
    // Unverified: the text after "errors".
    throw badRequest(
      "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]",
    );
  }
}

function refuseWhileReferenced(
  { tables }: ApiGateway,
  place: Place,
  apiId: string,
  name: string,
): void {
  for (const resource of tables.resources(place, apiId).values()) {
    for (const method of Object.values(resource.methods)) {
      const where = `${resource.path}/${method.httpMethod}`;
      if (Object.values(method.requestModels ?? {}).includes(name)) {
        throw conflict(`Cannot delete model '${name}', is referenced in method request: ${where}`);
      }
      const responses = Object.values(method.responses);
      if (responses.some((one) => Object.values(one.responseModels ?? {}).includes(name))) {
        throw conflict(`Cannot delete model '${name}', is referenced in method response: ${where}`);
      }
    }
  }
}

function patchModel(model: ModelRow, patch: Patch): ModelRow {
  const path = patch.path ?? "";
  if (patch.op !== "replace") throw badPatchOperation(path, patch.op);
  if (path === "/description") return { ...model, description: patch.value };
  if (path !== "/schema") throw badPatchPath(path, patch.op, ["/description", "/schema"]);
  checkSchema(patch.value);
  return { ...model, schema: patch.value };
}

function modelShape(model: ModelRow): Model {
  return { ...model };
}

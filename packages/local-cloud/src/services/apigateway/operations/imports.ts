import type { Place } from "../../../telemetry/metric-sink.ts";
import { badRequest } from "../errors.ts";
import { apiOf } from "../lookups.ts";
import { endpointTypeOf, readApiMembers } from "../openapi/api-members.ts";
import { type ApiDocument, readDocument } from "../openapi/document.ts";
import { Findings } from "../openapi/findings.ts";
import { importParts, type ImportedParts } from "../openapi/import-api.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, type ApiRow, newId } from "../state.ts";
import { newApi, restApi } from "./rest-apis.ts";

/** ImportRestApi and PutRestApi. Source: AWS docs, "Develop REST APIs using OpenAPI". */
export function importOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    ImportRestApi(input, context) {
      const document = readDocument(input.body);
      const types = endpointTypeOf(input.parameters?.["endpointConfigurationTypes"]);
      const created = newApi(gateway, {
        name: "imported",
        endpointConfiguration: types === undefined ? undefined : { types: [types] },
      });
      const api: ApiRow = { ...created, ...readApiMembers(document) };
      const { parts, warnings } = readParts(gateway, context, document, {
        api,
        isOverwrite: true,
        input,
      });
      cloud.store.transaction(() => {
        tables.apis(context).set(api.id, api);
        writeParts(gateway, context, api.id, parts, true);
      });
      return { ...restApi(api, { withTags: false }), warnings };
    },

    PutRestApi(input, context) {
      // A bad document is refused before the API is looked for, as on AWS.
      const document = readDocument(input.body);
      const before = apiOf(tables, context, input.restApiId);
      const isOverwrite = input.mode === "overwrite";
      const api = withMembers(before, readApiMembers(document), isOverwrite);
      const { parts, warnings } = readParts(gateway, context, document, {
        api,
        isOverwrite,
        input,
      });
      cloud.store.transaction(() => {
        tables.apis(context).set(api.id, api);
        writeParts(gateway, context, api.id, parts, isOverwrite);
      });
      return { ...restApi(api), warnings };
    },
  } satisfies ApiGatewayHandlers;
}

/** Merged binary types are added; overwritten ones are the document's. Source: recorded AWS answer. */
function withMembers(before: ApiRow, members: Partial<ApiRow>, isOverwrite: boolean): ApiRow {
  const own = members.binaryMediaTypes ?? [];
  const binaryMediaTypes = isOverwrite ? own : [...new Set([...before.binaryMediaTypes, ...own])];
  return { ...before, ...members, binaryMediaTypes };
}

interface ImportCall {
  readonly api: ApiRow;
  readonly isOverwrite: boolean;
  readonly input: {
    readonly parameters?: Readonly<Record<string, string>> | undefined;
    readonly failOnWarnings?: boolean | undefined;
  };
}

/** @throws BadRequestException naming every part that was refused; nothing has been written then. */
function readParts(
  gateway: ApiGateway,
  place: Place,
  document: ApiDocument,
  { api, isOverwrite, input }: ImportCall,
): { readonly parts: ImportedParts; readonly warnings: string[] | undefined } {
  const findings = new Findings();
  const old = [...gateway.tables.resources(place, api.id).values()];
  const root = { id: api.rootResourceId, parentId: undefined, pathPart: undefined, path: "/" };
  const parts = importParts(
    {
      document,
      apiId: api.id,
      resources: isOverwrite ? [{ ...root, methods: {} }] : old,
      idOfPath: (path) => old.find((resource) => resource.path === path)?.id,
      basePath: basePathMode(input.parameters?.["basepath"]),
      newId: () => newId(gateway, 6),
      newModelName: () => `MODEL${gateway.cloud.random.hex(6)}`,
    },
    findings,
  );
  findings.refuseIfAny(input.failOnWarnings ?? false);
  return { parts, warnings: findings.warnings.length === 0 ? undefined : findings.warnings };
}

function basePathMode(value: string | undefined): "ignore" | "prepend" | "split" {
  const mode = (["ignore", "prepend", "split"] as const).find((one) => one === (value ?? "ignore"));
  // Unverified: the text.
  if (mode === undefined)
    throw badRequest(`Invalid basepath: ${value}. Use ignore, prepend or split`);
  return mode;
}

function writeParts(
  { tables, cloud }: ApiGateway,
  place: Place,
  apiId: string,
  parts: ImportedParts,
  isOverwrite: boolean,
): void {
  const resources = tables.resources(place, apiId);
  const models = tables.models(place, apiId);
  const validators = tables.validators(place, apiId);
  const responses = tables.gatewayResponses(place, apiId);
  if (isOverwrite) {
    for (const table of [resources, models, validators, responses]) {
      for (const [key] of table.entries()) table.delete(key);
    }
  }
  for (const resource of parts.resources) resources.set(resource.id, resource);
  for (const model of parts.models) {
    const id = models.get(model.name)?.id ?? newId({ tables, cloud }, 6);
    models.set(model.name, { ...model, id, contentType: "application/json" });
  }
  for (const validator of parts.validators) validators.set(validator.id, validator);
  for (const response of parts.gatewayResponses) responses.set(response.responseType, response);
}

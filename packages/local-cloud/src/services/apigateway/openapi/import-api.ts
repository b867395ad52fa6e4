import type {
  GatewayResponseDefinition,
  MethodDefinition,
  ResourceDefinition,
  ValidatorDefinition,
} from "../../../data-plane/execute-api/api-definition.ts";
import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { checkPathPart, checkPlace, join } from "../operations/resources.ts";
import { type ApiDocument, text, textMap } from "./document.ts";
import type { Findings } from "./findings.ts";
import { ImportedModels, type ImportedModel } from "./read-models.ts";
import { type MethodReader, readMethod } from "./read-method.ts";

/** What an API is when the document has been read: every part, with what of the old API stays. */
export interface ImportedParts {
  readonly resources: readonly ResourceDefinition[];
  readonly models: readonly ImportedModel[];
  readonly validators: readonly ValidatorDefinition[];
  readonly gatewayResponses: readonly GatewayResponseDefinition[];
}

export interface ImportPlan {
  readonly document: ApiDocument;
  readonly apiId: string;
  /** What the document is laid over: all resources to merge, or the bare root to overwrite. */
  readonly resources: readonly ResourceDefinition[];
  /** Of the old API, so that a path keeps its id. */
  readonly idOfPath: (path: string) => string | undefined;
  readonly basePath: "ignore" | "prepend" | "split";
  readonly newId: () => string;
  readonly newModelName: () => string;
}

/** Reads every path of a document. What is wrong goes into `findings`; nothing is written. */
export function importParts(plan: ImportPlan, findings: Findings): ImportedParts {
  const { document, apiId, newId } = plan;
  const models = new ImportedModels(document, findings, { apiId, newName: plan.newModelName });
  const validators = validatorsOf(document, newId);
  const reader: MethodReader = {
    document,
    models,
    findings,
    validatorIds: new Map(validators.map(({ name, id }) => [name, id])),
  };
  const tree = new ResourceTree(plan);
  const prefix = prefixOf(document, plan.basePath);
  for (const [path, item] of Object.entries(document.object(document.root, "paths"))) {
    const operations = document.resolve(item);
    if (!isJsonObject(operations)) continue;
    const whole = `${prefix}${path}`.replaceAll(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
    findings.attempt(`Unable to create resource at path '${whole}'`, () => {
      const resource = tree.ensure(whole);
      tree.put(resource, methodsOf(reader, operations, resource));
    });
  }
  return {
    resources: tree.resources(),
    models: [...models.byName.values()],
    validators,
    gatewayResponses: gatewayResponsesOf(document),
  };
}

const HTTP_METHODS = new Set(["get", "put", "post", "delete", "options", "head", "patch"]);
const ANY_METHOD = "x-amazon-apigateway-any-method";

function methodsOf(
  reader: MethodReader,
  operations: JsonObject,
  resource: ResourceDefinition,
): Readonly<Record<string, MethodDefinition>> {
  const methods: Record<string, MethodDefinition> = {};
  for (const [key, operation] of Object.entries(operations)) {
    if (!isJsonObject(operation)) continue;
    const isAny = key.toLowerCase() === ANY_METHOD;
    if (!isAny && !HTTP_METHODS.has(key.toLowerCase())) continue;
    const httpMethod = isAny ? "ANY" : key.toUpperCase();
    const place = { path: resource.path, httpMethod, resourceId: resource.id };
    methods[httpMethod] = readMethod(reader, operation, operations["parameters"], place);
  }
  return methods;
}

/** The resources by path; those that a longer path needs are made on the way. */
class ResourceTree {
  readonly #plan: ImportPlan;
  readonly #byPath: Map<string, ResourceDefinition>;

  constructor(plan: ImportPlan) {
    this.#plan = plan;
    this.#byPath = new Map(plan.resources.map((resource) => [resource.path, resource]));
  }

  /** @throws as CreateResource does. */
  ensure(path: string): ResourceDefinition {
    const known = this.#byPath.get(path === "" ? "/" : path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf("/");
    const parent = this.ensure(path.slice(0, cut));
    const pathPart = path.slice(cut + 1);
    checkPathPart(pathPart);
    checkPlace(this.resources(), parent, pathPart, undefined);
    const resource: ResourceDefinition = {
      id: this.#plan.idOfPath(path) ?? this.#plan.newId(),
      parentId: parent.id,
      pathPart,
      path: join(parent.path, pathPart),
      methods: {},
    };
    this.#byPath.set(resource.path, resource);
    return resource;
  }

  /** The document's methods replace those of the same name. */
  put(resource: ResourceDefinition, methods: Readonly<Record<string, MethodDefinition>>): void {
    const merged = { ...resource, methods: { ...resource.methods, ...methods } };
    this.#byPath.set(resource.path, merged);
  }

  resources(): ResourceDefinition[] {
    return [...this.#byPath.values()];
  }
}

/**
 * What stands before every path: nothing, the base path, or the base path without its first part.
 * Source: AWS docs, "Set the OpenAPI basePath property"; recorded AWS answers
 * (test_import_rest_apis_with_base_path_swagger, test_import_rest_api_with_base_path_oas30).
 */
function prefixOf(document: ApiDocument, mode: ImportPlan["basePath"]): string {
  if (mode === "ignore") return "";
  const base = basePathOf(document).replace(/\/$/, "");
  return mode === "prepend" ? base : base.replace(/^\/[^/]*/, "");
}

function basePathOf(document: ApiDocument): string {
  const { root } = document;
  if (document.isSwagger) return text(root["basePath"]) ?? "";
  const servers = root["servers"];
  const server: unknown = Array.isArray(servers) ? servers[0] : undefined;
  if (!isJsonObject(server)) return "";
  const variable = text(
    document.object(document.object(server, "variables"), "basePath")["default"],
  );
  if (variable !== undefined) return variable.startsWith("/") ? variable : `/${variable}`;
  return (text(server["url"]) ?? "").replace(/^[a-z]+:\/\/[^/]*/, "");
}

function validatorsOf(document: ApiDocument, newId: () => string): ValidatorDefinition[] {
  const named = document.object(document.root, "x-amazon-apigateway-request-validators");
  return Object.entries(named).flatMap(([name, one]) =>
    isJsonObject(one)
      ? {
          id: newId(),
          name,
          validateRequestBody: one["validateRequestBody"] === true,
          validateRequestParameters: one["validateRequestParameters"] === true,
        }
      : [],
  );
}

function gatewayResponsesOf(document: ApiDocument): GatewayResponseDefinition[] {
  const named = document.object(document.root, "x-amazon-apigateway-gateway-responses");
  return Object.entries(named).flatMap(([responseType, one]) =>
    isJsonObject(one)
      ? {
          responseType,
          statusCode: text(one["statusCode"]),
          responseParameters: textMap(one["responseParameters"]) ?? {},
          responseTemplates: textMap(one["responseTemplates"]) ?? {
            "application/json": '{"message":$context.error.messageString}',
          },
        }
      : [],
  );
}

import type {
  MethodDefinition,
  MethodResponseDefinition,
} from "../../../data-plane/execute-api/api-definition.ts";
import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { badRequest } from "../errors.ts";
import { type ApiDocument, text, texts } from "./document.ts";
import type { Findings } from "./findings.ts";
import { type MethodPlace, readIntegration } from "./read-integration.ts";
import { type ImportedModels, modelsByType, schemasOfContent } from "./read-models.ts";

export interface MethodReader {
  readonly document: ApiDocument;
  readonly models: ImportedModels;
  readonly findings: Findings;
  /** The id of a validator by its name in the document. */
  readonly validatorIds: ReadonlyMap<string, string>;
}

/** @throws when the local cloud cannot protect the method as the document wants. */
export function readMethod(
  { document, models, findings, validatorIds }: MethodReader,
  operation: JsonObject,
  sharedParameters: unknown,
  place: MethodPlace,
): MethodDefinition {
  const parameters = parametersOf(document, [sharedParameters, operation["parameters"]]);
  const validator =
    operation["x-amazon-apigateway-request-validator"] ??
    document.root["x-amazon-apigateway-request-validator"];
  const integration = document.object(operation, "x-amazon-apigateway-integration");
  return {
    httpMethod: place.httpMethod,
    ...securityOf(document, operation),
    authorizerId: undefined,
    authorizationScopes: undefined,
    requestValidatorId: validatorIds.get(text(validator) ?? ""),
    operationName: text(operation["operationId"]),
    requestParameters: requestParametersOf(parameters),
    requestModels: modelsByType(bodySchemas(document, operation, parameters), models),
    responses: responsesOf(document, operation, models),
    // A method without one is imported; deploying it is what fails.
    integration:
      Object.keys(integration).length === 0
        ? undefined
        : findings.attempt(
            `Unable to put integration on '${place.httpMethod}' for resource at path '${place.path}'`,
            () => readIntegration(integration, place, findings),
          ),
  };
}

/** Those of the operation come last and so win. */
function parametersOf(document: ApiDocument, lists: readonly unknown[]): JsonObject[] {
  return lists.flatMap((list) =>
    Array.isArray(list)
      ? list.map((one: unknown) => document.resolve(one)).filter((one) => isJsonObject(one))
      : [],
  );
}

const PLACES: Readonly<Record<string, string>> = {
  path: "path",
  query: "querystring",
  header: "header",
};

function requestParametersOf(
  parameters: readonly JsonObject[],
): Readonly<Record<string, boolean>> | undefined {
  const named = parameters.flatMap((parameter) => {
    const where = PLACES[text(parameter["in"]) ?? ""];
    const name = text(parameter["name"]);
    if (where === undefined || name === undefined) return [];
    return [[`method.request.${where}.${name}`, parameter["required"] === true] as const];
  });
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

function bodySchemas(
  document: ApiDocument,
  operation: JsonObject,
  parameters: readonly JsonObject[],
): (readonly [string, unknown])[] {
  if (!document.isSwagger) {
    return schemasOfContent(document.object(document.object(operation, "requestBody"), "content"));
  }
  const body = parameters.find((parameter) => parameter["in"] === "body");
  if (body === undefined) return [];
  return typesOf(document, operation, "consumes").map((type) => [type, body["schema"]]);
}

function responsesOf(
  document: ApiDocument,
  operation: JsonObject,
  models: ImportedModels,
): Readonly<Record<string, MethodResponseDefinition>> {
  const responses: Record<string, MethodResponseDefinition> = {};
  for (const [statusCode, one] of Object.entries(document.object(operation, "responses"))) {
    const response = document.resolve(one);
    // Unverified: that AWS leaves "default" out.
    if (!/^[1-5]\d\d$/.test(statusCode) || !isJsonObject(response)) continue;
    const schemas = document.isSwagger
      ? typesOf(document, operation, "produces").map((type) => [type, response["schema"]] as const)
      : schemasOfContent(document.object(response, "content"));
    const headers = Object.keys(document.object(response, "headers"));
    responses[statusCode] = {
      statusCode,
      responseModels: modelsByType(schemas, models),
      responseParameters:
        headers.length === 0
          ? undefined
          : Object.fromEntries(headers.map((name) => [`method.response.header.${name}`, false])),
    };
  }
  return responses;
}

/** Swagger's media types: the operation's, or the document's, or JSON. */
function typesOf(document: ApiDocument, operation: JsonObject, member: string): string[] {
  const own = texts(operation[member] ?? document.root[member]);
  return own.length === 0 ? ["application/json"] : own;
}

/** Source: AWS docs, "x-amazon-apigateway-auth", "x-amazon-apigateway-authtype", "api_key". */
function securityOf(
  document: ApiDocument,
  operation: JsonObject,
): Pick<MethodDefinition, "authorizationType" | "apiKeyRequired"> {
  const { root } = document;
  const schemes = document.isSwagger
    ? document.object(root, "securityDefinitions")
    : document.object(document.object(root, "components"), "securitySchemes");
  const wanted = operation["security"] ?? root["security"];
  let authorizationType = "NONE";
  let apiKeyRequired = false;
  for (const requirement of Array.isArray(wanted) ? wanted : []) {
    for (const name of Object.keys(isJsonObject(requirement) ? requirement : {})) {
      const scheme = document.object(schemes, name);
      if (scheme["x-amazon-apigateway-authorizer"] !== undefined) throw authorizersNotYet(name);
      if (text(scheme["x-amazon-apigateway-authtype"])?.toLowerCase() === "awssigv4") {
        authorizationType = "AWS_IAM";
      } else if (text(scheme["name"])?.toLowerCase() === "x-api-key") {
        apiKeyRequired = true;
      }
    }
  }
  const auth = text(document.object(operation, "x-amazon-apigateway-auth")["type"]);
  if (auth?.toUpperCase() === "AWS_IAM") authorizationType = "AWS_IAM";
  return { authorizationType, apiKeyRequired };
}

/** Ours: a method that AWS protects must not be open here. */
function authorizersNotYet(name: string) {
  return badRequest(
    `The local cloud does not have authorizers yet, and the security scheme ${name} is one. Nothing was imported.`,
  );
}

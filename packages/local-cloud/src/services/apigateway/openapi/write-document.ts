import type {
  ApiDefinition,
  IntegrationDefinition,
  IntegrationResponseDefinition,
  MethodDefinition,
  MethodResponseDefinition,
} from "../../../data-plane/execute-api/api-definition.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";

export interface ExportedStage {
  readonly api: ApiDefinition;
  readonly stageName: string;
  readonly region: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly models: readonly { readonly name: string; readonly schema: string | undefined }[];
  readonly withIntegrations: boolean;
}

/**
 * A deployed API as an OpenAPI 3 document that `readDocument` reads back: paths, parameters, models, keys,
 * validators, and with `withIntegrations` the integrations. Source: AWS docs, "Export a REST API from API Gateway".
 */
export function writeOpenApi(stage: ExportedStage): JsonObject {
  const { api, stageName, region, version, description, models } = stage;
  const validators = Object.values(api.validators);
  const usesKeys = api.resources.some((one) =>
    Object.values(one.methods).some(({ apiKeyRequired }) => apiKeyRequired),
  );
  return present({
    openapi: "3.0.1",
    info: present({ title: api.name, description, version }),
    servers: [
      {
        url: `https://${api.apiId}.execute-api.${region}.amazonaws.com/{basePath}`,
        variables: { basePath: { default: stageName } },
      },
    ],
    paths: pathsOf(stage),
    components: present({
      schemas: models.length === 0 ? undefined : schemasOf(models),
      securitySchemes: usesKeys
        ? { api_key: { type: "apiKey", name: "x-api-key", in: "header" } }
        : undefined,
    }),
    "x-amazon-apigateway-binary-media-types":
      api.binaryMediaTypes.length === 0 ? undefined : api.binaryMediaTypes,
    "x-amazon-apigateway-request-validators":
      validators.length === 0
        ? undefined
        : Object.fromEntries(
            validators.map(({ name, validateRequestBody, validateRequestParameters }) => [
              name,
              { validateRequestBody, validateRequestParameters },
            ]),
          ),
  });
}

function pathsOf({ api, withIntegrations }: ExportedStage): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const { path, methods } of api.resources) {
    const operations = Object.values(methods).map((method) => [
      method.httpMethod === "ANY"
        ? "x-amazon-apigateway-any-method"
        : method.httpMethod.toLowerCase(),
      operationOf(api, method, withIntegrations),
    ]);
    if (operations.length > 0) paths[path] = Object.fromEntries(operations);
  }
  return paths;
}

function operationOf(
  api: ApiDefinition,
  method: MethodDefinition,
  withIntegration: boolean,
): JsonObject {
  const parameters = parametersOf(method);
  const validator = api.validators[method.requestValidatorId ?? ""];
  return present({
    operationId: method.operationName,
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: method.requestModels && { content: contentOf(method.requestModels) },
    responses: mapValues(method.responses, responseOf),
    security: method.apiKeyRequired ? [{ api_key: [] }] : undefined,
    "x-amazon-apigateway-auth":
      method.authorizationType === "AWS_IAM" ? { type: "AWS_IAM" } : undefined,
    "x-amazon-apigateway-request-validator": validator?.name,
    "x-amazon-apigateway-integration":
      withIntegration && method.integration ? integrationOf(method.integration) : undefined,
  });
}

const PLACES: Readonly<Record<string, string>> = {
  path: "path",
  querystring: "query",
  header: "header",
};

function parametersOf({ requestParameters }: MethodDefinition): JsonObject[] {
  return Object.entries(requestParameters ?? {}).map(([key, required]) => {
    const [, , where = "", ...name] = key.split(".");
    return { name: name.join("."), in: PLACES[where], required, schema: { type: "string" } };
  });
}

function responseOf({ statusCode, responseModels, responseParameters }: MethodResponseDefinition) {
  const headers = Object.keys(responseParameters ?? {}).map((key) => [
    key.replace(/^method\.response\.header\./, ""),
    { schema: { type: "string" } },
  ]);
  return present({
    description: `${statusCode} response`,
    headers: headers.length === 0 ? undefined : Object.fromEntries(headers),
    content: responseModels && contentOf(responseModels),
  });
}

function contentOf(models: Readonly<Record<string, string>>): JsonObject {
  return mapValues(models, (name) => ({ schema: { $ref: `#/components/schemas/${name}` } }));
}

/** "timeoutInMillis" and the rest under the names that the extension has for them. */
function integrationOf({
  timeoutMs,
  insecureSkipVerification,
  responses,
  ...members
}: IntegrationDefinition): JsonObject {
  return present({
    ...members,
    type: members.type.toLowerCase(),
    passthroughBehavior: members.passthroughBehavior.toLowerCase(),
    cacheKeyParameters:
      members.cacheKeyParameters.length === 0 ? undefined : members.cacheKeyParameters,
    timeoutInMillis: timeoutMs,
    tlsConfig: insecureSkipVerification === undefined ? undefined : { insecureSkipVerification },
    responses: Object.fromEntries(
      Object.values(responses).map((one) => [one.selectionPattern ?? "default", mappingOf(one)]),
    ),
  });
}

function mappingOf(response: IntegrationResponseDefinition): JsonObject {
  const { selectionPattern: _pattern, ...members } = response;
  return present(members);
}

/** Addresses of models become references again. */
function schemasOf(models: ExportedStage["models"]): JsonObject {
  return Object.fromEntries(
    models.map(({ name, schema }) => {
      const text = (schema ?? "").replaceAll(
        /https:\/\/apigateway\.amazonaws\.com\/restapis\/[a-z0-9]+\/models\//g,
        "#/components/schemas/",
      );
      return [name, parseJsonObject(text) ?? {}];
    }),
  );
}

function mapValues<From>(
  map: Readonly<Record<string, From>>,
  change: (value: From) => unknown,
): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** Without the members that are undefined or empty objects, which YAML would print. */
function present(members: JsonObject): JsonObject {
  const isThere = (value: unknown) =>
    value !== undefined && !(isJsonObject(value) && Object.keys(value).length === 0);
  return Object.fromEntries(
    Object.entries(members).filter(([key, value]) => key === "responses" || isThere(value)),
  );
}

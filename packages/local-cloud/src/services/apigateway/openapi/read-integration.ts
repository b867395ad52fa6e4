import type { IntegrationType, PutIntegrationRequest } from "@aws-sdk/client-api-gateway";
import type {
  IntegrationDefinition,
  IntegrationResponseDefinition,
} from "../../../data-plane/execute-api/api-definition.ts";
import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { badRequest } from "../errors.ts";
import { newIntegration } from "../operations/integrations.ts";
import { text, textMap, texts } from "./document.ts";
import type { Findings } from "./findings.ts";

export interface MethodPlace {
  readonly path: string;
  readonly httpMethod: string;
  readonly resourceId: string;
}

const TYPES = [
  "HTTP",
  "AWS",
  "MOCK",
  "HTTP_PROXY",
  "AWS_PROXY",
] as const satisfies IntegrationType[];

/**
 * Reads "x-amazon-apigateway-integration". Source: AWS docs, "x-amazon-apigateway-integration object".
 * @throws as PutIntegration does.
 */
export function readIntegration(
  source: JsonObject,
  place: MethodPlace,
  findings: Findings,
): IntegrationDefinition {
  const type = TYPES.find((one) => one === text(source["type"])?.toUpperCase());
  if (type === undefined) {
    // Unverified: the text.
    throw badRequest(`Invalid integration type specified: ${text(source["type"]) ?? null}`);
  }
  const input: PutIntegrationRequest = {
    restApiId: undefined,
    resourceId: place.resourceId,
    httpMethod: place.httpMethod,
    type,
    integrationHttpMethod: text(source["httpMethod"])?.toUpperCase(),
    uri: text(source["uri"]),
    connectionType: oneOf(source["connectionType"], ["INTERNET", "VPC_LINK"] as const),
    connectionId: text(source["connectionId"]),
    credentials: text(source["credentials"]),
    requestParameters: parametersOf(source, place, findings),
    requestTemplates: textMap(source["requestTemplates"]),
    passthroughBehavior: text(source["passthroughBehavior"])?.toUpperCase(),
    contentHandling: contentHandlingOf(source),
    timeoutInMillis: numberOf(source["timeoutInMillis"]),
    cacheNamespace: text(source["cacheNamespace"]),
    cacheKeyParameters: texts(source["cacheKeyParameters"]),
    tlsConfig: tlsOf(source["tlsConfig"]),
  };
  return {
    ...newIntegration(input, place.resourceId),
    responses: responsesOf(source["responses"]),
  };
}

/** Source of the warning: recorded AWS answer (test_import_rest_api_with_base_path_oas30). */
function parametersOf(
  source: JsonObject,
  { path, httpMethod }: MethodPlace,
  findings: Findings,
): Record<string, string> {
  const parameters = source["requestParameters"];
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(isJsonObject(parameters) ? parameters : {})) {
    if (typeof value === "string") kept[name] = value;
    else {
      findings.warnings.push(
        "Invalid format for 'requestParameters'. Expected type string for property " +
          `'${name}' of resource '${path}' and method '${httpMethod}' but got '${JSON.stringify(value)}'`,
      );
    }
  }
  return kept;
}

/** By selection pattern in the document, by status in the API. "default" has no pattern. */
function responsesOf(source: unknown): Readonly<Record<string, IntegrationResponseDefinition>> {
  const responses: Record<string, IntegrationResponseDefinition> = {};
  for (const [pattern, one] of Object.entries(isJsonObject(source) ? source : {})) {
    if (!isJsonObject(one)) continue;
    const statusCode = text(one["statusCode"]) ?? "200";
    responses[statusCode] = {
      statusCode,
      selectionPattern: pattern === "default" ? undefined : pattern,
      responseParameters: textMap(one["responseParameters"]),
      responseTemplates: textMap(one["responseTemplates"]),
      contentHandling: contentHandlingOf(one),
    };
  }
  return responses;
}

function contentHandlingOf(source: JsonObject) {
  return oneOf(source["contentHandling"], ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"] as const);
}

function tlsOf(value: unknown) {
  if (!isJsonObject(value)) return undefined;
  return { insecureSkipVerification: value["insecureSkipVerification"] === true };
}

function numberOf(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function oneOf<const Known extends string>(
  value: unknown,
  known: readonly Known[],
): Known | undefined {
  const wanted = text(value)?.toUpperCase();
  return known.find((one) => one === wanted);
}

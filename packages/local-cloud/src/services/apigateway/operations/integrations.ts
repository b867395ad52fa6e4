import type {
  Integration,
  IntegrationResponse,
  PutIntegrationRequest,
} from "@aws-sdk/client-api-gateway";
import type {
  IntegrationDefinition,
  IntegrationResponseDefinition,
  IntegrationType,
  PassthroughBehavior,
} from "../../../data-plane/execute-api/api-definition.ts";
import { badRequest, integrationNotFound, invalidPatchPath, onlyReplace } from "../errors.ts";
import { INTEGRATION_TIMEOUT_MIN_MS, INTEGRATION_TIMEOUT_MS } from "../limits.ts";
import { methodOf, putMethodRow } from "../lookups.ts";
import { isTrue, type Patch, readPatches, withKey, withoutKey } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";
import { nonEmpty } from "./methods.ts";

export function integrationOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    PutIntegration(input, context) {
      const { resource, method } = methodOf(tables, context, input);
      const integration = newIntegration(input, resource.id);
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, {
        ...method,
        integration,
      });
      return integrationShape(integration);
    },

    GetIntegration(input, context) {
      const { integration } = methodOf(tables, context, input).method;
      if (integration === undefined) throw integrationNotFound();
      return integrationShape(integration);
    },

    UpdateIntegration(input, context) {
      const { resource, method } = methodOf(tables, context, input);
      if (method.integration === undefined) throw integrationNotFound();
      const integration = readPatches(input.patchOperations).reduce(
        patchIntegration,
        method.integration,
      );
      checkUri(integration.type, integration.uri);
      checkTimeout(integration.timeoutMs);
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, {
        ...method,
        integration,
      });
      return integrationShape(integration);
    },

    DeleteIntegration(input, context) {
      const { resource, method } = methodOf(tables, context, input);
      if (method.integration === undefined) throw integrationNotFound();
      putMethodRow(tables, context, { ...input, resource }, method.httpMethod, {
        ...method,
        integration: undefined,
      });
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

export function newIntegration(
  input: PutIntegrationRequest,
  resourceId: string,
): IntegrationDefinition {
  const type: IntegrationType = input.type ?? "MOCK";
  const isMock = type === "MOCK";
  if (!isMock && (input.integrationHttpMethod ?? "") === "") {
    throw badRequest("Enumeration value for HttpMethod must be non-empty");
  }
  checkUri(type, input.uri);
  const timeoutMs = input.timeoutInMillis ?? INTEGRATION_TIMEOUT_MS;
  checkTimeout(timeoutMs);
  const isHttp = type === "HTTP" || type === "HTTP_PROXY";
  return {
    type,
    httpMethod: isMock ? undefined : input.integrationHttpMethod,
    uri: isMock ? undefined : input.uri,
    connectionType: input.connectionType ?? (isHttp ? "INTERNET" : undefined),
    connectionId: input.connectionId,
    credentials: input.credentials,
    requestParameters: nonEmpty(input.requestParameters),
    requestTemplates: nonEmpty(input.requestTemplates),
    passthroughBehavior: passthrough(input.passthroughBehavior ?? "WHEN_NO_MATCH"),
    contentHandling: input.contentHandling,
    timeoutMs,
    cacheNamespace: input.cacheNamespace ?? resourceId,
    cacheKeyParameters: input.cacheKeyParameters ?? [],
    insecureSkipVerification: input.tlsConfig?.insecureSkipVerification,
    responses: {},
  };
}

const PASSTHROUGHS = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"] as const;

/** Unverified: the text; the model does not list the values. */
function passthrough(value: string): PassthroughBehavior {
  const known = PASSTHROUGHS.find((one) => one === value);
  if (known === undefined) {
    throw badRequest(
      `Invalid passthrough behavior specified. Valid options are ${PASSTHROUGHS.join(",")}`,
    );
  }
  return known;
}

function checkUri(type: IntegrationType, uri: string | undefined): void {
  switch (type) {
    case "MOCK":
      return;
    case "HTTP":
    case "HTTP_PROXY":
      // A stage variable may stand for any part of the address, even the host.
      if (!/^https?:\/\/.+/.test(uri ?? "") && !(uri ?? "").startsWith("${stageVariables.")) {
        throw badRequest("Invalid HTTP endpoint specified for URI");
      }
      return;
    case "AWS":
    case "AWS_PROXY":
      checkArn(type, uri ?? "");
      return;
    default:
      return type satisfies never;
  }
}

/** "arn:aws:apigateway:{region}:{service}:{path|action}/..." */
function checkArn(type: "AWS" | "AWS_PROXY", uri: string): void {
  const [arn, , owner, , service, ...rest] = uri.split(":");
  if (arn !== "arn" || rest.length === 0) {
    throw badRequest("Invalid ARN specified in the request");
  }
  const target = rest.join(":");
  if (owner !== "apigateway" || !/^(?:path|action)\//.test(target)) {
    throw badRequest("AWS ARN for integration must contain path or action");
  }
  if (type === "AWS_PROXY" && !isProxyTarget(service ?? "", target)) {
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose " +
        "stream invocations.",
    );
  }
}

function isProxyTarget(service: string, target: string): boolean {
  return (
    (service === "lambda" && target.startsWith("path/2015-03-31/functions/")) ||
    (service === "firehose" && target.startsWith("action/"))
  );
}

/** Unverified: the text; the bounds are AWS's. */
function checkTimeout(timeoutMs: number): void {
  if (timeoutMs < INTEGRATION_TIMEOUT_MIN_MS || timeoutMs > INTEGRATION_TIMEOUT_MS) {
    throw badRequest(
      `Timeout should be between ${INTEGRATION_TIMEOUT_MIN_MS} ms and ${INTEGRATION_TIMEOUT_MS} ms`,
    );
  }
}

function patchIntegration(integration: IntegrationDefinition, patch: Patch): IntegrationDefinition {
  const [member, key] = patch.keys;
  if (member === "requestParameters" || member === "requestTemplates") {
    if (key === undefined) throw invalidPatchPath(patch.path);
    const map = integration[member];
    const next =
      patch.op === "remove" ? withoutKey(map, key) : withKey(map, key, patch.value ?? "");
    return { ...integration, [member]: next };
  }
  const set = REPLACEABLE[patch.path ?? ""];
  if (set === undefined) throw invalidPatchPath(patch.path);
  if (patch.op !== "replace") throw onlyReplace();
  return set(integration, patch.value);
}

type Set = (integration: IntegrationDefinition, value: string | undefined) => IntegrationDefinition;

/** Paths of UpdateIntegration. Source: AWS docs, "patch operations", UpdateIntegration. */
const REPLACEABLE: Readonly<Record<string, Set>> = {
  "/httpMethod": (integration, value) => ({ ...integration, httpMethod: value }),
  "/uri": (integration, value) => ({ ...integration, uri: value }),
  "/credentials": (integration, value) => ({
    ...integration,
    credentials: value === "" ? undefined : value,
  }),
  "/passthroughBehavior": (integration, value) => ({
    ...integration,
    passthroughBehavior: passthrough(value ?? ""),
  }),
  "/timeoutInMillis": (integration, value) => ({ ...integration, timeoutMs: Number(value) }),
  "/contentHandling": (integration, value) => ({
    ...integration,
    contentHandling:
      value === "CONVERT_TO_BINARY" || value === "CONVERT_TO_TEXT" ? value : undefined,
  }),
  "/cacheNamespace": (integration, value) => ({ ...integration, cacheNamespace: value ?? "" }),
  "/connectionType": (integration, value) => ({
    ...integration,
    connectionType: value === "VPC_LINK" ? "VPC_LINK" : "INTERNET",
  }),
  "/connectionId": (integration, value) => ({ ...integration, connectionId: value }),
  "/tlsConfig/insecureSkipVerification": (integration, value) => ({
    ...integration,
    insecureSkipVerification: isTrue(value),
  }),
};

export function integrationShape(integration: IntegrationDefinition): Integration {
  const responses = Object.values(integration.responses);
  return {
    type: integration.type,
    httpMethod: integration.httpMethod,
    uri: integration.uri,
    connectionType: integration.connectionType,
    connectionId: integration.connectionId,
    credentials: integration.credentials,
    requestParameters: integration.requestParameters,
    requestTemplates: integration.requestTemplates,
    passthroughBehavior: integration.passthroughBehavior,
    contentHandling: integration.contentHandling,
    timeoutInMillis: integration.timeoutMs,
    cacheNamespace: integration.cacheNamespace,
    cacheKeyParameters: [...integration.cacheKeyParameters],
    integrationResponses:
      responses.length === 0
        ? undefined
        : Object.fromEntries(
            responses.map((one) => [one.statusCode, integrationResponseShape(one)]),
          ),
    tlsConfig:
      integration.insecureSkipVerification === undefined
        ? undefined
        : { insecureSkipVerification: integration.insecureSkipVerification },
  };
}

export function integrationResponseShape(
  response: IntegrationResponseDefinition,
): IntegrationResponse {
  return { ...response };
}

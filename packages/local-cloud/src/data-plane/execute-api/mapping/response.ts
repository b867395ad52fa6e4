import type {
  ApiDefinition,
  IntegrationDefinition,
  IntegrationResponseDefinition,
  Strings,
} from "../api-definition.ts";
import { contextVariablesOf } from "../context-variables.ts";
import type { Exchange } from "../exchange.ts";
import { type GatewayAnswer, hasHeader, pushBackendHeader } from "../gateway-answer.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { firstMediaType, isBinary } from "../media-types.ts";
import { compileJavaPattern } from "./java-pattern.ts";
import { javaText } from "./java-values.ts";
import { type BackendAnswer, compileResponseParameters } from "./parameters.ts";
import { textOf } from "./request-body.ts";
import { compileTemplate, type Template } from "./template.ts";

/** Shapes what a backend answered. `selector` is what the selection patterns are matched against. */
export type MapResponse = (
  exchange: Exchange,
  answer: BackendAnswer,
  selector: string,
) => GatewayAnswer;

/**
 * Compiles the integration responses of a non-proxy integration.
 * Source: AWS docs, "Set up an integration response in API Gateway".
 */
export function compileResponses(
  api: ApiDefinition,
  integration: IntegrationDefinition,
): MapResponse {
  const responses = Object.values(integration.responses).map((one) => compileResponse(api, one));
  return (exchange, answer, selector) => {
    const chosen =
      responses.find(({ pattern }) => pattern?.test(selector)) ??
      responses.find(({ pattern }) => pattern === undefined);
    if (chosen === undefined) {
      throw new GatewayFailure(
        "configuration",
        "No match for output mapping and no default endpoint response mapping configured. " +
          `Endpoint Response Status Code: ${answer.status}`,
      );
    }
    return chosen.map(exchange, answer);
  };
}

interface CompiledResponse {
  /** Undefined for the default response. */
  readonly pattern: RegExp | undefined;
  map(exchange: Exchange, answer: BackendAnswer): GatewayAnswer;
}

function compileResponse(
  api: ApiDefinition,
  response: IntegrationResponseDefinition,
): CompiledResponse {
  const { selectionPattern, contentHandling } = response;
  const headersFrom = compileResponseParameters(response.responseParameters);
  const templates = compileTemplates(response.responseTemplates);
  return {
    pattern: selectionPattern ? compileJavaPattern(selectionPattern) : undefined,
    map(exchange, answer) {
      const template = chooseTemplate(templates, exchange.request.header("accept"));
      const { body: given } = answer;
      const body =
        template === undefined
          ? converted(given, contentHandling, answer, api)
          : template.render(exchange, textOf(given));
      const headers: string[] = [];
      const mapped = headersFrom(exchange, answer);
      for (let index = 0; index < mapped.length; index += 2) {
        pushBackendHeader(headers, mapped[index] ?? "", mapped[index + 1] ?? "");
      }
      return overridden(exchange, {
        status: Number(response.statusCode),
        headers: withContentType(headers, template?.type ?? answer.header("content-type")),
        body,
        isTraced: false,
      });
    },
  };
}

interface TypedTemplate {
  readonly type: string;
  readonly render: Template;
}

/** An empty template passes the body through, as no template does. */
function compileTemplates(templates: Strings | undefined): TypedTemplate[] {
  return Object.entries(templates ?? {})
    .filter(([, source]) => typeof source === "string" && source !== "")
    .map(([type, source]) => ({ type, render: compileTemplate(source) }));
}

/** By what the client accepts, then JSON, then the first there is. */
function chooseTemplate(
  templates: readonly TypedTemplate[],
  accept: string | undefined,
): TypedTemplate | undefined {
  if (templates.length < 2) return templates[0];
  const wanted = firstMediaType(accept);
  return (
    templates.find(({ type }) => type.toLowerCase() === wanted) ??
    templates.find(({ type }) => type === "application/json") ??
    templates[0]
  );
}

function converted(
  body: Uint8Array,
  handling: IntegrationResponseDefinition["contentHandling"],
  answer: BackendAnswer,
  api: ApiDefinition,
): string | Uint8Array {
  switch (handling) {
    case "CONVERT_TO_BINARY":
      return Buffer.from(textOf(body), "base64");
    case "CONVERT_TO_TEXT":
      return isBinary(answer.header("content-type"), api.binaryMediaTypes)
        ? Buffer.from(body).toString("base64")
        : body;
    case undefined:
      return body;
    default:
      return handling satisfies never;
  }
}

/** A template may have written `$context.responseOverride`. A status out of range is not taken. */
function overridden(exchange: Exchange, answer: GatewayAnswer): GatewayAnswer {
  if (exchange.context === undefined) return answer;
  const { status, header } = contextVariablesOf(exchange).responseOverride;
  const wanted = Number(status);
  const isStatus = Number.isInteger(wanted) && wanted >= 200 && wanted <= 599;
  const overrides = Object.entries(header);
  if (!isStatus && overrides.length === 0) return answer;
  const names = new Set(overrides.map(([name]) => name.toLowerCase()));
  const headers = answer.headers.filter(
    (_, index, all) => !names.has((all[index - (index % 2)] ?? "").toLowerCase()),
  );
  for (const [name, value] of overrides) pushBackendHeader(headers, name, javaText(value));
  return { ...answer, status: isStatus ? wanted : answer.status, headers };
}

function withContentType(headers: string[], type: string | undefined): string[] {
  if (!hasHeader(headers, "content-type")) headers.push("Content-Type", type ?? "application/json");
  return headers;
}

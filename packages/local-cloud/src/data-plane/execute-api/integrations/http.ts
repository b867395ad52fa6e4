import type { ApiDefinition, IntegrationDefinition } from "../api-definition.ts";
import type { Integrate } from "../compiled-api.ts";
import { contextVariablesOf } from "../context-variables.ts";
import type { Exchange } from "../exchange.ts";
import { type GatewayAnswer, hasHeader, pushBackendHeader } from "../gateway-answer.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { javaText } from "../mapping/java-values.ts";
import { compileRequestParameters, type MappedParameters } from "../mapping/parameters.ts";
import { compileRequestBody } from "../mapping/request-body.ts";
import { compileResponses } from "../mapping/response.ts";
import { withStageVariables } from "../stage-variables.ts";
import { type Backends, withDeadline } from "./backends.ts";
import { forwardedHeaders, OWN_HEADERS } from "./proxy-event.ts";

/** Largest answer of a backend. Source: AWS docs, API Gateway quotas (payload size). Unverified: its 502. */
const ANSWER_BYTES_MAX = 10 * 1024 * 1024;

/** HTTP and HTTP_PROXY: the request goes on to another server, mapped or as it came. */
export function compileHttp(
  api: ApiDefinition,
  integration: IntegrationDefinition,
  backends: Backends,
): Integrate {
  const isProxy = integration.type === "HTTP_PROXY";
  const mapParameters = compileRequestParameters(integration.requestParameters);
  const mapBody = compileRequestBody(integration);
  const mapResponse = compileResponses(api, integration);
  return async (exchange) => {
    const { request } = exchange;
    const mapped = isProxy ? undefined : mapBody(exchange);
    const parameters = withOverrides(exchange, mapParameters(exchange));
    const answer = await call(exchange, integration, backends, {
      method: methodOf(integration, request.method),
      url: urlOf(exchange, integration, parameters),
      headers: headersOf(exchange, mapped?.contentType, parameters),
      body: mapped === undefined ? request.body : Buffer.from(mapped.body),
    });
    exchange.integrationStatus = answer.status;
    if (isProxy) return passedOn(answer);
    const shaped = mapResponse(exchange, answer, String(answer.status));
    return { ...shaped, isTraced: true };
  };
}

interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: string[];
  readonly body: Uint8Array;
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  header(lowerCaseName: string): string | undefined;
  readonly body: Uint8Array;
}

async function call(
  exchange: Exchange,
  integration: IntegrationDefinition,
  backends: Backends,
  { url, method, headers, body }: HttpRequest,
): Promise<HttpAnswer> {
  const insecure = integration.insecureSkipVerification ?? false;
  const dispatcher = await backends.http({ insecure });
  const send = async (): Promise<HttpAnswer> => {
    const { origin, pathname, search } = new URL(url);
    const answer = await dispatcher.request({
      origin,
      path: pathname + search,
      method,
      headers,
      body: body.length === 0 ? null : body,
    });
    const list = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => [name, one] as const),
    );
    return {
      status: answer.statusCode,
      headers: list,
      header: (wanted) => list.find(([name]) => name === wanted)?.[1],
      body: await limited(answer.body),
    };
  };
  try {
    return await withDeadline(send(), integration.timeoutMs);
  } catch (error) {
    if (error instanceof GatewayFailure) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayFailure("unreachable", `${exchange.request.method} ${url}: ${why}`);
  }
}

/** A backend that never ends its answer must not fill the memory. */
async function limited(body: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      throw new GatewayFailure(
        "badBackendAnswer",
        `the answer has more than ${ANSWER_BYTES_MAX} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** "ANY" towards the backend means the client's own method. */
function methodOf({ httpMethod }: IntegrationDefinition, own: string): string {
  return httpMethod === undefined || httpMethod === "ANY" ? own : httpMethod;
}

/** The URI with stage variables and path variables filled in, and the query of the request or its mapping. */
function urlOf(
  exchange: Exchange,
  integration: IntegrationDefinition,
  { path, query }: MappedParameters,
): string {
  const template = withStageVariables(integration.uri ?? "", exchange.variables);
  const filled = template.replaceAll(
    /\{([^{}/]+)\}/g,
    (_whole, name: string) => path?.[name] ?? "",
  );
  const own = integration.type === "HTTP_PROXY" ? exchange.request.query : undefined;
  const all = [...(own ?? []), ...(query ?? [])];
  if (all.length === 0) return filled;
  const pairs = all.flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return `${filled}${filled.includes("?") ? "&" : "?"}${new URLSearchParams(pairs).toString()}`;
}

const NOT_PASSED_ON = new Set([
  ...OWN_HEADERS,
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** A proxy passes the client's headers on; the mapped kind sends its own few and those it was told to. */
function headersOf(
  exchange: Exchange,
  mappedType: string | undefined,
  parameters: MappedParameters,
): string[] {
  const { apiId } = exchange.api.definition;
  const headers: string[] = [];
  const mapped = new Set([...(parameters.headers?.keys() ?? [])].map((name) => name.toLowerCase()));
  const push = (name: string, value: string) => {
    if (!mapped.has(name.toLowerCase())) headers.push(name, value);
  };
  if (mappedType === undefined) {
    const { rawHeaders } = exchange.request;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? "";
      const key = name.toLowerCase();
      if (!NOT_PASSED_ON.has(key)) {
        push(name, rawHeaders[index + 1] ?? "");
      }
    }
    for (const [name, value] of forwardedHeaders(exchange.request, exchange.traceId)) {
      push(name, value);
    }
  } else {
    push("Accept", "application/json");
    push("Content-Type", mappedType);
    push("User-Agent", `AmazonAPIGateway_${apiId}`);
    push("X-Amzn-Trace-Id", exchange.traceId);
  }
  push("X-Amzn-Apigateway-Api-Id", apiId);
  for (const [name, values] of parameters.headers ?? []) {
    for (const value of values) headers.push(name, value);
  }
  return headers;
}

/** A request template may have written `$context.requestOverride`; it beats the mapping. */
function withOverrides(exchange: Exchange, mapped: MappedParameters): MappedParameters {
  if (exchange.context === undefined) return mapped;
  const { header, path, querystring } = contextVariablesOf(exchange).requestOverride;
  const listed = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(([name, value]) => [name, [javaText(value)]] as const);
  return {
    headers: new Map([...(mapped.headers ?? []), ...listed(header)]),
    query: new Map([...(mapped.query ?? []), ...listed(querystring)]),
    path: {
      ...mapped.path,
      ...Object.fromEntries(Object.entries(path).map(([name, value]) => [name, javaText(value)])),
    },
  };
}

function passedOn({ status, headers: given, body }: HttpAnswer): GatewayAnswer {
  const headers: string[] = [];
  for (const [name, value] of given) pushBackendHeader(headers, name, value);
  if (!hasHeader(headers, "content-type")) headers.push("Content-Type", "application/json");
  return { status, headers, body, isTraced: true };
}

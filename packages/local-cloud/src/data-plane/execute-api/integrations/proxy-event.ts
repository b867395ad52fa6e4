import { type RequestContextEvent, requestContextOf } from "../context-variables.ts";
import type { Strings } from "../api-definition.ts";
import { type Exchange, routeOf } from "../exchange.ts";
import type { GatewayRequest } from "../gateway-request.ts";
import { isBinary } from "../media-types.ts";

/** What a function behind AWS_PROXY gets. Source: recorded AWS answer (test_lambda_aws_proxy_integration). */
export interface ProxyEvent {
  readonly resource: string;
  readonly path: string;
  readonly httpMethod: string;
  readonly headers: Strings;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly queryStringParameters: Strings | null;
  readonly multiValueQueryStringParameters: Readonly<Record<string, readonly string[]>> | null;
  readonly pathParameters: Strings | null;
  readonly stageVariables: Strings | null;
  readonly requestContext: RequestContextEvent;
  readonly body: string | null;
  readonly isBase64Encoded: boolean;
}

/** @param extraHeaders from the integration's own mapping of parameters. */
export function proxyEventOf(
  exchange: Exchange,
  extraHeaders: ReadonlyMap<string, readonly string[]> | undefined,
  binaryMediaTypes: readonly string[],
): ProxyEvent {
  const { request } = exchange;
  const route = routeOf(exchange);
  const { headers, multiValueHeaders } = headersOf(exchange);
  for (const [name, values] of extraHeaders ?? []) {
    headers[name] = values.at(-1) ?? "";
    multiValueHeaders[name] = [...values];
  }
  const isBase64Encoded =
    request.body.length > 0 && isBinary(request.header("content-type"), binaryMediaTypes);
  return {
    resource: route.method.resource.path,
    path: request.eventPath,
    httpMethod: request.method,
    headers,
    multiValueHeaders,
    ...queryOf(request),
    pathParameters: route.pathParameters ?? null,
    stageVariables: exchange.variables ?? null,
    requestContext: requestContextOf(exchange),
    body: bodyOf(request.body, isBase64Encoded),
    isBase64Encoded,
  };
}

/** Headers that AWS writes its own way, however they came. Source: the same recorded answer. */
const RECASED: Strings = {
  authorization: "Authorization",
  host: "Host",
  "user-agent": "User-Agent",
};
/** What the gateway says itself, or what belongs to the connection. */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "x-amzn-trace-id",
  "x-forwarded-for",
  "x-forwarded-port",
  "x-forwarded-proto",
]);

function headersOf({ request, traceId }: Exchange): {
  readonly headers: Record<string, string>;
  readonly multiValueHeaders: Record<string, string[]>;
} {
  const headers: Record<string, string> = {};
  const multiValueHeaders: Record<string, string[]> = {};
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? "";
    const key = given.toLowerCase();
    if (OWN_HEADERS.has(key)) continue;
    const name = RECASED[key] ?? given;
    const value = rawHeaders[index + 1] ?? "";
    headers[name] = value;
    const known = multiValueHeaders[name];
    if (known === undefined) multiValueHeaders[name] = [value];
    else known.push(value);
  }
  for (const [name, value] of forwardedHeaders(request, traceId)) {
    headers[name] = value;
    multiValueHeaders[name] = [value];
  }
  return { headers, multiValueHeaders };
}

/** What the gateway says of the way the request came. The truth, where AWS would say https and 443. */
export function forwardedHeaders(
  request: GatewayRequest,
  traceId: string,
): readonly (readonly [string, string])[] {
  const before = request.header("x-forwarded-for");
  return [
    ["X-Amzn-Trace-Id", traceId],
    ["X-Forwarded-For", before === undefined ? request.sourceIp : `${before}, ${request.sourceIp}`],
    ["X-Forwarded-Port", String(request.port)],
    ["X-Forwarded-Proto", "http"],
  ];
}

function queryOf({
  query,
}: GatewayRequest): Pick<ProxyEvent, "queryStringParameters" | "multiValueQueryStringParameters"> {
  if (query === undefined) {
    return { queryStringParameters: null, multiValueQueryStringParameters: null };
  }
  const single = [...query].map(([name, values]) => [name, values.at(-1) ?? ""] as const);
  return {
    queryStringParameters: Object.fromEntries(single),
    multiValueQueryStringParameters: Object.fromEntries(query),
  };
}

function bodyOf(body: Uint8Array, isBase64Encoded: boolean): string | null {
  if (body.length === 0) return null;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString(isBase64Encoded ? "base64" : "utf8");
}

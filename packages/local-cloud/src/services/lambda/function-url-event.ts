import type { IncomingMessage } from "node:http";
import type { Signer } from "../../data-plane/authorization/traffic-decision.ts";

/**
 * The event of a function URL: payload format 2.0.
 * Source: AWS docs, "Invoking Lambda function URLs", request and response payloads.
 */
export function functionUrlEvent(
  request: IncomingMessage,
  body: Uint8Array,
  about: {
    readonly urlId: string;
    readonly path: string;
    readonly requestId: string;
    readonly nowMs: number;
    /** Who signed, of a URL with AWS_IAM. */
    readonly signer: Signer | undefined;
  },
) {
  const [rawPath, rawQueryString] = splitOnce(about.path, "?");
  const { cookie, ...headers } = joinedHeaders(request);
  const query = joinedQuery(rawQueryString);
  const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split("; ") }),
    headers: {
      ...headers,
      "x-forwarded-for": sourceIp,
      "x-forwarded-proto": "http",
      "x-forwarded-port": String(request.socket.localPort ?? ""),
    },
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: about.signer?.account ?? "anonymous",
      apiId: about.urlId,
      ...(about.signer === undefined ? {} : { authorizer: { iam: iamOf(about.signer) } }),
      domainName: headers["host"] ?? "",
      domainPrefix: about.urlId,
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: "HTTP/1.1",
        sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: about.requestId,
      routeKey: "$default",
      stage: "$default",
      time: requestTime(about.nowMs),
      timeEpoch: about.nowMs,
    },
    ...bodyMembers(body, headers["content-type"]),
  };
}

function iamOf({ account, caller }: Signer) {
  return {
    accessKey: caller.accessKeyId,
    accountId: account,
    callerId: caller.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.arn,
    userId: caller.userId,
  };
}

/** Text goes in as it is, everything else in base64. */
function bodyMembers(body: Uint8Array, contentType: string | undefined) {
  if (body.byteLength === 0) return { isBase64Encoded: false };
  const isText = /text|json|xml|javascript/.test(contentType ?? "");
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return { body: bytes.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}

function joinedHeaders({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(",") : value] as const],
  );
  return Object.fromEntries(entries);
}

/** Values of a repeated parameter are joined with commas. */
function joinedQuery(rawQueryString: string): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

/** "21/Nov/2026:04:00:00 +0000" */
function requestTime(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

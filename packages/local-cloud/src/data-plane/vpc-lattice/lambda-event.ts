import type { Exchange } from "./exchange.ts";
import { clientHeaders, latticeHeaders, sourceVpcArn } from "./lattice-headers.ts";

/**
 * What a function gets of a request.
 * Source: AWS docs, "Lambda functions as targets in VPC Lattice", event structures V1 and V2.
 */
export function lambdaEvent(exchange: Exchange, body: Uint8Array): unknown {
  return exchange.group?.config.lambdaEventStructureVersion === "V2"
    ? eventV2(exchange, body)
    : eventV1(exchange, body);
}

function eventV1(exchange: Exchange, body: Uint8Array) {
  const isBase64Encoded = isBinary(exchange, body);
  const headers = [...clientHeaders(exchange), ...latticeHeaders(exchange)];
  return {
    raw_path: exchange.target,
    method: exchange.method,
    headers: Object.fromEntries(
      [...grouped(headers)].map(([name, values]) => [name, values.join(", ")]),
    ),
    // Of a repeated name the last value.
    query_string_parameters: Object.fromEntries(exchange.query),
    body: textOf(body, isBase64Encoded),
    is_base64_encoded: isBase64Encoded,
  };
}

function eventV2(exchange: Exchange, body: Uint8Array) {
  const { principal, network, service, group, startedAtMs } = exchange;
  const isBase64Encoded = isBinary(exchange, body);
  // The caller is in the request context, not in headers.
  const own = latticeHeaders(exchange).filter(([name]) => name.startsWith("x-forwarded-"));
  const identity =
    principal === undefined
      ? {}
      : { type: "AWS_IAM", principal: principal.arn, sessionName: principal.sessionName };
  return {
    version: "2.0",
    path: exchange.target,
    method: exchange.method,
    headers: Object.fromEntries(grouped([...clientHeaders(exchange), ...own])),
    queryStringParameters: Object.fromEntries(grouped(exchange.query)),
    body: textOf(body, isBase64Encoded),
    isBase64Encoded,
    requestContext: {
      serviceNetworkArn: network.arn,
      serviceArn: service.arn,
      targetGroupArn: group?.arn,
      identity: { sourceVpcArn: sourceVpcArn(exchange), ...identity },
      region: service.place.region,
      // Microseconds.
      timeEpoch: `${startedAtMs}000`,
    },
  };
}

function grouped(pairs: Iterable<readonly [string, string]>): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return values;
}

const TEXT = /^(?:text\/|application\/(?:json|xml|javascript)\b)/i;

/** Bytes that are not known to be text go as base64. A body with an encoding is text only if it says so. */
function isBinary(exchange: Exchange, body: Uint8Array): boolean {
  if (body.byteLength === 0) return false;
  return (
    exchange.header("content-encoding") !== undefined ||
    !TEXT.test(exchange.header("content-type") ?? "")
  );
}

/** Unverified: that a request without a body has an empty one. */
function textOf(body: Uint8Array, isBase64Encoded: boolean): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString(isBase64Encoded ? "base64" : "utf8");
}

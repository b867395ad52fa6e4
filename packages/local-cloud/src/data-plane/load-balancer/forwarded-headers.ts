import type { Random } from "../../random.ts";
import { isHopByHop } from "../hop-by-hop.ts";
import type { Exchange } from "./exchange.ts";
import { headerOf, isTls } from "./exchange.ts";

const OWN = new Set([
  "x-forwarded-for",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-amzn-trace-id",
]);

/** The client's headers, named as it named them, without those of the connection and those that the load balancer sets itself. */
export function clientHeaders(exchange: Exchange): (readonly [string, string])[] {
  const { message, balancer } = exchange;
  const isStrict =
    balancer.attributes["routing.http.drop_invalid_header_fields.enabled"] === "true";
  const { rawHeaders } = message;
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? "";
    const name = given.toLowerCase();
    if (isHopByHop(name) || OWN.has(name)) continue;
    // Source: botocore elbv2 model, LoadBalancerAttribute: names that are not of letters, digits and hyphens.
    if (isStrict && !/^[a-z0-9-]+$/.test(name)) continue;
    const value = rawHeaders[index + 1] ?? "";
    pairs.push([given, name === "host" ? hostFor(exchange, value) : value]);
  }
  return pairs;
}

/**
 * The load balancer adds the listener's port to the host, unless it is told to leave the header alone.
 * Source: the announcement of `routing.http.preserve_host_header.enabled` on repost.aws. Unverified: that the port that
 * the scheme has anyway is left out.
 */
function hostFor({ balancer, listener }: Exchange, host: string): string {
  if (balancer.attributes["routing.http.preserve_host_header.enabled"] === "true") return host;
  const isUsual = listener.port === (listener.protocol === "HTTPS" ? 443 : 80);
  return isUsual || /:\d+$/.test(host) ? host : `${host}:${listener.port}`;
}

/** Source: AWS docs, "HTTP headers and Application Load Balancers". */
export function ownHeaders(exchange: Exchange): (readonly [string, string])[] {
  const { message, listener, balancer, clientIp, traceId } = exchange;
  const before = headerOf(message, "x-forwarded-for");
  const hasPort = balancer.attributes["routing.http.xff_client_port.enabled"] === "true";
  const client = hasPort ? `${clientIp}:${message.socket.remotePort ?? 0}` : clientIp;
  const headers: (readonly [string, string])[] = [
    ["X-Forwarded-Proto", isTls(message) ? "https" : "http"],
    ["X-Forwarded-Port", String(listener.port)],
    ["X-Amzn-Trace-Id", traceId],
  ];
  switch (balancer.attributes["routing.http.xff_header_processing.mode"]) {
    case "remove":
      return headers;
    case "preserve":
      return before === undefined ? headers : [["X-Forwarded-For", before], ...headers];
    default:
      return [
        ["X-Forwarded-For", before === undefined ? client : `${before}, ${client}`],
        ...headers,
      ];
  }
}

/** More addresses than this are refused. Source: AWS docs, "Troubleshoot": HTTP 463. */
const FORWARDED_MOST = 30;

export function hasTooManyAddresses({ message }: Exchange): boolean {
  return (headerOf(message, "x-forwarded-for") ?? "").split(",").length > FORWARDED_MOST;
}

/**
 * A trace of the load balancer's own, or its own part in front of one that began elsewhere.
 * Source: AWS docs, "Request tracing for your Application Load Balancer".
 */
export function traceIdOf(before: string | undefined, nowMs: number, random: Random): string {
  const seconds = hex8(Math.floor(nowMs / 1000));
  const id = `1-${seconds}-${hex8(random.int(2 ** 32))}${hex8(random.int(2 ** 32))}${hex8(random.int(2 ** 32))}`;
  if (before === undefined || before === "") return `Root=${id}`;
  const others = before.split(";").filter((part) => part !== "" && !part.startsWith("Self="));
  const hasRoot = others.some((part) => part.startsWith("Root="));
  return hasRoot ? [`Self=${id}`, ...others].join(";") : [`Root=${id}`, ...others].join(";");
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, "0");
}

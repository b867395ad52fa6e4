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

/** The client's headers, without those of the connection and those that the load balancer sets itself. */
export function clientHeaders({ message, balancer }: Exchange): (readonly [string, string])[] {
  const isStrict =
    balancer.attributes["routing.http.drop_invalid_header_fields.enabled"] === "true";
  const { rawHeaders } = message;
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (isHopByHop(name) || OWN.has(name)) continue;
    if (isStrict && !/^[a-z0-9-]+$/.test(name)) continue;
    pairs.push([name, rawHeaders[index + 1] ?? ""]);
  }
  return pairs;
}

/** Source: AWS docs, "HTTP headers and Application Load Balancers". */
export function ownHeaders(exchange: Exchange): (readonly [string, string])[] {
  const { message, listener, balancer, clientIp, traceId } = exchange;
  const before = headerOf(message, "x-forwarded-for");
  const hasPort = balancer.attributes["routing.http.xff_client_port.enabled"] === "true";
  const client = hasPort ? `${clientIp}:${message.socket.remotePort ?? 0}` : clientIp;
  const headers: (readonly [string, string])[] = [
    ["x-forwarded-proto", isTls(message) ? "https" : "http"],
    ["x-forwarded-port", String(listener.port)],
    ["x-amzn-trace-id", traceId],
  ];
  switch (balancer.attributes["routing.http.xff_header_processing.mode"]) {
    case "remove":
      return headers;
    case "preserve":
      return before === undefined ? headers : [["x-forwarded-for", before], ...headers];
    default:
      return [
        ["x-forwarded-for", before === undefined ? client : `${before}, ${client}`],
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
  const id = `1-${Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, "0")}-${random.hex(24)}`;
  if (before === undefined || before === "") return `Root=${id}`;
  const others = before.split(";").filter((part) => part !== "" && !part.startsWith("Self="));
  const hasRoot = others.some((part) => part.startsWith("Root="));
  return hasRoot ? [`Self=${id}`, ...others].join(";") : [`Root=${id}`, ...others].join(";");
}

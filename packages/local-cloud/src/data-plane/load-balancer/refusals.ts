import type { Exchange } from "./exchange.ts";
import { hasTooManyAddresses } from "./forwarded-headers.ts";

/** Of the request line, and of one header. Source: AWS docs, "HTTP header limits". */
const LINE_MAX_BYTES = 16 * 1024;

/**
 * The status of what the load balancer itself refuses, before any rule.
 * Source: AWS docs, "Troubleshoot your Application Load Balancers", "HTTP header limits".
 */
export function refusalOf(exchange: Exchange): number | undefined {
  const { message, method, target } = exchange;
  if (target.length > LINE_MAX_BYTES) return 414;
  if (hasLongHeader(message.rawHeaders)) return 400;
  if (method === "TRACE") return 405;
  if (hasTooManyAddresses(exchange)) return 463;
  return undefined;
}

function hasLongHeader(rawHeaders: readonly string[]): boolean {
  for (const text of rawHeaders) {
    if (text.length > LINE_MAX_BYTES) return true;
  }
  return false;
}

/** What goes back to the client, before the gateway's own headers are added. */
export interface GatewayAnswer {
  readonly status: number;
  /** Name, value, name, value, ... as node:http's `rawHeaders`: order, case and repeats are kept. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array;
  /** Answers that came from a backend show the trace. */
  readonly isTraced: boolean;
}

/**
 * Headers that belong to the connection or to the gateway; a backend's own value goes out renamed.
 * Source: recorded AWS answer (LocalStack snapshot test_apigateway_header_remapping_http).
 */
const REMAPPED = new Set([
  "authorization",
  "connection",
  "content-length",
  "content-md5",
  "date",
  "expect",
  "host",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "trailer",
  "upgrade",
  "user-agent",
  "www-authenticate",
]);
const DROPPED = new Set(["transfer-encoding", "x-amzn-trace-id", "keep-alive"]);

/** Adds a backend's header to `headers` under the name that AWS lets it have. */
export function pushBackendHeader(headers: string[], name: string, value: string): void {
  const key = name.toLowerCase();
  if (DROPPED.has(key)) return;
  headers.push(REMAPPED.has(key) ? `x-amzn-Remapped-${name}` : name, value);
}

/** Case-insensitive. */
export function hasHeader(headers: readonly string[], lowerCaseName: string): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === lowerCaseName) return true;
  }
  return false;
}

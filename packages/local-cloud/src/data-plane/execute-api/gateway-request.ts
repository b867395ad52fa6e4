import type { IncomingMessage } from "node:http";

/** A client's request, below the door. */
export interface GatewayRequest {
  readonly method: string;
  /** Below the stage, percent-encoded, leading slashes merged: "/orders/7". */
  readonly path: string;
  /** With the stage, as it came: "/prod//orders/7". */
  readonly stagePath: string;
  /** What a function's event calls the path: as `path`, but with a custom domain's base path. */
  readonly eventPath: string;
  /** As node:http gives them. */
  readonly rawHeaders: readonly string[];
  /** By lower-case name; the values of a repeated header joined. */
  header(lowerCaseName: string): string | undefined;
  /** Decoded. Undefined when there are none. */
  readonly query: ReadonlyMap<string, readonly string[]> | undefined;
  readonly body: Uint8Array;
  readonly sourceIp: string;
  /** The port of the cloud that the client called. */
  readonly port: number;
  /** "HTTP/1.1" */
  readonly protocol: string;
}

/** The three parts of a target like "/prod/orders/7?a=1". */
export interface Target {
  readonly stageName: string;
  readonly path: string;
  readonly stagePath: string;
  readonly eventPath: string;
  /** Without the question mark; "" when there is none. */
  readonly queryString: string;
}

export function splitTarget(target: string): Target {
  const mark = target.indexOf("?");
  const whole = mark < 0 ? target : target.slice(0, mark);
  const queryString = mark < 0 ? "" : target.slice(mark + 1);
  const start = indexAfterSlashes(whole, 0);
  const slash = whole.indexOf("/", start);
  const stageName = slash < 0 ? whole.slice(start) : whole.slice(start, slash);
  const rest = slash < 0 ? "/" : whole.slice(slash);
  const path = `/${rest.slice(indexAfterSlashes(rest, 0))}`;
  return {
    stageName,
    path,
    eventPath: path,
    stagePath: `/${stageName}${rest}`,
    queryString,
  };
}

function indexAfterSlashes(text: string, from: number): number {
  let index = from;
  while (text[index] === "/") index++;
  return index;
}

export function readRequest(
  message: IncomingMessage,
  target: Target,
  body: Uint8Array,
): GatewayRequest {
  const { headers, socket } = message;
  return {
    method: message.method ?? "GET",
    path: target.path,
    stagePath: target.stagePath,
    eventPath: target.eventPath,
    rawHeaders: message.rawHeaders,
    header(name) {
      const value = headers[name];
      return typeof value === "string" ? value : value?.join(",");
    },
    query: target.queryString === "" ? undefined : readQuery(target.queryString),
    body,
    sourceIp: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    port: socket.localPort ?? 80,
    protocol: `HTTP/${message.httpVersion}`,
  };
}

function readQuery(queryString: string): ReadonlyMap<string, readonly string[]> | undefined {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(queryString)) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return values.size === 0 ? undefined : values;
}

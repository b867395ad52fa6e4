import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { AwsError } from "../aws-error.ts";
import { serializationFault } from "./serialization-fault.ts";

/** A request as the protocols read it: target split, body inflated. */
export interface WireRequest {
  readonly method: string;
  /** As sent: still percent-encoded, without the query. */
  readonly path: string;
  /** Percent-encoded segments; a trailing slash gives a last empty one. */
  readonly segments: readonly string[];
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** Inflated; empty when that failed. */
  readonly body: Uint8Array;
  /** Why the body could not be inflated: told in the protocol that the rest of the request speaks. */
  readonly bodyFault: AwsError | undefined;
  /** As sent: what a signature covers. */
  readonly signedBody: Uint8Array;
}

/** Decoded query parameters in order, a name possibly more than once. */
export type Query = readonly (readonly [name: string, value: string])[];

/** What a compressed body may grow to. Ours: as much as a body may be that is not compressed. */
export const INFLATED_BODY_MAX_BYTES = 72 * 1024 * 1024;

export function wireRequest(request: IncomingMessage, body: Uint8Array): WireRequest {
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  return {
    method: request.method ?? "GET",
    path,
    segments: path.split("/").slice(1),
    query: mark === -1 ? [] : parseQuery(target.slice(mark + 1)),
    headers: request.headers,
    ...inflate(request.headers["content-encoding"], body),
    signedBody: body,
  };
}

/** "a=1&b=%20" decoded. A bad escape stays as it is, as browsers and most servers have it. */
export function parseQuery(text: string): Query {
  const pairs: [string, string][] = [];
  for (const part of text.split("&")) {
    if (part === "") continue;
    const mark = part.indexOf("=");
    pairs.push(
      mark === -1
        ? [decodeForm(part), ""]
        : [decodeForm(part.slice(0, mark)), decodeForm(part.slice(mark + 1))],
    );
  }
  return pairs;
}

export function queryValue(query: Query, name: string): string | undefined {
  for (const [key, value] of query) if (key === name) return value;
  return undefined;
}

function decodeForm(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  return decodePercent(text.replaceAll("+", " "));
}

/** `decodeURIComponent` that leaves what it cannot decode as it is. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function inflate(
  encoding: string | undefined,
  body: Uint8Array,
): Pick<WireRequest, "body" | "bodyFault"> {
  if (encoding !== "gzip" || body.byteLength === 0) return { body, bodyFault: undefined };
  try {
    const inflated = gunzipSync(body, { maxOutputLength: INFLATED_BODY_MAX_BYTES });
    return { body: inflated, bodyFault: undefined };
  } catch (error) {
    const bodyFault = error instanceof RangeError ? TOO_LARGE : NO_GZIP;
    return { body: new Uint8Array(), bodyFault };
  }
}

const TOO_LARGE = new AwsError(
  "RequestEntityTooLargeException",
  `Request must be smaller than ${INFLATED_BODY_MAX_BYTES} bytes`,
  { status: 413 },
);
const NO_GZIP = serializationFault("The request body is not valid gzip.");

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { AwsError } from "../aws-error.ts";

/** A request as the protocols read it: target split, body inflated. */
export interface WireRequest {
  readonly method: string;
  /** As sent: still percent-encoded, without the query. */
  readonly path: string;
  /** Percent-encoded segments; a trailing slash gives a last empty one. */
  readonly segments: readonly string[];
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** Inflated. */
  readonly body: Uint8Array;
  /** As sent: what a signature covers. */
  readonly signedBody: Uint8Array;
}

/** Decoded query parameters in order, a name possibly more than once. */
export type Query = readonly (readonly [name: string, value: string])[];

/** What a compressed body may grow to. Ours: larger than any body AWS takes. */
export const INFLATED_BODY_MAX_BYTES = 64 * 1024 * 1024;

/**
 * @throws {AwsError} when the target or a compressed body cannot be read.
 */
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
    body: inflate(request.headers["content-encoding"], body),
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

function inflate(encoding: string | undefined, body: Uint8Array): Uint8Array {
  if (encoding !== "gzip" || body.byteLength === 0) return body;
  try {
    return gunzipSync(body, { maxOutputLength: INFLATED_BODY_MAX_BYTES });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw isTooLarge
      ? new AwsError(
          "RequestEntityTooLargeException",
          "Request must be smaller than 67108864 bytes",
          {
            status: 413,
          },
        )
      : new AwsError("SerializationException", "The request body is not valid gzip.", {
          status: 400,
        });
  }
}

import { createHash } from "node:crypto";
import type { WireRequest } from "../wire-request.ts";

/**
 * The text that both sides sign.
 * Source: AWS docs, "Create a signed AWS API request"; every service but S3.
 */
export function canonicalRequest(
  request: WireRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const headers = signedHeaders.map((name) => `${name}:${headerValue(request, name)}\n`).join("");
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request),
    headers,
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Without dots and empty segments, and encoded once more than on the wire. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(encode(segment));
  }
  const end = segments.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${segments.join("/")}${end}`;
}

function canonicalQuery({ query }: WireRequest): string {
  return query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function headerValue({ headers }: WireRequest, name: string): string {
  const value = headers[name] ?? "";
  const text = Array.isArray(value) ? value.join(",") : value;
  return text.trim().replaceAll(/\s+/g, " ");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

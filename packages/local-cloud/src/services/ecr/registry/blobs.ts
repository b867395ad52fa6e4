import { pipeline } from "node:stream/promises";
import { DIGEST } from "../manifest.ts";
import type { EcrParts } from "../parts.ts";
import type { LayerRow, PlaceState } from "../state.ts";
import { answer, type Exchange } from "./answer.ts";
import { blobUnknown, digestInvalid, noDeletes, RegistryError, wrongMethod } from "./errors.ts";

/** Gives out a layer, whole or in part. AWS would lead to S3 with a redirect; the bytes are the same. */
export async function serveBlob(
  parts: EcrParts,
  state: PlaceState,
  exchange: Exchange,
  { name, digest }: { readonly name: string; readonly digest: string },
): Promise<void> {
  const { method } = exchange.request;
  if (method === "DELETE") throw noDeletes();
  if (method !== "GET" && method !== "HEAD") throw wrongMethod(method, "GET and HEAD");
  if (!DIGEST.test(digest)) throw digestInvalid(digest);
  const layer = state.layers(name).get(digest);
  if (layer === undefined) throw blobUnknown(digest);
  await sendLayer(parts, exchange, layer);
}

/** @throws {RegistryError} RANGE_INVALID for a range that the layer does not have. */
export async function sendLayer(
  { layers }: EcrParts,
  exchange: Exchange,
  { digest, sizeBytes }: LayerRow,
): Promise<void> {
  const { request, response } = exchange;
  const range = rangeOf(request.headers.range, sizeBytes);
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": end - start + 1,
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    etag: `"${digest}"`,
    ...(range && { "content-range": `bytes ${start}-${end}/${sizeBytes}` }),
  };
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD" || sizeBytes === 0) return answer(exchange, { status, headers });
  response.writeHead(status, headers);
  await pipeline(layers.read(digest, { start, end }), response).catch((error: unknown) => {
    // A client that has enough ends the connection: that is its right.
    if (!response.destroyed || response.errored !== null) throw error;
  });
}

/** One range, both ends included. Undefined for none, and for forms that may be passed over (RFC 9110). */
function rangeOf(header: string | undefined, sizeBytes: number) {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (found === null) return undefined;
  const [, first = "", last = ""] = found;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start > end) {
    throw new RegistryError(
      416,
      "RANGE_INVALID",
      `the range ${header} is not within the ${sizeBytes} bytes of the blob`,
      { "content-range": `bytes */${sizeBytes}` },
    );
  }
  return { start, end };
}

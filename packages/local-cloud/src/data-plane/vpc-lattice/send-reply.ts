import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

const BODILESS = new Set([204, 304]);

/** @returns false when a target's answer broke off in the middle: the client's connection ends then. */
export async function sendReply(
  { message, requestId }: Exchange,
  response: ServerResponse,
  { status, headers, body }: Reply,
): Promise<boolean> {
  const all = [...headers, "x-amzn-requestid", requestId];
  // The rest of the body is not read, so this connection cannot carry another request.
  if (!message.complete) all.push("connection", "close");
  const isBodiless = BODILESS.has(status) || message.method === "HEAD";
  if (typeof body !== "string" && !(body instanceof Uint8Array)) {
    response.writeHead(status, all);
    if (isBodiless) {
      body.resume();
      response.end();
      return true;
    }
    return pipeline(body, response).then(
      () => true,
      () => {
        response.destroy();
        return false;
      },
    );
  }
  if (!BODILESS.has(status)) all.push("content-length", String(Buffer.byteLength(body)));
  response.writeHead(status, all);
  response.end(isBodiless ? undefined : body);
  return true;
}

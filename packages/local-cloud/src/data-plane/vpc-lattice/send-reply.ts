import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

const BODILESS = new Set([204, 304]);

/** How an answer ended: whole, broken off by its target, or abandoned by its client. */
export type Ending = "whole" | "broken" | "abandoned";

/** Where a target breaks off in the middle, the client's connection ends, so that it sees that. */
export async function sendReply(
  { message, requestId }: Exchange,
  response: ServerResponse,
  { status, headers, body }: Reply,
): Promise<Ending> {
  if (response.destroyed) {
    // A stream that nobody reads would keep its connection to the target; ending it early is an error to it.
    if (isStream(body)) body.on("error", () => undefined).destroy();
    return "abandoned";
  }
  const all = [...headers, "x-amzn-requestid", requestId];
  // The rest of the body is not read, so this connection cannot carry another request.
  if (!message.complete) all.push("connection", "close");
  const isBodiless = BODILESS.has(status) || message.method === "HEAD";
  if (isStream(body)) {
    response.writeHead(status, all);
    if (isBodiless) {
      body.resume();
      response.end();
      return "whole";
    }
    return pipeline(body, response).then(
      () => "whole",
      (error: unknown) => {
        response.destroy();
        return isPrematureClose(error) ? "abandoned" : "broken";
      },
    );
  }
  if (!BODILESS.has(status)) all.push("content-length", String(Buffer.byteLength(body)));
  response.writeHead(status, all);
  response.end(isBodiless ? undefined : body);
  return "whole";
}

function isStream(body: Reply["body"]): body is Readable {
  return typeof body !== "string" && !(body instanceof Uint8Array);
}

/** The client's side closed first. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

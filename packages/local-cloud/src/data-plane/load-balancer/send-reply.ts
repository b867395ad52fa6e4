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
  { message, cookies, listener }: Exchange,
  response: ServerResponse,
  { status, headers, body }: Reply,
): Promise<Ending> {
  if (response.destroyed) {
    // A stream that nobody reads would keep its connection to the target; ending it early is an error to it.
    if (isStream(body)) body.on("error", () => undefined).destroy();
    return "abandoned";
  }
  const hidesServer = listener.attributes["routing.http.response.server.enabled"] === "false";
  const all = hidesServer ? without(headers, "server") : [...headers];
  for (const cookie of cookies) all.push("set-cookie", cookie);
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
    response.flushHeaders();
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

function without(headers: readonly string[], name: string): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const own = headers[index] ?? "";
    if (own.toLowerCase() !== name) kept.push(own, headers[index + 1] ?? "");
  }
  return kept;
}

function isStream(body: Reply["body"]): body is Readable {
  return typeof body !== "string" && !(body instanceof Uint8Array);
}

/** The client's side closed first. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

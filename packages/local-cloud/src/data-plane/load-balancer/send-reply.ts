import type { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";
import { closeLingering } from "./lingering-close.ts";
import type { Reply } from "./reply.ts";
import { type Ending, TargetAnswer } from "./target-answer.ts";

/** Ours: longer ones are cheaper to send than to copy. */
const TEXT_MAX_BYTES = 16 * 1024;

const BODILESS = new Set([204, 304]);

/** Where a target breaks off in the middle, the client's connection ends, so that it sees that. */
export async function sendReply(
  { message, cookies, listener }: Exchange,
  response: ServerResponse,
  { status, headers, body }: Reply,
): Promise<Ending> {
  if (response.destroyed) {
    if (body instanceof TargetAnswer) body.discard();
    return "abandoned";
  }
  const hidesServer = listener.attributes["routing.http.response.server.enabled"] === "false";
  const all = hidesServer ? without(headers, "server") : [...headers];
  for (const cookie of cookies) all.push("set-cookie", cookie);
  // The rest of the body is not read, so this connection cannot carry another request.
  if (!message.complete) {
    all.push("connection", "close");
    closeLingering(message);
  }
  if (body instanceof TargetAnswer) {
    const whole = body.whole();
    response.writeHead(status, all);
    if (whole === undefined) {
      response.flushHeaders();
      return body.sendTo(response);
    }
    // A short text leaves with its head in one write; bytes of their own would need two.
    if (whole.length <= TEXT_MAX_BYTES) response.end(whole.toString("latin1"), "latin1");
    else response.end(whole);
    return "whole";
  }
  if (!BODILESS.has(status)) all.push("content-length", String(Buffer.byteLength(body)));
  response.writeHead(status, all);
  response.end(BODILESS.has(status) || message.method === "HEAD" ? undefined : body);
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

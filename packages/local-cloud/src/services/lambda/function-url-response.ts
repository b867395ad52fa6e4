import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsRow } from "./state.ts";

/**
 * Turns what a function returned into an HTTP response. An object with a `statusCode` describes the
 * response; any other JSON is the body of a 200.
 * Source: AWS docs, "Invoking Lambda function URLs", response payload format.
 */
export function writeFunctionAnswer(response: ServerResponse, payload: Uint8Array): void {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const answer = parsed(text);
  response.setHeader("content-type", "application/json");
  if (!isRecord(answer) || typeof answer["statusCode"] !== "number") {
    response.writeHead(200).end(typeof answer === "string" ? answer : text);
    return;
  }
  if (isRecord(answer["headers"])) {
    for (const [name, value] of Object.entries(answer["headers"])) {
      response.setHeader(name, String(value));
    }
  }
  if (Array.isArray(answer["cookies"]))
    response.setHeader("set-cookie", answer["cookies"].map(String));
  response.writeHead(answer["statusCode"]).end(bodyOf(answer));
}

function bodyOf({ body, isBase64Encoded }: Record<string, unknown>): Buffer | string {
  if (body === undefined || body === null) return "";
  if (typeof body !== "string") return JSON.stringify(body);
  return isBase64Encoded === true ? Buffer.from(body, "base64") : body;
}

/** The headers that a URL's CORS settings add. */
export function corsHeaders(cors: CorsRow, { headers }: IncomingMessage): [string, string][] {
  const { origin } = headers;
  const origins = cors.AllowOrigins ?? [];
  if (origin === undefined || !(origins.includes("*") || origins.includes(origin))) return [];
  const added: [string, string][] = [["access-control-allow-origin", origin]];
  const lists = {
    "access-control-allow-headers": cors.AllowHeaders,
    "access-control-allow-methods": cors.AllowMethods,
    "access-control-expose-headers": cors.ExposeHeaders,
  };
  for (const [name, values] of Object.entries(lists)) {
    if (values !== undefined && values.length > 0) added.push([name, values.join(",")]);
  }
  if (cors.AllowCredentials === true) added.push(["access-control-allow-credentials", "true"]);
  if (cors.MaxAge !== undefined) added.push(["access-control-max-age", String(cors.MaxAge)]);
  return added;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

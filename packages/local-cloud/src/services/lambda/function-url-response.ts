import type { IncomingMessage } from "node:http";
import { isFinalStatus, isSendableHeader } from "../../data-plane/http-answer.ts";
import { isJsonObject, type JsonObject } from "../../json-object.ts";
import type { CorsRow } from "./state.ts";

/** What the caller of a function URL gets. */
export interface FunctionUrlAnswer {
  readonly status: number;
  /** A later one takes the place of an earlier one of its name. */
  readonly headers: readonly (readonly [name: string, value: string | readonly string[]])[];
  readonly body: Uint8Array | string;
}

/** They frame the answer, so they are node:http's to say. Unverified: that AWS drops a function's own. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads what a function returned as an HTTP response. An object with a `statusCode` describes the
 * response; any other JSON is the body of a 200. Undefined when it describes what HTTP cannot send.
 * Source: AWS docs, "Invoking Lambda function URLs", response payload format.
 */
export function functionUrlAnswer(payload: Uint8Array): FunctionUrlAnswer | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const answer = parsed(text);
  const type = ["content-type", "application/json"] as const;
  if (!isJsonObject(answer) || typeof answer["statusCode"] !== "number") {
    return { status: 200, headers: [type], body: typeof answer === "string" ? answer : text };
  }
  const { statusCode: status } = answer;
  const headers = headersOf(answer);
  const isSendable = headers.every(([name, value]) =>
    [value].flat().every((line) => isSendableHeader(name, line)),
  );
  if (!isFinalStatus(status) || !isSendable) return undefined;
  return { status, headers: [type, ...headers], body: bodyOf(answer) };
}

function headersOf({ headers, cookies }: JsonObject): [name: string, value: string | string[]][] {
  const given = isJsonObject(headers) ? Object.entries(headers) : [];
  const own = given
    .filter(([name]) => !FRAMING.has(name.toLowerCase()))
    .map(([name, value]): [string, string] => [name, String(value)]);
  return Array.isArray(cookies) ? [...own, ["set-cookie", cookies.map(String)]] : own;
}

function bodyOf({ body, isBase64Encoded }: JsonObject): Uint8Array | string {
  if (body === undefined || body === null) return "";
  if (typeof body !== "string") return JSON.stringify(body);
  return isBase64Encoded === true ? Buffer.from(body, "base64") : body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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

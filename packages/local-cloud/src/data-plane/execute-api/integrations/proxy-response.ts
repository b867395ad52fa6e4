import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { isFinalStatus, isSendableHeader } from "../../http-answer.ts";
import { hasHeader, pushBackendHeader } from "../gateway-answer.ts";
import { GatewayFailure } from "../gateway-failure.ts";

export interface ProxyResponse {
  readonly status: number;
  /** Name, value, name, value, ... */
  readonly headers: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

const MEMBERS = new Set(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);

/**
 * Reads what a function behind AWS_PROXY returned.
 * Source: AWS docs, "Output format of a Lambda function for proxy integration", and a recorded AWS answer
 * (LocalStack snapshot test_aws_proxy_response_payload_format_validation).
 * @throws {GatewayFailure} for every other form: the client gets a 502.
 */
export function readProxyResponse(payload: string): ProxyResponse {
  const given = parseObject(payload);
  for (const member of Object.keys(given)) {
    if (!MEMBERS.has(member)) throw malformed(`it has a member "${member}"`);
  }
  const headers = headersOf(given["headers"], given["multiValueHeaders"]);
  if (!hasHeader(headers, "content-type")) headers.push("Content-Type", "application/json");
  return {
    status: statusOf(given["statusCode"]),
    headers,
    body: bodyOf(given["body"]),
    isBase64Encoded: flagOf(given["isBase64Encoded"]),
  };
}

function malformed(why: string): GatewayFailure {
  return new GatewayFailure("badBackendAnswer", `Malformed Lambda proxy response: ${why}`);
}

function parseObject(payload: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    throw malformed("it is not JSON");
  }
  if (!isJsonObject(value)) throw malformed("it is not an object");
  return value;
}

/** A missing status is 200. A number in a string is taken; the range is Unverified. */
function statusOf(value: unknown): number {
  if (value === undefined || value === null) return 200;
  const status = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (!isFinalStatus(status)) throw malformed(`its statusCode is ${JSON.stringify(value)}`);
  return status;
}

function bodyOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw malformed("its body is not a string");
  return value;
}

function flagOf(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw malformed("its isBase64Encoded is not a boolean");
  return value;
}

/** A name in both maps keeps the case and the values of `multiValueHeaders`, and then the single one. */
function headersOf(single: unknown, multiple: unknown): string[] {
  const ones = mapOf(single, "headers");
  const lists = mapOf(multiple, "multiValueHeaders");
  const headers: string[] = [];
  const inLists = new Map(Object.keys(lists).map((name) => [name.toLowerCase(), name]));
  for (const [name, values] of Object.entries(lists)) {
    if (!Array.isArray(values)) throw malformed(`multiValueHeaders.${name} is not a list`);
    for (const value of values) pushChecked(headers, name, value);
  }
  for (const [name, value] of Object.entries(ones)) {
    pushChecked(headers, inLists.get(name.toLowerCase()) ?? name, value);
  }
  return headers;
}

/** Unverified: that numbers pass as booleans do (recorded: true becomes "true"). */
function pushChecked(headers: string[], name: string, value: unknown): void {
  if (typeof value !== "string" && typeof value !== "boolean" && typeof value !== "number") {
    throw malformed(`the header ${name} has the value ${JSON.stringify(value)}`);
  }
  const text = String(value);
  if (!isSendableHeader(name, text)) {
    throw malformed(`the header ${JSON.stringify(name)} cannot be sent`);
  }
  pushBackendHeader(headers, name, text);
}

function mapOf(value: unknown, member: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw malformed(`its ${member} is not an object`);
  return value;
}

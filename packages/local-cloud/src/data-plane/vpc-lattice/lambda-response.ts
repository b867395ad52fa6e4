import { isJsonObject, parseJsonObject } from "../../json-object.ts";
import { isFinalStatus, isSendableHeader } from "../http-answer.ts";
import { isHopByHop } from "../hop-by-hop.ts";
import { LatticeFailure, type Reply } from "./reply.ts";

/**
 * Reads what a function behind a service returned: {statusCode, headers, body, isBase64Encoded}.
 * Source: AWS docs, "Lambda functions as targets in VPC Lattice" (hop-by-hop headers are ignored).
 * Unverified: the status of a malformed answer, and lists as header values.
 * @throws {LatticeFailure} for every other form.
 */
export function lambdaReply(payload: Uint8Array): Reply {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const given = parseJsonObject(text);
  if (given === undefined) throw malformed("it is not a JSON object");
  const { statusCode, headers = {}, body = "", isBase64Encoded = false } = given;
  const status = typeof statusCode === "string" ? Number(statusCode) : statusCode;
  if (!isFinalStatus(status)) throw malformed(`its statusCode is ${JSON.stringify(statusCode)}`);
  if (headers !== null && !isJsonObject(headers)) throw malformed("its headers are not an object");
  if (body !== null && typeof body !== "string") throw malformed("its body is not a string");
  const content = body ?? "";
  return {
    status,
    headers: Object.entries(headers ?? {}).flatMap(([name, value]) => headerPairs(name, value)),
    body: isBase64Encoded === true ? Buffer.from(content, "base64") : content,
  };
}

function headerPairs(name: string, value: unknown): string[] {
  const key = name.toLowerCase();
  if (isHopByHop(key) || key === "content-length") return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => {
    const text = String(one);
    if (!isSendableHeader(name, text)) throw malformed(`the header ${JSON.stringify(name)} is bad`);
    return [name, text];
  });
}

function malformed(why: string): LatticeFailure {
  return new LatticeFailure(502, "LambdaInvalidResponse", `the function's answer: ${why}`);
}

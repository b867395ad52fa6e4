import { BodyTooLargeError, readBody } from "../../body.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import type { Cloud } from "../../service.ts";
import { isFinalStatus, isSendableHeader } from "../http-answer.ts";
import type { Exchange } from "./exchange.ts";
import { isHopByHop } from "../hop-by-hop.ts";
import { clientHeaders, ownHeaders } from "./forwarded-headers.ts";
import { BalancerFailure, type Reply } from "./reply.ts";

/** Source: AWS docs, "Lambda functions as targets": 1 MB each way. */
const BODY_MAX_BYTES = 1024 * 1024;

/**
 * Sends a request to a function. Every trouble of the function is a 502.
 * Source: AWS docs, "Troubleshoot your Application Load Balancers": HTTP 502 and 413.
 * @throws {BalancerFailure}
 */
export async function callFunction(cloud: Cloud, exchange: Exchange, arn: string): Promise<Reply> {
  const { balancer, group, traceId } = exchange;
  const body = await bodyOf(exchange);
  const functions = await cloud.port("functions");
  const result = await functions.invoke({
    ...balancer.place,
    functionName: arn,
    payload: Buffer.from(JSON.stringify(eventOf(exchange, body))),
    invocationType: "RequestResponse",
    source: { principal: "elasticloadbalancing.amazonaws.com", arn: group?.arn ?? "" },
    traceId,
  });
  switch (result.kind) {
    case "answered":
      exchange.functionTrouble = "user";
      if (result.functionError !== undefined) throw new BalancerFailure(502, "the function failed");
      return answered(exchange, replyOf(result.payload));
    case "accepted":
      throw new Error("a synchronous invocation was answered as an asynchronous one");
    case "refused":
      // Source: AWS docs, "CloudWatch metrics for your Application Load Balancer", LambdaInternalError: the load
      // balancer's or Lambda's fault. Unverified: that a missing permission and throttling are counted as the user's.
      exchange.functionTrouble = "user";
      throw new BalancerFailure(502, `${result.code}: ${result.message}`);
    default:
      return result satisfies never;
  }
}

function answered(exchange: Exchange, reply: Reply): Reply {
  exchange.functionTrouble = undefined;
  return reply;
}

async function bodyOf({ message }: Exchange): Promise<Uint8Array> {
  try {
    return await readBody(message, BODY_MAX_BYTES);
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    throw new BalancerFailure(413, error.message);
  }
}

const TEXT = /^(?:text\/|application\/(?:json|javascript|xml)\b)/i;

/** Source: AWS docs, "Lambda functions as targets": the event, and its form with many values. */
function eventOf(exchange: Exchange, body: Uint8Array): JsonObject {
  const { message, method, path, query, group } = exchange;
  const hasMany = group?.attributes["lambda.multi_value_headers.enabled"] === "true";
  const headers = [...clientHeaders(exchange), ...ownHeaders(exchange)].map(
    ([name, value]): readonly [string, string] => [name.toLowerCase(), value],
  );
  // As it came: the load balancer does not decode the query.
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair): readonly [string, string] => {
      const mark = pair.indexOf("=");
      return mark < 0 ? [pair, ""] : [pair.slice(0, mark), pair.slice(mark + 1)];
    });
  const isBase64Encoded =
    body.byteLength > 0 &&
    (message.headers["content-encoding"] !== undefined ||
      !TEXT.test(message.headers["content-type"] ?? ""));
  const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return {
    requestContext: { elb: { targetGroupArn: group?.arn } },
    httpMethod: method,
    path,
    ...(hasMany
      ? { multiValueQueryStringParameters: many(pairs), multiValueHeaders: many(headers) }
      : { queryStringParameters: Object.fromEntries(pairs), headers: Object.fromEntries(headers) }),
    body: content.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded,
  };
}

function many(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries(
    [...groups].map(([name, all]) => [name, all.map(([, value]) => value)]),
  );
}

/** @throws {BalancerFailure} for what is no answer. */
function replyOf(payload: Uint8Array): Reply {
  if (payload.byteLength > BODY_MAX_BYTES) throw malformed("it has more than 1 MB");
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const given = parseJsonObject(text);
  if (given === undefined) throw malformed("it is not a JSON object");
  const { statusCode, headers, multiValueHeaders, body = "", isBase64Encoded = false } = given;
  const status = typeof statusCode === "string" ? Number(statusCode) : statusCode;
  if (!isFinalStatus(status)) throw malformed(`its statusCode is ${JSON.stringify(statusCode)}`);
  if (body !== null && typeof body !== "string") throw malformed("its body is not a string");
  const all = [headers, multiValueHeaders].filter(isJsonObject).flatMap(Object.entries<unknown>);
  return {
    status,
    headers: all.flatMap(([name, value]) => headerPairs(name, value)),
    body: isBase64Encoded === true ? Buffer.from(body ?? "", "base64") : (body ?? ""),
  };
}

function headerPairs(name: string, value: unknown): string[] {
  const lower = name.toLowerCase();
  if (isHopByHop(lower) || lower === "content-length") return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => {
    const text = String(one);
    if (!isSendableHeader(name, text)) throw malformed(`the header ${JSON.stringify(name)} is bad`);
    return [name, text];
  });
}

function malformed(why: string): BalancerFailure {
  return new BalancerFailure(502, `the function's answer: ${why}`);
}

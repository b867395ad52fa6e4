import type { IncomingMessage, ServerResponse } from "node:http";
import { isSendableHeader } from "../http-answer.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { FAILURES, GatewayFailure } from "./gateway-failure.ts";

export interface RequestIds {
  readonly requestId: string;
  readonly extendedRequestId: string;
}

/**
 * Mappings take header values from anywhere, the client's query included. Unverified: AWS's answer to those
 * that HTTP does not carry.
 * @throws {GatewayFailure} instead of letting node:http throw while it answers.
 */
export function sendable(answer: GatewayAnswer): GatewayAnswer {
  for (let index = 0; index < answer.headers.length; index += 2) {
    const name = answer.headers[index] ?? "";
    if (!isSendableHeader(name, answer.headers[index + 1] ?? "")) {
      throw new GatewayFailure(
        "configuration",
        `the header ${JSON.stringify(name)} cannot be sent`,
      );
    }
  }
  return answer;
}

const BODILESS = new Set([204, 205, 304]);

export function sendAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  answer: GatewayAnswer,
  ids: RequestIds,
  traceId: string | undefined,
): void {
  const headers = [
    ...answer.headers,
    "x-amzn-RequestId",
    ids.requestId,
    "x-amz-apigw-id",
    ids.extendedRequestId,
  ];
  if (answer.isTraced && traceId !== undefined) headers.push("X-Amzn-Trace-Id", traceId);
  if (!message.complete && answer.status === FAILURES.requestTooLarge.status) {
    // The rest of the body is not read, so this connection cannot carry another request.
    headers.push("Connection", "close");
  }
  const isBodiless = BODILESS.has(answer.status);
  if (!isBodiless) headers.push("Content-Length", String(Buffer.byteLength(answer.body)));
  response.writeHead(answer.status, headers);
  if (isBodiless || message.method === "HEAD") response.end();
  else response.end(answer.body);
}

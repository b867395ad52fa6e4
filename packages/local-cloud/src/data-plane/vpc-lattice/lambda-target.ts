import { BodyTooLargeError, readBody } from "../../body.ts";
import type { Cloud } from "../../service.ts";
import type { Exchange } from "./exchange.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { lambdaReply } from "./lambda-response.ts";
import { LatticeFailure, type Reply } from "./reply.ts";

/** Source: AWS docs, "Lambda functions as targets in VPC Lattice": 6 MB each way. */
const BODY_MAX_BYTES = 6 * 1024 * 1024;

/**
 * Sends a request to a function. Every trouble of the function is a 502, its throttling too.
 * Source: AWS docs say only that it is a 5XX; which one is Unverified.
 * @throws {LatticeFailure}
 */
export async function callFunction(cloud: Cloud, exchange: Exchange, arn: string): Promise<Reply> {
  const { service, group } = exchange;
  const body = await bodyOf(exchange);
  const functions = await cloud.port("functions");
  const result = await functions.invoke({
    ...service.place,
    functionName: arn,
    payload: Buffer.from(JSON.stringify(lambdaEvent(exchange, body))),
    invocationType: "RequestResponse",
    source: { principal: "vpc-lattice.amazonaws.com", arn: group?.arn ?? "" },
    traceId: exchange.header("x-amzn-trace-id"),
  });
  switch (result.kind) {
    case "answered":
      if (result.functionError !== undefined) {
        throw new LatticeFailure(502, "LambdaFunctionError", "the function failed");
      }
      return lambdaReply(result.payload);
    case "accepted":
      throw new Error("a synchronous invocation was answered as an asynchronous one");
    case "refused":
      throw new LatticeFailure(502, result.code, result.message);
    default:
      return result satisfies never;
  }
}

async function bodyOf({ message }: Exchange): Promise<Uint8Array> {
  try {
    return await readBody(message, BODY_MAX_BYTES);
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    // Unverified: the status.
    throw new LatticeFailure(413, "RequestTooLarge", error.message);
  }
}

import type { Cloud } from "../../../service.ts";
import type { AsyncEventRow, PlaceState } from "../state.ts";

/** Why an event ended, in AWS's words. */
export type Condition =
  | "Success"
  | "RetriesExhausted"
  | "EventAgeExceeded"
  | "ZeroReservedConcurrency";

/** What the last attempt at an event gave; undefined when the function never ran. */
export interface LastAttempt {
  readonly executedVersion: string;
  readonly functionError: string | undefined;
  readonly payload: Uint8Array;
}

/**
 * The invocation record that destinations get. Payloads are JSON already and go in as they are.
 * Source: recorded AWS answers (LocalStack snapshot test_lambda_destinations).
 */
export function invocationRecord(
  event: AsyncEventRow,
  ended: {
    readonly condition: Condition;
    readonly functionArn: string;
    readonly attempts: number;
    readonly last: LastAttempt | undefined;
    readonly atMs: number;
  },
): string {
  const { condition, functionArn, attempts, last, atMs } = ended;
  const requestContext = {
    requestId: event.id,
    functionArn,
    condition,
    approximateInvokeCount: attempts,
  };
  const parts = [
    `"version":"1.0"`,
    `"timestamp":${JSON.stringify(new Date(atMs).toISOString())}`,
    `"requestContext":${JSON.stringify(requestContext)}`,
    `"requestPayload":${textOf(event.payload)}`,
  ];
  if (last !== undefined) {
    const { executedVersion, functionError } = last;
    const responseContext = { statusCode: 200, executedVersion, functionError };
    parts.push(
      `"responseContext":${JSON.stringify(responseContext)}`,
      `"responsePayload":${textOf(last.payload)}`,
    );
  }
  return `{${parts.join(",")}}`;
}

/** Sends a record to a destination. False when this cloud cannot deliver to that kind of ARN. */
export function deliver(
  cloud: Cloud,
  state: PlaceState,
  arn: string,
  record: string,
  toFunction: (arn: string, payload: Uint8Array) => boolean,
): boolean {
  const service = arn.split(":")[2];
  if (service === "lambda") return toFunction(arn, Buffer.from(record));
  if (service !== "sns") {
    cloud.warn(`lambda: cannot deliver to the destination ${arn}: only Lambda and SNS are built`);
    return false;
  }
  cloud.bus.publish({
    kind: "topicPublish",
    ...state.place,
    topicArn: arn,
    message: record,
    attributes: {},
  });
  return true;
}

/**
 * Sends a failed event itself to the function's dead-letter queue. False when this cloud cannot.
 * Source: AWS docs, "Dead-letter queues"; recorded AWS answer (LocalStack test_dead_letter_queue).
 */
export function deadLetter(
  cloud: Cloud,
  state: PlaceState,
  arn: string,
  event: AsyncEventRow,
  last: LastAttempt | undefined,
): boolean {
  if (arn.split(":")[2] !== "sns") {
    cloud.warn(`lambda: cannot deliver to the dead-letter queue ${arn}: only SNS is built`);
    return false;
  }
  cloud.bus.publish({
    kind: "topicPublish",
    ...state.place,
    topicArn: arn,
    message: textOf(event.payload),
    attributes: {
      RequestID: event.id,
      ErrorCode: last === undefined ? "429" : "200",
      ErrorMessage: last === undefined ? "Rate Exceeded." : errorMessageOf(last.payload),
    },
  });
  return true;
}

/** AWS cuts the message at 1 KB. */
const ERROR_MESSAGE_MAX = 1024;

function errorMessageOf(payload: Uint8Array): string {
  try {
    const document: unknown = JSON.parse(textOf(payload));
    if (typeof document === "object" && document !== null && "errorMessage" in document) {
      return String(document.errorMessage).slice(0, ERROR_MESSAGE_MAX);
    }
  } catch {
    // A custom runtime may answer with anything: the text itself then says what happened.
  }
  return textOf(payload).slice(0, ERROR_MESSAGE_MAX);
}

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
}
